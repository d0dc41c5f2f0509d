"""Customers that were merged, as each service with rows of customers keeps them in its own table.

MERGED#<customer>    INTO                the customer that it was merged into
MERGED#<survivor>    FROM#<customer>     a customer that was merged into it

A row is written once and never changed. A survivor may be merged later, so that both are followed to their end.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from tillflow.errors import StoreContention
from tillflow.store import Action, Item, check_absent, query_rows, read_row, read_rows

_FROM = "FROM#"


def merge_rows(customer_id: str, survivor_id: str, merge_id: str) -> tuple[Item, Item]:
    """Return the rows of a merge: where the customer went, and where the survivor's customers came from."""
    merged = {"customer_id": customer_id, "survivor_id": survivor_id, "merge_id": merge_id}
    into, of = into_key(customer_id), (f"MERGED#{survivor_id}", f"{_FROM}{customer_id}")
    return {"pk": into[0], "sk": into[1], **merged}, {"pk": of[0], "sk": of[1], **merged}


def into_key(customer_id: str) -> tuple[str, str]:
    """Return the primary key of the row that says where a customer was merged into."""
    return f"MERGED#{customer_id}", "INTO"


def survivor_of(client: Any, table: str, customer_id: str) -> str:
    """Return the customer that has what belongs to a customer: itself unless it was merged."""
    while row := read_row(client, table, *into_key(customer_id)):
        customer_id = row["survivor_id"]
    return customer_id


def survivors_of(client: Any, table: str, customer_ids: Iterable[str]) -> dict[str, str]:
    """Return the customer that has what belongs to each of these customers."""
    ids = set(customer_ids)
    merged = read_rows(client, table, map(into_key, sorted(ids)))
    return {one: survivor_of(client, table, one) if into_key(one) in merged else one for one in ids}


def group_of(client: Any, table: str, customer_id: str) -> list[str]:
    """Return a customer and all that were merged into it, directly or not."""
    return list(_group(client, table, customer_id))


def not_merged(table: str, customer_id: str) -> Action:
    """Return the check that a customer is still not merged; StoreContention, so that its survivor is read again."""
    return check_absent(
        table, into_key(customer_id), lambda _: StoreContention(f"merging customer {customer_id}")
    )


def _group(client: Any, table: str, customer_id: str) -> Iterator[str]:
    yield customer_id
    for row in query_rows(client, table, f"MERGED#{customer_id}", _FROM):
        yield from _group(client, table, row["customer_id"])
