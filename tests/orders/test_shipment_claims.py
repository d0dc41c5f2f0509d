"""Which units of an order the next shipment has, when a claim is repeated."""

from orders.models import Order
from orders.shipments.models import ClaimShipment, SentLine, SentShipment
from orders.shipments.rules import next_shipment

ORDER = Order(
    order_id="ord-1",
    status="PAID",
    execution="arn",
    document={
        "location": "store-1",
        "currency": "EUR",
        "delivery": {},
        "lines": [{"line_no": 1, "sku": "MUG", "quantity": 5}],
    },
)


def claim(order: Order, *sent: int) -> tuple[str, list[int], Order]:
    """Return id and units of the next shipment after those of so many units, and the order with the claim."""
    shipments = tuple(
        SentShipment(shipment_id=f"ord-1-s{number}", lines=(SentLine(line_no=1, quantity=units),))
        for number, units in enumerate(sent, 1)
    )
    made = next_shipment(order, ClaimShipment(order_id="ord-1", shipments=shipments))
    units = [line["quantity"] for line in made.claimed["lines"]]
    return made.claimed["shipment_id"], units, order.model_copy(update={"shipments": made.stored})


def test_repeated_claim_is_the_first_one() -> None:
    first = claim(ORDER)
    assert first[:2] == ("ord-1-s1", [5])
    assert claim(first[2]) == first


def test_repeated_claim_of_what_a_carrier_left_is_the_first_one() -> None:
    _, _, claimed = claim(ORDER)
    second = claim(claimed, 2)
    assert second[:2] == ("ord-1-s2", [3])
    assert claim(second[2], 2) == second
