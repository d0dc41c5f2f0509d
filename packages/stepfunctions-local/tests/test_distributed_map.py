"""Distributed Map: map runs, child executions, batches, tolerated failures, readers and writers."""

import json
from datetime import UTC, datetime

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.testing import FakeServices, Result, VirtualEngine


def kinds(result: Result) -> list[str]:
    return [event["type"] for event in result.history]


def machine(states: dict | None = None, start: str = "P", kind: str = "STANDARD", **state: object) -> dict:
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": kind},
        "StartAt": start,
        "States": states or {"P": {"Type": "Pass", "End": True}},
    }
    body = {"Type": "Map", "ItemProcessor": processor, "End": True, **state}
    return {"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": body}}


FAIL_ON_TWO = {
    "C": {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input = 2 %}", "Next": "F"}],
        "Default": "P",
    },
    "F": {"Type": "Fail", "Error": "Two"},
    "P": {"Type": "Pass", "Output": "{% $states.input * 10 %}", "End": True},
}


def map_run(engine: VirtualEngine, result: Result) -> dict:
    runs = engine.list_map_runs(executionArn=result.arn)["mapRuns"]
    assert len(runs) == 1
    return engine.describe_map_run(mapRunArn=runs[0]["mapRunArn"])


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_each_item_has_a_child_execution(kind: str) -> None:
    with VirtualEngine() as engine:
        result = engine.run(machine(Items=["a", "b"], Label="Run", kind=kind))
        run = map_run(engine, result)
        children = engine.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    assert result.output == ["a", "b"]
    assert kinds(result)[2:6] == ["MapStateStarted", "MapRunStarted", "MapRunSucceeded", "MapStateSucceeded"]
    assert ":mapRun:machine-1/Run:" in run["mapRunArn"]
    assert run["status"] == "SUCCEEDED"
    assert run["itemCounts"]["succeeded"] == run["executionCounts"]["total"] == 2
    assert (run["redriveCount"], "redriveDate" in run) == (0, False)
    assert {child["status"] for child in children} == {"SUCCEEDED"}
    assert all(child["stateMachineArn"].endswith(":machine-1/Run") for child in children)


def test_run_fails_when_threshold_is_exceeded() -> None:
    with VirtualEngine() as engine:
        result = engine.run(machine(FAIL_ON_TWO, "C", Items=[1, 2, 3]))
        run = map_run(engine, result)
    assert result.error == "States.ExceedToleratedFailureThreshold"
    assert result.cause == "The specified tolerated failure threshold was exceeded"
    assert kinds(result)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert run["status"] == "FAILED"
    assert run["itemCounts"]["failed"] == 1


@pytest.mark.parametrize(
    ("tolerated", "status"),
    [
        ({"ToleratedFailureCount": 1}, "SUCCEEDED"),
        ({"ToleratedFailureCount": "{% $states.input.allowed %}"}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 34}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 33}, "FAILED"),
        ({"ToleratedFailureCount": 0}, "FAILED"),
    ],
)
def test_failures_within_threshold_are_tolerated(tolerated: dict, status: str) -> None:
    with VirtualEngine() as engine:
        result = engine.run(machine(FAIL_ON_TWO, "C", Items=[1, 2, 3], **tolerated), {"allowed": 1})
    assert result.status == status
    if status == "SUCCEEDED":
        assert [result.output[0], result.output[2]] == [10, 30]
        failed = {name: result.output[1][name] for name in ("Status", "Error", "Input")}
        assert failed == {"Status": "FAILED", "Error": "Two", "Input": "2"}


def test_items_are_batched() -> None:
    definition = machine(
        Items=[1, 2, 3, 4, 5],
        ItemSelector={"v": "{% $states.context.Map.Item.Value %}"},
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"k": "{% $states.input.k %}"}},
    )
    with VirtualEngine() as engine:
        result = engine.run(definition, {"k": 9})
        run = map_run(engine, result)
    assert result.output[0] == {"BatchInput": {"k": 9}, "Items": [{"v": 1}, {"v": 2}]}
    assert [len(batch["Items"]) for batch in result.output] == [2, 2, 1]
    assert (run["itemCounts"]["total"], run["executionCounts"]["total"]) == (5, 3)


