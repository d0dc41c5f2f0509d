"""The store helpers every service builds on."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tillflow.errors import DomainError, IdempotencyConflict, StoreContention
from tillflow.store import (
    Action,
    MalformedRow,
    Marker,
    apply_once,
    marshal,
    read_rows,
    retry_on_conflict,
    transact,
    unmarshal,
    write_rows,
)


class TooFew(DomainError):
    """Fewer units than requested."""

    cashier_message = ""


def put(table: str, pk: str, **values: Any) -> Action:
    return Action("Put", {"TableName": table, "Item": marshal({"pk": pk, "sk": "ROW", **values})})


def take(table: str, pk: str, units: int) -> Action:
    request = {
        "TableName": table,
        "Key": marshal({"pk": pk, "sk": "ROW"}),
        "UpdateExpression": "SET units = units - :units",
        "ConditionExpression": "units >= :units",
        "ExpressionAttributeValues": marshal({":units": units}),
    }
    return Action(
        "Update", request, lambda row: TooFew(f"{units} of {pk} requested, {row['units']} available")
    )


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return ClientError(
        {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons},  # type: ignore[typeddict-unknown-key]
        "TransactWriteItems",
    )


class Refusing:
    """A client whose transactions fail the given ways, one after another, then pass."""

    def __init__(self, *failures: ClientError) -> None:
        self.failures = list(failures)

    def transact_write_items(self, **_: Any) -> None:
        if self.failures:
            raise self.failures.pop(0)


def test_values_survive_the_table_and_floats_do_not() -> None:
    item = {"text": "é", "amount": 10**20, "no": None, "yes": True, "list": [1, "a"], "map": {"x": -1}}
    assert unmarshal(marshal(item)) == item
    assert unmarshal(marshal({"yes": True}))["yes"] is True
    with pytest.raises(TypeError, match="float cannot be stored"):
        marshal({"price": 1.5})


def test_a_failed_condition_raises_its_own_error_with_the_row_as_it_was(dynamodb: Any, table: str) -> None:
    transact(dynamodb, [put(table, "a", units=5), put(table, "b", units=1)], "filling")
    with pytest.raises(TooFew) as refusal:
        transact(dynamodb, [take(table, "a", 2), take(table, "b", 2)], "taking")
    assert str(refusal.value) == "2 of b requested, 1 available"
    assert read_rows(dynamodb, table, [("a", "ROW")])["a", "ROW"]["units"] == 5


def test_second_delivery_returns_the_first_response_without_a_second_effect(
    dynamodb: Any, table: str
) -> None:
    transact(dynamodb, [put(table, "a", units=5)], "filling")

    def deliver(result: dict[str, Any]) -> Any:
        marker = Marker("ORDER#ord-1", "take")
        return apply_once(dynamodb, table, marker, [take(table, "a", 2)], result, "taking")

    assert deliver({"attempt": 1}) == {"attempt": 1}
    assert deliver({"attempt": 2}) == {"attempt": 1}
    assert read_rows(dynamodb, table, [("a", "ROW")])["a", "ROW"]["units"] == 3


def test_a_chunk_has_a_marker_of_its_own(dynamodb: Any, table: str) -> None:
    transact(dynamodb, [put(table, "a", units=5)], "filling")
    for chunk in (0, 1, 1):
        marker = Marker("ORDER#ord-1", "take", chunk)
        apply_once(dynamodb, table, marker, [take(table, "a", 1)], {}, "taking")
    assert read_rows(dynamodb, table, [("a", "ROW")])["a", "ROW"]["units"] == 3


def test_a_marker_that_is_not_written_leaves_no_effect_marked(dynamodb: Any, table: str) -> None:
    transact(dynamodb, [put(table, "a", units=1)], "filling")
    for _ in range(2):
        with pytest.raises(TooFew):
            apply_once(dynamodb, table, Marker("ORDER#ord-1", "take"), [take(table, "a", 2)], {}, "taking")


def test_the_same_key_with_another_request_is_a_conflict(dynamodb: Any, table: str) -> None:
    transact(dynamodb, [put(table, "a", units=5)], "filling")

    def deliver(request: dict[str, Any]) -> Any:
        marker = Marker("ORDER#ord-1", "take", request=request)
        return apply_once(dynamodb, table, marker, [take(table, "a", 2)], "taken", "taking")

    assert deliver({"units": 2, "place": "x"}) == "taken"
    assert deliver({"place": "x", "units": 2}) == "taken"
    with pytest.raises(IdempotencyConflict, match=r"take of order ord-1 exists .* units is 2, sent 3"):
        deliver({"units": 3, "place": "x"})
    assert read_rows(dynamodb, table, [("a", "ROW")])["a", "ROW"]["units"] == 3


@pytest.mark.parametrize(
    "failure",
    [
        cancelled("None", "TransactionConflict"),
        cancelled("ThrottlingError", "None"),
        ClientError({"Error": {"Code": "ThrottlingException"}}, "TransactWriteItems"),
        ClientError({"Error": {"Code": "TransactionInProgressException"}}, "TransactWriteItems"),
    ],
    ids=["conflict", "throttled action", "throttled call", "in progress"],
)
def test_another_writer_in_the_way_is_contention(failure: ClientError) -> None:
    with pytest.raises(StoreContention, match="taking"):
        transact(Refusing(failure), [put("t", "a"), put("t", "b")], "taking")


def test_failed_condition_takes_precedence_over_a_conflict() -> None:
    with pytest.raises(TooFew):
        failure = cancelled("TransactionConflict", "ConditionalCheckFailed")
        failure.response["CancellationReasons"][1]["Item"] = marshal({"units": 1})  # type: ignore[typeddict-item]
        transact(Refusing(failure), [put("t", "a"), take("t", "b", 2)], "taking")


@pytest.mark.parametrize("code", ["ValidationException", "AccessDeniedException"])
def test_programming_error_is_not_mapped(code: str) -> None:
    with pytest.raises(ClientError, match=code):
        transact(Refusing(ClientError({"Error": {"Code": code}}, "TransactWriteItems")), [], "taking")
    with pytest.raises(ClientError):
        transact(Refusing(cancelled("ValidationError")), [put("t", "a")], "taking")


def test_contention_is_retried_with_jittered_backoff_up_to_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    longest_of = SimpleNamespace(uniform=lambda shortest, longest: longest if shortest == 0 else None)
    monkeypatch.setattr("tillflow.store._random", longest_of)
    pauses: list[float] = []
    attempts = 0

    def attempt() -> None:
        nonlocal attempts
        attempts += 1
        raise StoreContention("writing")

    with pytest.raises(StoreContention):
        retry_on_conflict(attempt, tries=4, pause=pauses.append)
    assert attempts == 4
    assert pauses == [0.02, 0.04, 0.08]


def test_contention_that_passes_is_not_seen() -> None:
    outcomes = iter([StoreContention("writing"), "written"])

    def attempt() -> str:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert retry_on_conflict(attempt, pause=lambda _: None) == "written"


class Stingy:
    """A client that leaves all but `served` keys of every batch unprocessed, at most `times` times."""

    def __init__(self, client: Any, served: int, times: int) -> None:
        self.client, self.served, self.times, self.calls = client, served, times, 0

    def batch_get_item(self, RequestItems: Any) -> Any:
        self.calls += 1
        ((table, request),) = RequestItems.items()
        if self.calls > self.times:
            return self.client.batch_get_item(RequestItems=RequestItems)
        served, left = request["Keys"][: self.served], request["Keys"][self.served :]
        response = {"Responses": {table: []}}
        if served:
            response = self.client.batch_get_item(RequestItems={table: {**request, "Keys": served}})
        return {**response, "UnprocessedKeys": {table: {**request, "Keys": left}}}

    def batch_write_item(self, RequestItems: Any) -> Any:
        self.calls += 1
        ((table, requests),) = RequestItems.items()
        served = requests[: self.served] if self.calls <= self.times else requests
        if served:
            self.client.batch_write_item(RequestItems={table: served})
        left = requests[len(served) :]
        return {"UnprocessedItems": {table: left} if left else {}}


def test_any_number_of_rows_is_read_in_batches_of_100(dynamodb: Any, table: str) -> None:
    for start in range(0, 250, 50):
        transact(dynamodb, [put(table, f"k{n}") for n in range(start, start + 50)], "filling")
    wanted = [(f"k{n}", "ROW") for n in range(250)]
    rows = read_rows(dynamodb, table, [wanted[0], *wanted, ("missing", "ROW")])
    assert set(rows) == set(wanted)


def test_unprocessed_keys_are_requested_again(dynamodb: Any, table: str) -> None:
    transact(dynamodb, [put(table, f"k{n}") for n in range(30)], "filling")
    stingy = Stingy(dynamodb, served=7, times=3)
    wanted = [(f"k{n}", "ROW") for n in range(30)]
    assert set(read_rows(stingy, table, wanted, pause=lambda _: None)) == set(wanted)
    assert stingy.calls == 4


def test_keys_that_stay_unprocessed_are_contention_not_missing_rows(dynamodb: Any, table: str) -> None:
    with pytest.raises(StoreContention):
        stingy = Stingy(dynamodb, served=0, times=99)
        read_rows(stingy, table, [("k", "ROW")], pause=lambda _: None)


def rows(count: int) -> list[dict[str, Any]]:
    return [{"pk": f"k{n}", "sk": "ROW", "units": n} for n in range(count)]


def test_any_number_of_rows_is_written_and_the_last_of_equal_keys_wins(dynamodb: Any, table: str) -> None:
    write_rows(dynamodb, table, [*rows(60), {"pk": "k3", "sk": "ROW", "units": 7}])
    written = read_rows(dynamodb, table, [(f"k{n}", "ROW") for n in range(60)])
    assert [written[f"k{n}", "ROW"]["units"] for n in (3, 59)] == [7, 59]
    assert len(written) == 60


def test_unprocessed_rows_are_written_again(dynamodb: Any, table: str) -> None:
    stingy = Stingy(dynamodb, served=7, times=3)
    write_rows(stingy, table, rows(25), pause=lambda _: None)
    assert len(read_rows(dynamodb, table, [(f"k{n}", "ROW") for n in range(25)])) == 25
    assert stingy.calls == 4


def test_rows_that_stay_unprocessed_are_contention_not_written(dynamodb: Any, table: str) -> None:
    with pytest.raises(StoreContention):
        write_rows(Stingy(dynamodb, served=0, times=99), table, rows(1), pause=lambda _: None)


def test_attribute_that_a_row_lacks_is_named_with_its_key() -> None:
    row = unmarshal({"pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}})
    with pytest.raises(MalformedRow, match=r"^row ORDER#1 ORDER has no status$"):
        row["status"]
    assert row.get("status") is None
    assert row == {"pk": "ORDER#1", "sk": "ORDER"}


@pytest.mark.parametrize("value", [{"N": "1.5"}, {"L": [{"N": "1.5"}]}, {"M": {"x": {"N": "1.5"}}}])
def test_number_that_is_not_whole_is_named_with_its_row(value: dict[str, Any]) -> None:
    with pytest.raises(
        MalformedRow, match=r"^row ORDER#1 ORDER has a value in total that cannot be read: .*1.5"
    ):
        unmarshal({"total": value, "pk": {"S": "ORDER#1"}, "sk": {"S": "ORDER"}})
