"""Map states."""

import pytest

from .requests import MAP, refusal, result, run


def test_mocked_result_replaces_all_iterations() -> None:
    response = run(MAP, {"values": [1, 2]}, mock=result(["a", "b"]), inspectionLevel="DEBUG")
    assert response["output"] == ["a", "b"]
    assert response["inspectionData"] == {
        "input": {"values": [1, 2]},
        "maxConcurrency": 0,
        "toleratedFailureCount": 1,
    }
    assert refusal(MAP, {"values": [1, 2]}, mock=result(["a"])) == (
        "ValidationException: Input array does not equal the mocked result array's size."
    )


@pytest.mark.parametrize(("failures", "status"), [(0, "SUCCEEDED"), (1, "SUCCEEDED"), (2, "FAILED")])
def test_failed_iterations_are_tolerated_up_to_the_threshold(failures: int, status: str) -> None:
    response = run(
        MAP,
        {"values": [1, 2, 3]},
        mock=result([0, 0, 0]),
        stateConfiguration={"mapIterationFailureCount": failures},
    )
    assert response["status"] == status
    if status == "FAILED":
        assert response["error"] == "States.ExceedToleratedFailureThreshold"


@pytest.mark.parametrize(("failures", "size"), [(0, 2), (0, 4), (1, 2), (2, 1)])
def test_mocked_result_has_an_item_for_every_iteration(failures: int, size: int) -> None:
    assert refusal(
        MAP,
        {"values": [1, 2, 3]},
        mock=result([0] * size),
        stateConfiguration={"mapIterationFailureCount": failures},
    ) == ("ValidationException: Input array does not equal the mocked result array's size.")


def test_more_failures_than_iterations_are_rejected() -> None:
    assert refusal(
        MAP, {"values": [1]}, mock=result([1]), stateConfiguration={"mapIterationFailureCount": 2}
    ) == (
        "ValidationException: Map iteration failure count must be less than or equal to the number of Map iterations."
    )


def test_negative_max_items_fails_the_reader() -> None:
    state = {
        **{key: value for key, value in MAP.items() if key != "Items"},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "MaxItems": "{% -1 %}"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
    }
    response = run(state, mock=result([]), stateConfiguration={"mapItemReaderData": "[]"})
    assert (response["error"], response["cause"]) == (
        "States.ItemReaderFailed",
        "field MaxItems must be positive",
    )


def test_items_path_and_selector_are_shown() -> None:
    state = {
        **MAP,
        "QueryLanguage": "JSONPath",
        "ItemsPath": "$.values",
        "ItemSelector": {"i.$": "$$.Map.Item.Value"},
    }
    del state["Items"]
    data = run(state, {"values": [7]}, mock=result([1]), inspectionLevel="DEBUG")["inspectionData"]
    assert data["afterItemsPath"] == [7]
    assert data["afterItemSelector"] == [{"i": 7}]


def test_item_reader_data_is_read() -> None:
    reader = {
        **{key: value for key, value in MAP.items() if key != "Items"},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
    }
    response = run(reader, mock=result([1, 2]), stateConfiguration={"mapItemReaderData": "a,b\n1,2\n3,4\n"})
    assert response["status"] == "SUCCEEDED"
    assert refusal(reader, mock=result([1])) == (
        "ValidationException: ItemReader data must be specified when testing a Map state with ItemReader specified."
    )


def test_items_pointer_and_item_source_are_shown() -> None:
    state = {
        **{key: value for key, value in MAP.items() if key != "Items"},
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON", "ItemsPointer": "/a/b"},
            "Arguments": {"Bucket": "b", "Key": "k"},
        },
        "ItemSelector": {
            "from": "{% $states.context.Map.Item.Source %}",
            "key": "{% $states.context.Map.Item.Key %}",
        },
    }
    configuration = {"mapItemReaderData": '{"a":{"b":{"x":1}}}'}
    shown = run(state, mock=result([1]), stateConfiguration=configuration, inspectionLevel="DEBUG")[
        "inspectionData"
    ]
    assert shown["afterItemsPointer"] == {"x": 1}
    assert shown["afterItemSelector"] == [{"from": "S3://b/k", "key": "x"}]


def test_batches_are_shown_and_counted() -> None:
    state = {**MAP, "ItemBatcher": {"MaxItemsPerBatch": 2}}
    data = run(state, {"values": [1, 2, 3]}, mock=result(["a", "b"]), inspectionLevel="DEBUG")[
        "inspectionData"
    ]
    assert data["afterItemBatcher"] == [{"Items": [1, 2]}, {"Items": [3]}]