def test_object_members_are_items_with_key() -> None:
    item = "$states.context.Map.Item"
    selector = {name: f"{{% {item}.{name} %}}" for name in ("Index", "Key", "Value", "Source")}
    servers = {"web": {"port": 80}, "db": {"port": 5432}}
    with VirtualEngine() as engine:
        pairs = engine.run(machine(Items=servers))
        selected = engine.run(machine(Items="{% $states.input %}", ItemSelector=selector), servers)
    assert pairs.events("MapStateStarted")[0]["mapStateStartedEventDetails"] == {"length": 2}
    assert pairs.output == [{"Key": "web", "Value": {"port": 80}}, {"Key": "db", "Value": {"port": 5432}}]
    assert selected.output[1] == {"Index": 1, "Key": "db", "Value": {"port": 5432}, "Source": "STATE_DATA"}


def test_batches_respect_max_bytes() -> None:
    definition = machine(Items=["aaaa", "bbbb", "cc"], ItemBatcher={"MaxInputBytesPerBatch": 10})
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert [batch["Items"] for batch in result.output] == [["aaaa"], ["bbbb", "cc"]]


def test_concurrency_limit_holds_and_can_be_updated() -> None:
    waits = {"P": {"Type": "Wait", "Seconds": 10, "End": True}}
    with VirtualEngine() as engine:
        arn = engine.start(engine.create(machine(waits, Items=[1, 2, 3, 4], MaxConcurrency=1)))
        engine.pass_time(5)
        run = engine.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
        description = engine.describe_map_run(mapRunArn=run)
        assert (description["itemCounts"]["running"], description["itemCounts"]["pending"]) == (1, 3)
        engine.update_map_run(mapRunArn=run, maxConcurrency=4)
        result = engine.finish(arn)
    assert result.elapsed == 15


def test_stopping_parent_aborts_children() -> None:
    waits = {"P": {"Type": "Wait", "Seconds": 1000, "End": True}}
    with VirtualEngine() as engine:
        arn = engine.start(engine.create(machine(waits, Items=[1, 2])))
        engine.pass_time(5)
        engine.stop_execution(executionArn=arn)
        engine.pass_time(1)
        run = engine.list_map_runs(executionArn=arn)["mapRuns"][0]["mapRunArn"]
        assert engine.describe_map_run(mapRunArn=run)["status"] == "ABORTED"
        children = engine.list_executions(mapRunArn=run)["executions"]
    assert {child["status"] for child in children} == {"ABORTED"}


def bucket(objects: dict[str, bytes]) -> FakeServices:
    def get(params: dict) -> dict:
        return {"Body": objects[params["Key"]]}

    def put(params: dict) -> dict:
        objects[params["Key"]] = params["Body"]
        return {}

    def listing(params: dict) -> dict:
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        keys = [key for key in sorted(objects) if key.startswith(params.get("Prefix", ""))]
        return {"Contents": [{"Key": k, "ETag": "e", "Size": 1, "LastModified": moment} for k in keys]}

    return FakeServices(calls={"s3:GetObject": get, "s3:PutObject": put, "s3:ListObjectsV2": listing})


def test_item_reader_and_result_writer_use_s3() -> None:
    objects = {"in.csv": b"sku,quantity\nA,1\nB,2\nC,3\n"}
    definition = machine(
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 2},
            "Arguments": {"Bucket": "b", "Key": "in.csv"},
        },
        ResultWriter={
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": "b", "Prefix": "out"},
        },
    )
    with VirtualEngine(bucket(objects)) as engine:
        result = engine.run(definition)
    assert result.events("MapStateStarted")[0]["mapStateStartedEventDetails"] == {"length": 0}
    manifest = json.loads(objects[result.output["ResultWriterDetails"]["Key"]])
    written = json.loads(objects[manifest["ResultFiles"]["SUCCEEDED"][0]["Key"]])
    assert [json.loads(child["Output"]) for child in written] == [
        {"sku": "A", "quantity": "1"},
        {"sku": "B", "quantity": "2"},
    ]


