"""MiniStack's DynamoDB called in this process, without HTTP, signing and persistence, for tests."""

from __future__ import annotations

import asyncio
import pickle
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ministack.services import dynamodb

from .costs import reduce_dynamodb_costs

type Item = dict[str, Any]
type Response = tuple[int, dict[str, str], bytes]

_ITEMS = "items"

reduce_dynamodb_costs()


def request(headers: Mapping[str, str], body: bytes) -> Response:
    """Handle a request; return status, headers and body. Header names are in lower case."""
    return asyncio.run(_handle(headers, body))


def request_at_once(operation: str, body: bytes) -> Response:
    """Handle a request without an event loop. Raise RuntimeError if it waits for something."""
    try:
        _handle({"x-amz-target": f".{operation}"}, body).send(None)
    except StopIteration as end:
        response: Response = end.value
        return response
    raise RuntimeError(f"{operation} waits: it needs an event loop")


def _handle(headers: Mapping[str, str], body: bytes) -> Coroutine[Any, Any, Response]:
    handling: Coroutine[Any, Any, Response] = dynamodb.handle_request("POST", "/", dict(headers), body, {})
    return handling


@contextmanager
def separate_tables() -> Iterator[None]:
    """Start without tables; restore the tables of before at the end."""
    before = dict(dynamodb._tables)
    dynamodb._tables.clear()
    try:
        yield
    finally:
        dynamodb._tables.clear()
        dynamodb._tables.update(before)


def items(table: str) -> Iterator[Item]:
    """Yield the items of a table, in DynamoDB's JSON."""
    for partition in dynamodb._tables[table][_ITEMS].values():
        yield from partition.values()


def save_items(tables: Iterable[str]) -> bytes:
    """Return the items of tables, for `restore_items`."""
    return pickle.dumps({name: dict(dynamodb._tables[name][_ITEMS]) for name in tables})


def restore_items(saved: bytes) -> None:
    """Replace the items of tables by those of `save_items`."""
    for name, partitions in pickle.loads(saved).items():  # noqa: S301 - written by save_items
        dynamodb._tables[name][_ITEMS] = defaultdict(dict, partitions)
