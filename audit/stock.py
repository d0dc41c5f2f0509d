"""Stock: the counters of a level equal its movements, its open reservations and its units on order."""

from collections import Counter
from collections.abc import Iterator

from tillflow.plurals import counted

from audit.snapshot import Breach, Snapshot, invariant


@invariant
def on_hand_is_sum_of_movements(shop: Snapshot) -> Iterator[Breach]:
    """On hand equals the movements of the level."""
    moved: Counter[str] = Counter()
    for movement in shop.movements:
        moved[movement["pk"]] += movement["quantity"]
    yield from _compare(shop, moved, "on_hand", "movements")


@invariant
def reserved_is_sum_of_open_reservations(shop: Snapshot) -> Iterator[Breach]:
    """Reserved equals the open reservations of orders and transfers."""
    reserved: Counter[str] = Counter()
    for reservation in shop.reserved_lines():
        if reservation["state"] == "OPEN":
            reserved["LEVEL#" + reservation["sk"].removeprefix("RESERVATION#")] += reservation["quantity"]
    yield from _compare(shop, reserved, "reserved", "open reservations")


@invariant
def reserved_is_on_hand_at_most(shop: Snapshot) -> Iterator[Breach]:
    """Reserved is between 0 and on hand."""
    for name, level in shop.levels.items():
        if not 0 <= level["reserved"] <= level["on_hand"]:
            yield name, f"reserved is {level['reserved']}; expected between 0 and on hand, {level['on_hand']}"


@invariant
def available_is_on_hand_less_reserved(shop: Snapshot) -> Iterator[Breach]:
    """Available equals on hand less reserved."""
    for name, level in shop.levels.items():
        expected = level["on_hand"] - level["reserved"]
        if level["available"] != expected:
            yield name, f"available is {level['available']}; expected on hand less reserved, {expected}"


@invariant
def stock_value_is_sum_of_movement_costs(shop: Snapshot) -> Iterator[Breach]:
    """The stock value equals the costs of the movements; it is at least 0, and 0 when nothing is on hand."""
    value: Counter[str] = Counter()
    for movement in shop.movements:
        value[movement["pk"]] += movement["cost"] if movement["quantity"] > 0 else -movement["cost"]
    yield from _compare(shop, value, "stock_value", "movements")
    for name, level in shop.levels.items():
        if level["stock_value"] < 0 or (level["stock_value"] and not level["on_hand"]):
            yield (
                name,
                f"on hand is {level['on_hand']}, valued at {level['stock_value']}; "
                f"expected at least 0, and 0 for no units",
            )


@invariant
def on_order_is_sum_of_open_orders(shop: Snapshot) -> Iterator[Breach]:
    """On order equals the open units of purchase orders and transfers, each between 0 and the ordered units."""
    open_units: Counter[str] = Counter()
    for row in shop.items("InventoryTable", "ONORDER#"):
        open_units["LEVEL#" + row["sk"].removeprefix("ONORDER#")] += row["open"]
        if not 0 <= row["open"] <= row["ordered"]:
            yield (
                f"{row['business_id']} {row['sku']}",
                f"{counted(row['open'], 'unit')} open; expected between 0 and the ordered units, {row['ordered']}",
            )
    yield from _compare(shop, open_units, "on_order", "purchase orders and transfers")


@invariant
def stock_has_one_currency(shop: Snapshot) -> Iterator[Breach]:
    """Corrections and sales are in the currency in which their level is valued."""
    for movement in shop.movements:
        level = shop.levels.get(movement["pk"], {})
        order = shop.orders.get(movement["business_id"], {}) if movement["kind"] == "sale" else {}
        currency = movement.get("currency", order.get("currency"))
        if currency and currency != level.get("currency", currency):
            yield (
                movement["pk"],
                f"{movement['kind']} {movement['business_id']} is in {currency}; "
                f"the level is valued in {level['currency']}",
            )


def _compare(shop: Snapshot, expected: Counter[str], counter: str, source: str) -> Iterator[Breach]:
    """Compare a counter of every level with what its source adds up to."""
    for name in sorted(shop.levels.keys() | expected.keys()):
        stored = shop.levels.get(name, {}).get(counter, 0)
        if stored != expected[name]:
            yield name, f"{counter} is {stored}; its {source} add up to {expected[name]}"


STOCK = (
    on_hand_is_sum_of_movements,
    reserved_is_sum_of_open_reservations,
    reserved_is_on_hand_at_most,
    available_is_on_hand_less_reserved,
    stock_value_is_sum_of_movement_costs,
    on_order_is_sum_of_open_orders,
    stock_has_one_currency,
)
