"""DynamoDB helpers: marshalling, transactions, batches, idempotency markers."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import SystemRandom
from typing import Any, Literal

from botocore.exceptions import ClientError

from tillflow.aws import CONFLICT, THROTTLING
from tillflow.errors import IdempotencyConflict, OrderClosed, StoreContention
from tillflow.plurals import counted

type Item = dict[str, Any]

ACTIONS_PER_TRANSACTION = 100
"""DynamoDB's limit; markers and condition checks count."""

_KEYS_PER_BATCH = 100
_ROWS_PER_BATCH = 25
_CONTENTION_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_CONTENTION = THROTTLING | {CONFLICT}
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transaction, and the error that its failed condition raises.

    `kind` and `request` are those of TransactWriteItems. Every action with a condition has a `condition_error`:
    it returns the error, given the stored row ({} when there is none).
    """

    kind: Literal["Put", "Update", "Delete", "ConditionCheck"]
    request: Mapping[str, Any]
    condition_error: Callable[[Item], Exception] | None = None


class AlreadyApplied(Exception):
    """The marker exists: an earlier delivery applied the effect and returned `result`."""

    def __init__(self, result: Any) -> None:
        super().__init__("already applied")
        self.result = result


class MalformedRow(LookupError):
    """A stored row that no release writes: it lacks an attribute, or has a value that cannot be read."""

    def __init__(self, row: Mapping[str, Any], fault: str) -> None:
        super().__init__(f"row {row.get('pk')} {row.get('sk')} {fault}")


class _Row(dict[str, Any]):
    """A row; an attribute that it lacks is named with the key of the row."""

    def __missing__(self, name: str) -> Any:
        raise MalformedRow(self, f"has no {name}")


def marshal(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plain item (str, int, bool, None, list, dict) as DynamoDB attribute values; TypeError on a float."""
    return {name: _value(value) for name, value in item.items()}


def unmarshal(item: Mapping[str, Any] | None) -> Item:
    """Return DynamoDB attribute values as a plain item, {} for None. Numbers become int.

    MalformedRow for a number that is not whole.
    """
    row = _Row()
    for name, value in (item or {}).items():
        try:
            row[name] = _plain(value)
        except ValueError as error:
            stored = {key: value["S"] for key, value in (item or {}).items() if "S" in value}
            raise MalformedRow(stored, f"has a value in {name} that cannot be read: {error}") from None
    return row


def key(pk: str, sk: str) -> dict[str, Any]:
    """Return the key of a row as DynamoDB attribute values."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def transact(client: Any, actions: Sequence[Action], operation: str) -> None:
    """Write all actions or none.

    Raises the `condition_error` of the first action whose condition failed, so put the marker first;
    StoreContention(operation) when DynamoDB cancelled the transaction because of a concurrent one.
    """
    items = [{action.kind: _with_old_row(action)} for action in actions]
    try:
        client.transact_write_items(TransactItems=items)
    except ClientError as error:
        if error.response["Error"]["Code"] in _CONTENTION:
            raise StoreContention(operation) from None
        reasons = error.response.get("CancellationReasons", [])
        for action, reason in zip(actions, reasons, strict=False):
            if reason["Code"] == "ConditionalCheckFailed" and action.condition_error:
                raise action.condition_error(unmarshal(reason.get("Item"))) from None
        if any(reason["Code"] in _CONTENTION_REASONS for reason in reasons):
            raise StoreContention(operation) from None
        raise


def write(client: Any, action: Action, operation: str) -> Item:
    """Perform one Put or Update without a transaction, which costs twice as much; return DynamoDB's response.

    Raises the action's `condition_error`, or StoreContention(operation) when a transaction holds the row.
    """
    methods = {"Put": client.put_item, "Update": client.update_item}
    try:
        response: Item = methods[action.kind](**_with_old_row(action))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in _CONTENTION:
            raise StoreContention(operation) from None
        if code == "ConditionalCheckFailedException" and action.condition_error:
            raise action.condition_error(unmarshal(error.response.get("Item"))) from None
        raise
    return response


def put_row(
    table: str, row: Item, condition_error: Callable[[Item], Exception] | None = None, **condition: Any
) -> Action:
    """Return the put of a row. condition: the request's ConditionExpression, its names and its values."""
    return Action("Put", {"TableName": table, "Item": marshal(row), **condition}, condition_error)


def put_new(table: str, row: Item, condition_error: Callable[[Item], Exception]) -> Action:
    """Return the put of a row that must not exist."""
    return put_row(table, row, condition_error, ConditionExpression="attribute_not_exists(pk)")


def put_from_status(
    table: str, row: Item, status: str, condition_error: Callable[[Item], Exception]
) -> Action:
    """Return the put of a row whose stored status is this one."""
    return put_row(
        table,
        row,
        condition_error,
        ConditionExpression="#status = :status",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues=marshal({":status": status}),
    )


def check_absent(table: str, place: tuple[str, str], condition_error: Callable[[Item], Exception]) -> Action:
    """Return the check that there is no row of a (pk, sk) key."""
    request = {"TableName": table, "Key": key(*place), "ConditionExpression": "attribute_not_exists(pk)"}
    return Action("ConditionCheck", request, condition_error)


