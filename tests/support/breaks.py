"""Changes of one row of a shop in order, by which tests break an invariant."""

from collections.abc import Callable
from typing import Any

from audit import check
from tests.support.shop_rows import Row, snapshot

Tables = dict[str, list[Row]]


Break = Callable[[Tables], None]


def row(tables: Tables, table: str, pk: str, sk: str) -> Row:
    return next(item for item in tables[table] if item["pk"] == pk and item["sk"] == sk)


def change(table: str, pk: str, sk: str, **values: Any) -> Break:
    return lambda tables: row(tables, table, pk, sk).update(values)


def add(table: str, item: Row) -> Break:
    return lambda tables: tables[table].append(item)


def remove(table: str, pk: str, sk: str) -> Break:
    return lambda tables: tables[table].remove(row(tables, table, pk, sk))


def names(tables: Tables, **more: Any) -> set[tuple[str, str]]:
    return {(violation.name, violation.subject) for violation in check(snapshot(tables, **more))}
