"""The effects on units on order, as actions of a transaction. rows.py describes the rows."""

from collections.abc import Iterator

from tillflow.errors import InvalidRequest, OrderClosed, StoreContention
from tillflow.store import Action, Item, check_absent, put_new

from inventory.errors import StockDrift
from inventory.models import OrderedLine
from inventory.rows import (
    IS_CURRENCY,
    LEVEL_NAMES,
    SET_CURRENCY,
    SET_LEVEL,
    StockRows,
    currency_mismatch,
    currency_value,
    level_pk,
    level_values,
    now,
)

ON_ORDER_TOMBSTONE = "CLOSED#on_order"


class OnOrderRows(StockRows):
    """Builds the effects on units on order of one type of business document."""

    def check_not_closed(self, business_id: str) -> Action:
        """Return the check that a document may still order; OrderClosed otherwise."""
        error = OrderClosed(business_id, "on order")
        place = self.document_pk(business_id), ON_ORDER_TOMBSTONE
        return check_absent(self._table, place, lambda _: error)

    def close(self, business_id: str) -> Action:
        """Return the tombstone that refuses a later raise."""
        return self.put_tombstone(self.document_pk(business_id), ON_ORDER_TOMBSTONE)

    def raise_on_order(
        self,
        business_id: str,
        location: str,
        line: OrderedLine,
        reorder_point: int | None,
        currency: str | None,
        operation: str,
    ) -> Iterator[Action]:
        """Put units on order; StoreContention when the line's need no longer matches the level, CurrencyMismatch.

        Each raise for a need changes the `on_order` that the need was read with, so one of several concurrent
        raises succeeds. `reorder_point` replaces the level's; None leaves it.
        """
        yield self._raise_level(location, line, reorder_point, currency, operation)
        row = {
            "pk": self.document_pk(business_id),
            "sk": f"ONORDER#{location}#{line.sku}",
            "business_id": business_id,
            "location": location,
            "sku": line.sku,
            "ordered": line.quantity,
            "open": line.quantity,
            "at": now(),
        }
        error = InvalidRequest("business_id", business_id, f"an id without {line.sku} on order at {location}")
        yield put_new(self._table, row, lambda _: error)

    def _raise_level(
        self,
        location: str,
        line: OrderedLine,
        reorder_point: int | None,
        currency: str | None,
        operation: str,
    ) -> Action:
        values: Item = {":none": 0, ":quantity": line.quantity, **level_values(location, line.sku)}
        conditions, further = [], ""
        if currency:
            values |= currency_value(currency)
            conditions.append(IS_CURRENCY)
            further = SET_CURRENCY
        if line.need is not None:
            values |= {":on_order": line.need.on_order, ":most": line.need.available}
            absent = "attribute_not_exists(on_order) OR " if line.need.on_order == 0 else ""
            conditions += [
                f"({absent}on_order = :on_order)",
                "(attribute_not_exists(available) OR available <= :most)",
            ]
        if reorder_point is not None:
            values |= {":point": reorder_point}
            conditions.append("attribute_exists(reorder_part)")
            further += ", reorder_point = :point"
        condition = " AND ".join(conditions)

        def refused(level: Item) -> Exception:
            return currency_mismatch(level, currency) or StoreContention(operation)

        return self.update(
            (level_pk(location, line.sku), "LEVEL"),
            "SET on_order = if_not_exists(on_order, :none) + :quantity, "
            "on_hand = if_not_exists(on_hand, :none), reserved = if_not_exists(reserved, :none), "
            "available = if_not_exists(available, :none), "
            f"stock_value = if_not_exists(stock_value, :none), {SET_LEVEL}{further}",
            values,
            condition,
            refused if condition else None,
            names=LEVEL_NAMES,
        )

    def lower_on_order(
        self, row: Item, quantity: int, operation: str, *, is_unused: bool = False
    ) -> Iterator[Action]:
        """Take `quantity` off the open units of a row; StoreContention when fewer are open.

        is_unused: nothing is left of the level, so that the next document may choose its currency; StoreContention when
        that has changed since it was read.
        """
        yield self.lower_open((row["pk"], row["sk"]), quantity, operation)
        location, sku = row["location"], row["sku"]
        if is_unused:
            yield self.update(
                (level_pk(location, sku), "LEVEL"),
                "SET on_order = :none REMOVE currency",
                {":none": 0, ":quantity": quantity},
                "on_order = :quantity AND on_hand = :none AND reserved = :none AND stock_value = :none",
                lambda _: StoreContention(operation),
            )
            return
        yield self.update(
            (level_pk(location, sku), "LEVEL"),
            "SET on_order = on_order - :quantity",
            {":quantity": quantity},
            "on_order >= :quantity",
            lambda _: StockDrift(sku, location, "on_order"),
        )

    def lower_open(self, row_key: tuple[str, str], quantity: int, operation: str) -> Action:
        """Return the update that takes `quantity` off the open units of a row; StoreContention when fewer are open."""
        return self.update(
            row_key,
            "SET #open = #open - :quantity",
            {":quantity": quantity},
            "#open >= :quantity",
            lambda _: StoreContention(operation),
            {"#open": "open"},
        )
