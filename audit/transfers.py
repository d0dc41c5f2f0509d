"""Transfers: what left its source arrived, is in transit, or is lost and written off."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.accounts import INVENTORY_LOSSES

from audit.snapshot import Snapshot, Violation, journal_lines

ENDS = ("CLOSED", "CANCELLED")

type Transfer = Mapping[str, Any]


def what_left_arrived_is_in_transit_or_lost(shop: Snapshot) -> Iterator[Violation]:
    """Of each SKU of each transfer, at every moment: an arrival's effects are one transaction."""
    out: Counter[tuple[str, str]] = Counter()
    came: Counter[tuple[str, str]] = Counter()
    for movement in shop.movements:
        goods = (movement["business_id"], movement["sku"])
        if movement["kind"] == "transfer_out":
            out[goods] -= movement["quantity"]
        elif movement["kind"] == "transfer_in":
            came[goods] += movement["quantity"]
    incoming = {
        (row["business_id"], row["sku"]): row["open"] for row in shop.items("InventoryTable", "ONORDER#")
    }
    lost = _lost(shop)
    for name, sku in sorted(out.keys() | came.keys()):
        in_transit = incoming.get((name, sku), 0)
        if out[name, sku] != came[name, sku] + in_transit + lost[name, sku]:
            yield Violation(
                "what_left_arrived_is_in_transit_or_lost",
                f"{name} {sku}",
                f"{out[name, sku]} left; {came[name, sku]} arrived, {in_transit} are in transit, "
                f"{lost[name, sku]} lost",
            )


def cost_that_left_arrived_or_is_lost(shop: Snapshot) -> Iterator[Violation]:
    """Of each closed transfer: what its goods left with is what they arrived with, and what was written off."""
    moved: Counter[str] = Counter()
    for movement in shop.movements:
        if movement["kind"] == "transfer_out":
            moved[movement["business_id"]] += movement["cost"]
        elif movement["kind"] == "transfer_in":
            moved[movement["business_id"]] -= movement["cost"]
    written_off: Counter[str] = Counter()
    for entry in shop.entries.values():
        for line in journal_lines(entry):
            if line["account"] == INVENTORY_LOSSES.code:
                written_off[entry["business_id"]] += line.get("debit", 0) - line.get("credit", 0)
    for name, transfer in _transfers(shop):
        if transfer["status"] != "CLOSED" or shop.excused(name, "PostLoss"):
            continue
        if moved[name] != written_off[name]:
            yield Violation(
                "cost_that_left_arrived_or_is_lost",
                name,
                f"goods worth {moved[name]} did not arrive, {written_off[name]} were written off",
            )


def cancelled_transfer_left_nothing(shop: Snapshot) -> Iterator[Violation]:
    moved = {row["business_id"] for row in shop.movements if row["kind"] in ("transfer_out", "transfer_in")}
    incoming = {row["business_id"] for row in shop.items("InventoryTable", "ONORDER#") if row["open"]}
    for row in shop.items("InventoryTable", "TRANSFER", "TRANSFER#"):
        name = row["transfer_id"]
        if row["status"] != "CANCELLED" or name in shop.running:
            continue
        left = []
        if name in moved:
            left.append("a movement")
        if name in incoming and not shop.excused(name, "LowerOnOrder"):
            left.append("units on order")
        held = any(held["state"] == "OPEN" for held in shop.reservations.get(name, ()))
        if held and not shop.excused(name, "ReleaseStock"):
            left.append("an open reservation")
        if left:
            yield Violation(
                "cancelled_transfer_left_nothing", name, "the cancelled transfer left " + ", ".join(left)
            )


def transfer_ends(shop: Snapshot) -> Iterator[Violation]:
    """A transfer that nothing runs for is closed or cancelled, or waits for a person."""
    for name, transfer in _transfers(shop):
        if name in shop.running or transfer["status"] in ENDS or shop.has_open_case(name):
            continue
        if shop.excused(name, "CancelTransfer", "CloseTransfer"):
            continue
        yield Violation(
            "transfer_ends", name, f"the transfer is {transfer['status']}, and nothing is running for it"
        )


def _transfers(shop: Snapshot) -> Iterator[tuple[str, Transfer]]:
    for row in shop.items("InventoryTable", "TRANSFER", "TRANSFER#"):
        if "document" in row:
            yield row["transfer_id"], json.loads(row["document"])


def _lost(shop: Snapshot) -> Counter[tuple[str, str]]:
    """Units lost by transfer and SKU, as the arrivals' own markers say."""
    lost: Counter[tuple[str, str]] = Counter()
    for marker in shop.items("InventoryTable", "STEP#arrival-", "ORDER#"):
        for line in json.loads(marker["result"]):
            lost[marker["pk"].removeprefix("ORDER#"), line["sku"]] += line["lost"]
    return lost


TRANSFERS = (
    what_left_arrived_is_in_transit_or_lost,
    cost_that_left_arrived_or_is_lost,
    cancelled_transfer_left_nothing,
    transfer_ends,
)
