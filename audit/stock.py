"""Stock: the counters of a level equal its movements, its open reservations and its units on order."""

from collections import Counter
from collections.abc import Iterator

from audit.snapshot import Snapshot, Violation


def on_hand_is_sum_of_movements(shop: Snapshot) -> Iterator[Violation]:
    """On hand equals the movements of the level."""
    moved: Counter[str] = Counter()
    for movement in shop.movements:
        moved[movement["pk"]] += movement["quantity"]
    yield from _compare(shop, moved, "on_hand", "on_hand_is_sum_of_movements", "movements")


def reserved_is_sum_of_open_reservations(shop: Snapshot) -> Iterator[Violation]:
    """Reserved equals the open reservations of orders and transfers."""
    reserved: Counter[str] = Counter()
    for reservation in shop.items("InventoryTable", "RESERVATION#"):
        if reservation["state"] == "OPEN":
            reserved["LEVEL#" + reservation["sk"].removeprefix("RESERVATION#")] += reservation["quantity"]
    yield from _compare(
        shop, reserved, "reserved", "reserved_is_sum_of_open_reservations", "open reservations"
    )


def reserved_is_on_hand_at_most(shop: Snapshot) -> Iterator[Violation]:
    """Reserved is between 0 and on hand."""
    for name, level in shop.levels.items():
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield Violation(
                "reserved_is_on_hand_at_most",
                name,
                f"reserved is {level['reserved']}; expected between 0 and on hand, {level['on_hand']}",
            )


def available_is_on_hand_less_reserved(shop: Snapshot) -> Iterator[Violation]:
    """Available equals on hand less reserved."""
    for name, level in shop.levels.items():
        expected = level["on_hand"] - level["reserved"]
        if level["available"] != expected:
            yield Violation(
                "available_is_on_hand_less_reserved",
                name,
                f"available is {level['available']}; expected on hand less reserved, {expected}",
            )


def stock_value_is_sum_of_movement_costs(shop: Snapshot) -> Iterator[Violation]:
    """The stock value equals the costs of the movements; it is at least 0, and 0 when nothing is on hand."""
    value: Counter[str] = Counter()
    for movement in shop.movements:
        value[movement["pk"]] += movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
    invariant = "stock_value_is_sum_of_movement_costs"
    yield from _compare(shop, value, "stock_value", invariant, "movements")
    for name, level in shop.levels.items():
        if level["stock_value"] < 0 or (level["stock_value"] and not level["on_hand"]):
            yield Violation(
                invariant,
                name,
                f"{level['on_hand']} units are valued at {level['stock_value']}; "
                f"expected at least 0, and 0 for no units",
            )


def on_order_is_sum_of_what_is_open(shop: Snapshot) -> Iterator[Violation]:
    """On order equals the open units of purchase orders and transfers, each between 0 and the ordered units."""
    invariant = "on_order_is_sum_of_what_is_open"
    open_units: Counter[str] = Counter()
    for row in shop.items("InventoryTable", "ONORDER#"):
        open_units["LEVEL#" + row["sk"].removeprefix("ONORDER#")] += row["open"]
        if not 0 <= row["open"] <= row["ordered"]:
            yield Violation(
                invariant,
                f"{row['business_id']} {row['sku']}",
                f"{row['open']} units are open; expected between 0 and the ordered units, {row['ordered']}",
            )
    yield from _compare(shop, open_units, "on_order", invariant, "purchase orders and transfers")


def stock_has_one_currency(shop: Snapshot) -> Iterator[Violation]:
    """Corrections and sales are in the currency in which their level is valued."""
    for movement in shop.movements:
        level = shop.levels.get(movement["pk"], {})
        order = shop.orders.get(movement["business_id"], {}) if movement["kind"] == "sale" else {}
        currency = movement.get("currency", order.get("currency"))
        if currency and currency != level.get("currency", currency):
            yield Violation(
                "stock_has_one_currency",
                movement["pk"],
                f"{movement['kind']} {movement['business_id']} is in {currency}; "
                f"the level is valued in {level['currency']}",
            )


def _compare(
    shop: Snapshot, expected: Counter[str], counter: str, invariant: str, source: str
) -> Iterator[Violation]:
    """Compare a counter of every level with what its source adds up to."""
    for name in sorted(shop.levels.keys() | expected.keys()):
        stored = shop.levels.get(name, {}).get(counter, 0)
        if stored != expected[name]:
            yield Violation(
                invariant, name, f"{counter} is {stored}; its {source} add up to {expected[name]}"
            )


STOCK = (
    on_hand_is_sum_of_movements,
    reserved_is_sum_of_open_reservations,
    reserved_is_on_hand_at_most,
    available_is_on_hand_less_reserved,
    stock_value_is_sum_of_movement_costs,
    on_order_is_sum_of_what_is_open,
    stock_has_one_currency,
)
