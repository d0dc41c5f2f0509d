"""The rows that the counters of a level add up to, as far as a rebuild reads them."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import BaseModel, Field
from tillflow.store import Item

from inventory.reservations import CHUNK, is_reservation

type Units = Annotated[int, Field(strict=True)]


class _Level(BaseModel):
    location: str
    sku: str


class _Counters(_Level):
    on_hand: Units
    reserved: Units
    available: Units
    stock_value: Units
    on_order: Units = 0


class _Movement(_Level):
    quantity: Units
    cost: Units


class _Ordered(_Level):
    open: Units


class _Chunk(BaseModel):
    location: str
    state: str
    quantities: dict[str, Units]


class _Line(_Level):
    state: str
    quantity: Units


class InventoryRow(BaseModel):
    """The rows of the table by their keys, which the error of one that is not valid begins with."""

    level: dict[str, _Counters]
    movement: dict[str, _Movement]
    on_order: dict[str, _Ordered]
    chunk: dict[str, _Chunk]
    line: dict[str, _Line]


def check_rows(rows: Iterable[Item]) -> None:
    """Raise ValidationError, which names every field of every row by which counters cannot be rebuilt."""
    kinds: dict[str, dict[str, Item]] = {name: {} for name in InventoryRow.model_fields}
    for row in rows:
        if kind := _kind(row):
            kinds[kind][f"{row['pk']} {row['sk']}"] = row
    InventoryRow.model_validate(kinds)


def _kind(row: Item) -> str | None:
    sk = row["sk"]
    if sk == "LEVEL":
        return "level"
    if sk.startswith("MOVE#"):
        return "movement"
    if sk.startswith("ONORDER#"):
        return "on_order"
    if is_reservation(row):
        return "chunk" if sk.startswith(CHUNK) else "line"
    return None