@dataclass(frozen=True, slots=True)
class Marker:
    """The idempotency marker of a step, or of a chunk of it, in the partition `pk` of its business document.

    It is written in the transaction of the step's effects and stores the first delivery's request and result, so
    that a later delivery returns that result, or is refused if its request differs. Only the marker of a step's
    first chunk needs the request: every delivery begins there. A row with `closed_at` is a tombstone: its step was
    compensated, and is refused.
    """

    pk: str
    step: str
    chunk: int = 0
    request: Item | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.pk, f"STEP#{self.step}#{self.chunk}"

    def put(self, table: str, result: Any) -> Action:
        """Return the action that writes the marker.

        It raises AlreadyApplied when the marker exists, IdempotencyConflict when it has another request, OrderClosed
        when it is a tombstone.
        """
        pk, sk = self.key
        row = {"pk": pk, "sk": sk, "result": json.dumps(result)}
        if self.request is not None:
            row["request"] = json.dumps(self.request)
        return put_new(table, row, self.existing)

    def result(self, row: Item) -> Any:
        """Return the result in the marker's row; IdempotencyConflict when it has another request, OrderClosed."""
        if "closed_at" in row:
            raise OrderClosed(self.pk.partition("#")[2], self.step)
        stored, sent = json.loads(row.get("request", "null")), json.loads(json.dumps(self.request))
        if sent not in (None, stored):
            document_type, _, document_id = self.pk.partition("#")
            subject = f"{self.step} of {document_type.lower()} {document_id}"
            raise IdempotencyConflict(subject, stored or {}, sent)
        return json.loads(row["result"])

    def existing(self, row: Item) -> Exception:
        """Return the error for the put of a marker that exists: AlreadyApplied, IdempotencyConflict, OrderClosed."""
        try:
            return AlreadyApplied(self.result(row))
        except (IdempotencyConflict, OrderClosed) as refusal:
            return refusal


def apply_once(
    client: Any, table: str, marker: Marker, effects: Sequence[Action], result: Any, operation: str
) -> Any:
    """Apply the effects and their marker in one transaction; return the first delivery's result when it exists.

    At most ACTIONS_PER_TRANSACTION - 1 effects. Raises the error of a failed condition, or
    StoreContention(operation).
    """
    try:
        transact(client, [marker.put(table, result), *effects], operation)
    except AlreadyApplied as applied:
        return applied.result
    return result


def chunks[T](rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return `rows` in runs of at most `size`, in order."""
    return (rows[start : start + size] for start in range(0, len(rows), size))


def retry_on_conflict[T](
    attempt: Callable[[], T], tries: int = 6, pause: Callable[[float], None] | None = None
) -> T:
    """Call `attempt` and retry it on StoreContention, with backoff and full jitter (up to 20, 40, 80 ... 640 ms).

    All tries end well inside the Lambda's timeout; the last StoreContention is raised for the workflow's Retry.
    """
    for retry in range(tries - 1):
        try:
            return attempt()
        except StoreContention:
            (pause or time.sleep)(_random.uniform(0, 0.02 * 2**retry))
    return attempt()


def read_rows(
    client: Any,
    table: str,
    keys: Iterable[tuple[str, str]],
    pause: Callable[[float], None] | None = None,
) -> dict[tuple[str, str], Item]:
    """Return the rows that exist of any number of (pk, sk) keys, by key, consistently read.

    Reads 100 keys a call and retries the unprocessed ones with backoff; StoreContention when some stay
    unprocessed.
    """
    key_list = [key(pk, sk) for pk, sk in dict.fromkeys(keys)]
    rows: dict[tuple[str, str], Item] = {}
    for batch in chunks(key_list, _KEYS_PER_BATCH):
        pending = list(batch)

        def read() -> None:
            nonlocal pending
            request = {table: {"Keys": pending, "ConsistentRead": True}}
            response = client.batch_get_item(RequestItems=request)
            for row in map(unmarshal, response["Responses"].get(table, [])):
                rows[row["pk"], row["sk"]] = row
            pending = response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if pending:
                raise StoreContention(f"reading {counted(len(pending), 'row')}")

        retry_on_conflict(read, pause=pause)
    return rows


def missing_rows[K](client: Any, table: str, keys: Mapping[K, tuple[str, str]]) -> list[K]:
    """Return the names of those (pk, sk) keys that have no row, consistently read."""
    rows = read_rows(client, table, keys.values())
    return [name for name, place in keys.items() if place not in rows]


def read_row(client: Any, table: str, pk: str, sk: str) -> Item:
    """Return a row, {} if there is none, consistently read."""
    return unmarshal(client.get_item(TableName=table, Key=key(pk, sk), ConsistentRead=True).get("Item"))


def query_rows(client: Any, table: str, pk: str, prefix: str = "") -> Iterator[Item]:
    """Yield the rows of a partition whose sort key begins with a prefix, in key order, consistently read."""
    condition = "pk = :pk" + (" AND begins_with(sk, :prefix)" if prefix else "")
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=marshal({":pk": pk} | ({":prefix": prefix} if prefix else {})),
        ConsistentRead=True,
    )
    return (unmarshal(row) for page in pages for row in page["Items"])


def write_rows(
    client: Any, table: str, rows: Iterable[Item], pause: Callable[[float], None] | None = None
) -> None:
    """Put any number of rows unconditionally; of two rows with one key the last.

    Writes 25 rows a call and retries the unprocessed ones with backoff; StoreContention when some stay
    unprocessed.
    """
    puts = [{"PutRequest": {"Item": marshal(row)}} for row in {(r["pk"], r["sk"]): r for r in rows}.values()]
    for batch in chunks(puts, _ROWS_PER_BATCH):
        pending = list(batch)

        def write() -> None:
            nonlocal pending
            response = client.batch_write_item(RequestItems={table: pending})
            pending = response.get("UnprocessedItems", {}).get(table, [])
            if pending:
                raise StoreContention(f"writing {counted(len(pending), 'row')}")

        retry_on_conflict(write, pause=pause)


def _with_old_row(action: Action) -> dict[str, Any]:
    old_row = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if action.condition_error else {}
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
            return {name: _plain(member) for name, member in inner.items()}
    return inner
