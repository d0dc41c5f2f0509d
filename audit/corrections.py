"""Corrections of stock: each has one journal entry of its cost.

The ledger posts corrections from events, so one of the last minutes may not be posted yet.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from inventory.rules import CORRECTIONS as KINDS
from ledger.accounts import INVENTORY, INVENTORY_LOSSES, INVENTORY_OVERAGE

from audit.delivery import STREAM_DELIVERY_TIME
from audit.snapshot import Breach, Item, Snapshot, invariant, journal_lines

CORRECTION = "#correction"


@invariant
def correction_is_booked(shop: Snapshot) -> Iterator[Breach]:
    """A correction with a cost has an entry of it: losses to inventory, or inventory to overage."""
    for movement in _corrections(shop):
        name = movement["business_id"]
        entry = shop.entries.get(f"{name}{CORRECTION}")
        if entry is None:
            if movement["cost"] and not _may_be_in_delivery(shop, movement["at"]):
                yield name, f"a {movement['kind']} of {movement['cost']} has no journal entry"
        elif _lines(entry) != (expected := _expected(movement)):
            yield name, f"the entry has {_lines(entry)}; expected {expected}"


@invariant
def correction_entry_has_its_movement(shop: Snapshot) -> Iterator[Breach]:
    """Every correction entry has one movement."""
    moved = Counter(movement["business_id"] for movement in _corrections(shop))
    for name, entry in shop.entries.items():
        if not name.endswith(CORRECTION):
            continue
        subject = name.removesuffix(CORRECTION)
        corrections = moved[subject]
        missing = corrections == 0 and not _may_be_in_delivery(shop, entry["posted_at"])
        if missing or corrections > 1:
            yield subject, f"{corrections} movements have this entry; expected 1"


def _corrections(shop: Snapshot) -> Iterator[Item]:
    return (movement for movement in shop.movements if movement["kind"] in KINDS)


def _may_be_in_delivery(shop: Snapshot, written_at: str) -> bool:
    return datetime.fromisoformat(written_at) > shop.read_at - STREAM_DELIVERY_TIME


def _expected(movement: Item) -> list[tuple[str, int, int]]:
    if not movement["cost"]:
        return []
    debited, credited = INVENTORY_LOSSES, INVENTORY
    if movement["quantity"] > 0:
        debited, credited = INVENTORY, INVENTORY_OVERAGE
    return [(debited.code, movement["cost"], 0), (credited.code, 0, movement["cost"])]


def _lines(entry: Item) -> list[tuple[str, int, int]]:
    """Account, debit and credit of each line."""
    return [(line["account"], line.get("debit", 0), line.get("credit", 0)) for line in journal_lines(entry)]


CORRECTIONS = (correction_is_booked, correction_entry_has_its_movement)
