"""When the shelves and the books differ: adjustments and counts, each a movement with its reason."""

from functools import partial
from typing import Any

from tillflow.errors import InsufficientStock, InvalidRequest
from tillflow.store import Action, AlreadyApplied, Item, marker, read_rows, retry_on_conflict, transact

from inventory import rules
from inventory.models import Adjust, Count
from inventory.rows import Rows, level_pk, order_pk


class Corrections:
    """Corrects levels of the inventory table. Each verb may be delivered again and returns its first answer."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._rows = Rows(table)

    def adjust(self, request: Adjust) -> dict[str, Any]:
        """Add or take units: ``{business_id, location, sku, quantity, cost, on_hand}``.

        Raises InsufficientStock when more would go than are available (promised units cannot be lost unseen),
        InvalidRequest when the SKU was never there or the quantity is 0.
        """
        if request.quantity == 0:
            raise InvalidRequest("quantity", 0, "units found, or lost below 0")
        return retry_on_conflict(
            partial(
                self._correct,
                request.adjustment_id,
                "adjustment",
                request,
                request.quantity,
                request.unit_cost,
            )
        )

    def count(self, request: Count) -> dict[str, Any]:
        """Make on hand what was counted; answers as `adjust`, with quantity 0 when it was so already.

        Raises InsufficientStock when fewer were counted than are promised to orders.
        """
        return retry_on_conflict(partial(self._correct, request.count_id, "count", request, None, None))

    def _correct(
        self,
        business_id: str,
        kind: str,
        request: Adjust | Count,
        quantity: int | None,
        unit_cost: int | None,
    ) -> dict[str, Any]:
        done, place = (
            (order_pk(business_id), f"STEP#{kind}#0"),
            (level_pk(request.location, request.sku), "LEVEL"),
        )
        level = read_rows(self._client, self._table, [place]).get(place)
        if level is None:
            raise InvalidRequest("sku", request.sku, f"a SKU that was stocked at {request.location}")
        if isinstance(request, Count):
            quantity = request.counted - level["on_hand"]
        assert quantity is not None
        why = {"reason": request.reason, "currency": request.currency}
        what = f"{kind} {business_id}"
        cost = rules.cost_of_correction(quantity, level["on_hand"], level["stock_value"], unit_cost)
        answer = {
            "business_id": business_id,
            "location": request.location,
            "sku": request.sku,
            "quantity": quantity,
            "cost": cost,
            "on_hand": level["on_hand"] + quantity,
        }
        actions = [marker(self._table, business_id, kind, answer), self._only_correction(business_id, kind)]
        if quantity:
            self._refuse_the_promised(level, quantity, done)
            actions += self._rows.correct(business_id, kind, level, quantity, cost, why, what)
        try:
            transact(self._client, actions, what)
        except AlreadyApplied as first:
            return dict(first.result)
        return answer

    def _only_correction(self, business_id: str, kind: str) -> Action:
        """An id is of an adjustment or of a count: the books have one entry for both."""
        (other,) = set(rules.CORRECTIONS) - {kind}
        refusal = InvalidRequest(f"{kind}_id", business_id, f"an id that no {other} has")
        return self._rows.absent(order_pk(business_id), f"STEP#{other}#0", lambda _: refusal)

    def _refuse_the_promised(self, level: Item, quantity: int, done: tuple[str, str]) -> None:
        """Units reserved for orders stay; a second delivery is no refusal, it has taken its units before."""
        if level["available"] + quantity >= 0 or done in read_rows(self._client, self._table, [done]):
            return
        raise InsufficientStock(level["sku"], level["location"], -quantity, level["available"])
