"""What every store needs of DynamoDB: plain values, named refusals, and effects that happen once."""

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, Literal

from botocore.exceptions import ClientError

from tillflow.errors import StoreContention

type Item = dict[str, Any]

ACTIONS_PER_TRANSACTION = 100
"""DynamoDB's limit; a marker takes one of them."""

_KEYS_PER_BATCH = 100
_ROWS_PER_BATCH = 25
_CONTENTION = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_CONTENTION_ERRORS = {
    "TransactionConflictException",
    "TransactionInProgressException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
}
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transaction, and what its failed condition means.

    kind and request as in TransactWriteItems; `refused` makes the error from the row as it was ({} when
    there was none), and belongs to every action with a condition.
    """

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Mapping[str, Any]
    refused: Callable[[Item], Exception] | None = None


class AlreadyDone(Exception):
    """The marker was there: `answer` is what the first delivery returned."""

    def __init__(self, answer: Any) -> None:
        super().__init__("already done")
        self.answer = answer


def marshal(item: Mapping[str, Any]) -> dict[str, Any]:
    """DynamoDB attribute values of a plain item (str, int, bool, None, list, dict). TypeError on a float."""
    return {name: _value(value) for name, value in item.items()}


def unmarshal(item: Mapping[str, Any] | None) -> Item:
    """The plain item of DynamoDB attribute values; {} of None. Numbers come back as int."""
    return {name: _plain(value) for name, value in (item or {}).items()}


def key(pk: str, sk: str) -> dict[str, Any]:
    """The key of a row, as the client takes it."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def transact(client: Any, actions: Sequence[Action], what: str) -> None:
    """Write all actions or none.

    Raises the `refused` error of the first action whose condition failed, so put the marker first;
    StoreContention(what) when another writer was in the way and nothing is decided.
    """
    items = [{action.kind: _with_old_row(action)} for action in actions]
    try:
        client.transact_write_items(TransactItems=items)
    except ClientError as error:
        if error.response["Error"]["Code"] in _CONTENTION_ERRORS:
            raise StoreContention(what) from None
        reasons = error.response.get("CancellationReasons", [])
        for action, reason in zip(actions, reasons, strict=False):
            if reason["Code"] == "ConditionalCheckFailed" and action.refused:
                raise action.refused(unmarshal(reason.get("Item"))) from None
        if any(reason["Code"] in _CONTENTION for reason in reasons):
            raise StoreContention(what) from None
        raise


def marker(table: str, business_id: str, step: str, answer: Any, chunk: int = 0) -> Action:
    """The row that says a step (or a chunk of it) had its effect, with the answer it gave.

    Refuses a second delivery with AlreadyDone(answer).
    """
    row = {"pk": f"ORDER#{business_id}", "sk": f"STEP#{step}#{chunk}", "answer": json.dumps(answer)}
    request = {
        "TableName": table,
        "Item": marshal(row),
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    return Action("Put", request, lambda first: AlreadyDone(json.loads(first["answer"])))


def perform_once(client: Any, mark: Action, effects: Sequence[Action], answer: Any, what: str) -> Any:
    """Apply the effects with their marker in one transaction; a second delivery gets the first answer.

    At most ACTIONS_PER_TRANSACTION - 1 effects. Raises what an effect's condition refuses, or
    StoreContention(what).
    """
    try:
        transact(client, [mark, *effects], what)
    except AlreadyDone as done:
        return done.answer
    return answer


def through_contention[T](
    attempt: Callable[[], T], tries: int = 6, pause: Callable[[float], None] | None = None
) -> T:
    """attempt(), again after StoreContention, with full jitter (up to 20, 40, 80 ... 640 ms).

    Bounded well inside the Lambda's time-out; the last StoreContention is left to the workflow's Retry.
    """
    for tried in range(tries - 1):
        try:
            return attempt()
        except StoreContention:
            (pause or time.sleep)(_random.uniform(0, 0.02 * 2**tried))
    return attempt()


def read_rows(
    client: Any,
    table: str,
    keys: Iterable[tuple[str, str]],
    pause: Callable[[float], None] | None = None,
) -> dict[tuple[str, str], Item]:
    """The rows of any number of (pk, sk) keys, those that exist, by key.

    100 keys a call; what DynamoDB leaves unprocessed is asked for again, with backoff, and ends in
    StoreContention when it stays so.
    """
    wanted = [key(pk, sk) for pk, sk in dict.fromkeys(keys)]
    found: dict[tuple[str, str], Item] = {}
    for start in range(0, len(wanted), _KEYS_PER_BATCH):
        pending = wanted[start : start + _KEYS_PER_BATCH]

        def read() -> None:
            nonlocal pending
            request = {table: {"Keys": pending, "ConsistentRead": True}}
            answer = client.batch_get_item(RequestItems=request)
            for row in map(unmarshal, answer["Responses"].get(table, [])):
                found[row["pk"], row["sk"]] = row
            pending = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if pending:
                raise StoreContention(f"reading {len(pending)} rows")

        through_contention(read, pause=pause)
    return found


def write_rows(
    client: Any, table: str, rows: Iterable[Item], pause: Callable[[float], None] | None = None
) -> None:
    """Put any number of rows, whatever was there; of two with one key the last.

    25 rows a call; what DynamoDB leaves unprocessed is put again, with backoff, and ends in StoreContention
    when it stays so.
    """
    wanted = [
        {"PutRequest": {"Item": marshal(row)}} for row in {(r["pk"], r["sk"]): r for r in rows}.values()
    ]
    for start in range(0, len(wanted), _ROWS_PER_BATCH):
        pending = wanted[start : start + _ROWS_PER_BATCH]

        def write() -> None:
            nonlocal pending
            answer = client.batch_write_item(RequestItems={table: pending})
            pending = answer.get("UnprocessedItems", {}).get(table, [])
            if pending:
                raise StoreContention(f"writing {len(pending)} rows")

        through_contention(write, pause=pause)


def _with_old_row(action: Action) -> dict[str, Any]:
    old_row = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if action.refused else {}
    return {**action.request, **old_row}


def _value(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [_value(member) for member in value]}
        case dict():
            return {"M": marshal(value)}
    raise TypeError(f"{type(value).__name__} cannot be stored; expected str, int, bool, None, list or dict")


def _plain(value: Mapping[str, Any]) -> Any:
    ((kind, inner),) = value.items()
    match kind:
        case "N":
            return int(inner)
        case "NULL":
            return None
        case "L":
            return [_plain(member) for member in inner]
        case "M":
            return unmarshal(inner)
    return inner
