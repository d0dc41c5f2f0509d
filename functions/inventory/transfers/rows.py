"""The effect of an arrival on the rows of the inventory table."""

from collections.abc import Iterator

from tillflow.store import Action

from inventory.errors import StockDrift
from inventory.on_order_rows import OnOrderRows
from inventory.rows import level_pk
from inventory.transfers.rules import ArrivedGoods


class TransferRows(OnOrderRows):
    """Builds the effects of a transfer as actions of a transaction."""

    def __init__(self, table: str) -> None:
        super().__init__(table, "TRANSFER")

    def arrive(
        self, transfer_id: str, location: str, goods: ArrivedGoods, step: str, operation: str
    ) -> Iterator[Action]:
        """Put received units on hand as a movement, and take them and the lost units off on order.

        StoreContention when fewer units are in transit.
        """
        ended = goods.quantity + goods.lost
        row_key = (self.document_pk(transfer_id), f"ONORDER#{location}#{goods.sku}")
        yield self.lower_open(row_key, ended, operation)
        yield self.update(
            (level_pk(location, goods.sku), "LEVEL"),
            "SET on_hand = on_hand + :quantity, available = available + :quantity, "
            "stock_value = stock_value + :cost, on_order = on_order - :ended",
            {":quantity": goods.quantity, ":cost": goods.cost, ":ended": ended},
            "on_order >= :ended",
            lambda _: StockDrift(goods.sku, location, "on_order"),
        )
        if goods.quantity:
            yield self.move(transfer_id, "transfer_in", location, goods.sku, goods.quantity, goods.cost, step)
