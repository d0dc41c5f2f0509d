"""Transfers: shipped units are received, in transit, or lost and written off."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ledger.accounts import INVENTORY_LOSSES
from tillflow.plurals import counted

from audit.snapshot import Breach, Snapshot, invariant, journal_lines

ENDS = ("CLOSED", "CANCELLED")

type Transfer = Mapping[str, Any]


@invariant
def shipped_units_arrived_are_in_transit_or_lost(shop: Snapshot) -> Iterator[Breach]:
    """Of each SKU of each transfer: shipped = received + in transit + lost, at every moment."""
    shipped: Counter[tuple[str, str]] = Counter()
    received: Counter[tuple[str, str]] = Counter()
    for movement in shop.movements:
        goods = (movement["business_id"], movement["sku"])
        if movement["kind"] == "transfer_out":
            shipped[goods] -= movement["quantity"]
        elif movement["kind"] == "transfer_in":
            received[goods] += movement["quantity"]
    in_transit = {
        (row["business_id"], row["sku"]): row["open"]
        for row in shop.items("InventoryTable", "ONORDER#", "TRANSFER#")
    }
    lost = _lost(shop)
    for goods in sorted(shipped.keys() | received.keys()):
        present = in_transit.get(goods, 0)
        if shipped[goods] != received[goods] + present + lost[goods]:
            yield (
                " ".join(goods),
                f"{counted(shipped[goods], 'unit')} shipped; {received[goods]} received, "
                f"{present} in transit, {lost[goods]} lost",
            )


@invariant
def shipped_cost_arrived_or_is_lost(shop: Snapshot) -> Iterator[Breach]:
    """Of each closed transfer: the shipped cost was received or written off."""
    missing: Counter[str] = Counter()
    for movement in shop.movements:
        if movement["kind"] == "transfer_out":
            missing[movement["business_id"]] += movement["cost"]
        elif movement["kind"] == "transfer_in":
            missing[movement["business_id"]] -= movement["cost"]
    written_off: Counter[str] = Counter()
    for entry in shop.entries.values():
        for line in journal_lines(entry):
            if line["account"] == INVENTORY_LOSSES.code:
                written_off[entry["business_id"]] += line.get("debit", 0) - line.get("credit", 0)
    for name, transfer in _transfers(shop):
        if transfer["status"] != "CLOSED" or shop.is_open(name, "PostLoss"):
            continue
        if missing[name] != written_off[name]:
            yield (
                name,
                f"goods of cost {missing[name]} were not received; {written_off[name]} was written off",
            )


@invariant
def cancelled_transfer_has_no_effect(shop: Snapshot) -> Iterator[Breach]:
    """A cancelled transfer has no movement, no units on order and no open reservation."""
    moved = {row["business_id"] for row in shop.movements if row["kind"] in ("transfer_out", "transfer_in")}
    on_order = {
        row["business_id"] for row in shop.items("InventoryTable", "ONORDER#", "TRANSFER#") if row["open"]
    }
    reserved = {
        row["pk"].removeprefix("TRANSFER#")
        for row in shop.reserved_lines("TRANSFER#")
        if row["state"] == "OPEN"
    }
    for row in shop.items("InventoryTable", "TRANSFER", "TRANSFER#"):
        name = row["transfer_id"]
        if row["status"] != "CANCELLED" or name in shop.running:
            continue
        effects = []
        if name in moved:
            effects.append("a movement")
        if name in on_order and not shop.is_open(name, "LowerOnOrder"):
            effects.append("units on order")
        if name in reserved and not shop.is_open(name, "ReleaseStock"):
            effects.append("an open reservation")
        if effects:
            yield name, "the cancelled transfer has " + ", ".join(effects)


@invariant
def transfer_ends(shop: Snapshot) -> Iterator[Breach]:
    """A transfer without a running execution is closed or cancelled, or has an open case."""
    for name, transfer in _transfers(shop):
        if name in shop.running or transfer["status"] in ENDS or shop.has_open_case(name):
            continue
        yield name, f"the transfer is {transfer['status']} and no execution is running"


def _transfers(shop: Snapshot) -> Iterator[tuple[str, Transfer]]:
    for row in shop.items("InventoryTable", "TRANSFER", "TRANSFER#"):
        if "document" in row:
            yield row["transfer_id"], json.loads(row["document"])


def _lost(shop: Snapshot) -> Counter[tuple[str, str]]:
    """Return the units lost by transfer and SKU, from the markers of the booked arrivals."""
    lost: Counter[tuple[str, str]] = Counter()
    for marker in shop.items("InventoryTable", "STEP#arrival-", "TRANSFER#"):
        for line in json.loads(marker["result"]):
            lost[marker["pk"].removeprefix("TRANSFER#"), line["sku"]] += line["lost"]
    return lost


TRANSFERS = (
    shipped_units_arrived_are_in_transit_or_lost,
    shipped_cost_arrived_or_is_lost,
    cancelled_transfer_has_no_effect,
    transfer_ends,
)