def test_failed_run_exports_children_by_status() -> None:
    objects: dict[str, bytes] = {}
    definition = machine(
        FAIL_ON_TWO,
        "C",
        Items=[1, 2, 3],
        MaxConcurrency=1,
        ResultWriter={
            "Resource": "arn:aws:states:::s3:putObject",
            "Arguments": {"Bucket": "b", "Prefix": "out"},
            "WriterConfig": {"Transformation": "COMPACT"},
        },
    )
    with VirtualEngine(bucket(objects)) as engine:
        result = engine.run(definition)
    assert result.error == "States.ExceedToleratedFailureThreshold"
    written = {key.rsplit("/", 1)[-1]: json.loads(body) for key, body in objects.items()}
    assert written["SUCCEEDED_0.json"] == [10]
    assert [child["Error"] for child in written["FAILED_0.json"]] == ["Two"]
    assert written["PENDING_0.json"] == [
        {"Input": "3", "InputDetails": {"Included": True}, "Status": "PENDING"}
    ]


@pytest.mark.parametrize("name", ["ItemReader", "ResultWriter"])
def test_arguments_of_reader_and_writer_must_be_an_object(name: str) -> None:
    resource = f"arn:aws:states:::s3:{'getObject' if name == 'ItemReader' else 'putObject'}"
    fields = {} if name == "ItemReader" else {"Items": [1]}
    definition = machine(**fields, **{name: {"Resource": resource, "Arguments": "{% 'b' %}"}})
    with VirtualEngine(bucket({})) as engine:
        result = engine.run(definition)
    assert result.error == "States.QueryEvaluationError"
    assert result.cause.endswith(
        f"The JSONata expression ''b'' specified for the field '{name}/Arguments' returned an unexpected result "
        "type. Expected 'object', but was 'string' for value: \"b\""
    )


def test_prefix_of_result_writer_must_be_a_string() -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Arguments": {"Bucket": "b", "Prefix": "{% 5 %}"},
    }
    with VirtualEngine(bucket({})) as engine:
        result = engine.run(machine(Items=[1], ResultWriter=writer))
    assert result.error == "States.ResultWriterFailed"
    assert result.cause == "The value of the field 'Prefix' has an invalid format"


@pytest.mark.parametrize(
    "fields",
    [
        {"ItemSelector": {"x": "{% $states.input.nothing %}"}},
        {"ItemBatcher": {"MaxItemsPerBatch": "{% 0 %}"}},
        {"ToleratedFailurePercentage": "{% 101 %}"},
    ],
)
def test_evaluation_failure_creates_no_map_run(fields: dict) -> None:
    with VirtualEngine() as engine:
        result = engine.run(machine(Items=[1], **fields))
        runs = engine.list_map_runs(executionArn=result.arn)["mapRuns"]
    assert (result.status, runs) == ("FAILED", [])
    assert "MapRunStarted" not in kinds(result)


def test_missing_file_raises_item_reader_failed() -> None:
    definition = machine(
        ItemReader={
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Arguments": {"Bucket": "b", "Key": "none"},
        },
        Catch=[{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Caught"}],
    )
    definition["States"]["Caught"] = {"Type": "Succeed"}
    with VirtualEngine(bucket({"none": b"{}"})) as engine:
        result = engine.run(definition)
        counts = map_run(engine, result)["itemCounts"]
    assert result.status == "SUCCEEDED"
    assert kinds(result)[3:6] == ["MapRunStarted", "MapRunFailed", "MapStateFailed"]
    # No item was read.
    assert set(counts.values()) == {0}


def test_unknown_map_run_is_not_found() -> None:
    arn = "arn:aws:states:us-east-1:000000000000:mapRun:m/l:1"
    with VirtualEngine() as engine, pytest.raises(ApiError) as refused:
        engine.describe_map_run(mapRunArn=arn)
    assert refused.value.code == "ResourceNotFound"


def test_map_run_in_failed_branch_is_aborted() -> None:
    waits = {"P": {"Type": "Wait", "Seconds": 1000, "End": True}}
    running = {name: value for name, value in machine(waits, Items=[1]).items() if name != "QueryLanguage"}
    failing = {
        "StartAt": "W",
        "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "F"}, "F": {"Type": "Fail", "Error": "Bad"}},
    }
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Both",
        "States": {"Both": {"Type": "Parallel", "Branches": [running, failing], "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
        engine.pass_time(1)
        run = map_run(engine, result)
    assert kinds(result)[-4:] == [
        "MapRunAborted",
        "MapStateAborted",
        "ParallelStateFailed",
        "ExecutionFailed",
    ]
    assert (run["status"], run["executionCounts"]["aborted"]) == ("ABORTED", 1)
