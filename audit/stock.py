"""Stock: the counters are what the movements and the open reservations add up to."""

from collections import Counter
from collections.abc import Iterator

from audit.snapshot import Snapshot, Violation


def on_hand_is_sum_of_movements(shop: Snapshot) -> Iterator[Violation]:
    moved: Counter[str] = Counter()
    for movement in shop.movements:
        moved[movement["pk"]] += movement["quantity"]
    for level in sorted(shop.levels.keys() | moved.keys()):
        counted = shop.levels[level]["on_hand"] if level in shop.levels else 0
        if counted != moved[level]:
            yield Violation(
                "on_hand_is_sum_of_movements",
                level,
                f"on hand is {counted}, its movements add up to {moved[level]}",
            )


def reserved_is_sum_of_open_reservations(shop: Snapshot) -> Iterator[Violation]:
    held: Counter[str] = Counter()
    for reservations in shop.reservations.values():
        for reservation in reservations:
            if reservation["state"] == "OPEN":
                held["LEVEL#" + reservation["sk"].removeprefix("RESERVATION#")] += reservation["quantity"]
    for level in sorted(shop.levels.keys() | held.keys()):
        counted = shop.levels[level]["reserved"] if level in shop.levels else 0
        if counted != held[level]:
            yield Violation(
                "reserved_is_sum_of_open_reservations",
                level,
                f"reserved is {counted}, its open reservations add up to {held[level]}",
            )


def reserved_is_on_hand_at_most(shop: Snapshot) -> Iterator[Violation]:
    for name, level in shop.levels.items():
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield Violation(
                "reserved_is_on_hand_at_most",
                name,
                f"reserved is {level['reserved']}, expected between 0 and on hand, {level['on_hand']}",
            )


def available_is_on_hand_less_reserved(shop: Snapshot) -> Iterator[Violation]:
    for name, level in shop.levels.items():
        expected = level["on_hand"] - level["reserved"]
        if level["available"] != expected:
            yield Violation(
                "available_is_on_hand_less_reserved",
                name,
                f"available is {level['available']}, expected on hand less reserved, {expected}",
            )


def stock_value_is_sum_of_movement_costs(shop: Snapshot) -> Iterator[Violation]:
    worth: Counter[str] = Counter()
    for movement in shop.movements:
        worth[movement["pk"]] += movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
    for name, level in shop.levels.items():
        if level["stock_value"] != worth[name]:
            yield Violation(
                "stock_value_is_sum_of_movement_costs",
                name,
                f"the stock is valued at {level['stock_value']}, its movements add up to {worth[name]}",
            )


def on_order_is_sum_of_what_is_open(shop: Snapshot) -> Iterator[Violation]:
    opened: Counter[str] = Counter()
    for row in shop.items("InventoryTable", "ONORDER#", "ORDER#"):
        level = "LEVEL#" + row["sk"].removeprefix("ONORDER#")
        opened[level] += row["open"]
        if not 0 <= row["open"] <= row["ordered"]:
            yield Violation(
                "on_order_is_sum_of_what_is_open",
                f"{row['business_id']} {row['sku']}",
                f"{row['open']} are open, expected between 0 and those ordered, {row['ordered']}",
            )
    for name in sorted(shop.levels.keys() | opened.keys()):
        counted = shop.levels[name].get("on_order", 0) if name in shop.levels else 0
        if counted != opened[name]:
            yield Violation(
                "on_order_is_sum_of_what_is_open",
                name,
                f"on order is {counted}, its purchase orders have {opened[name]} open",
            )


STOCK = (
    on_hand_is_sum_of_movements,
    reserved_is_sum_of_open_reservations,
    reserved_is_on_hand_at_most,
    available_is_on_hand_less_reserved,
    stock_value_is_sum_of_movement_costs,
    on_order_is_sum_of_what_is_open,
)
