"""Prices, discounts, taxes and tenders of an order, exact to the minor unit."""

import json
from decimal import Decimal
from typing import Any

import pytest
from catalog.errors import UnknownProduct
from catalog.models import Product
from catalog.rules import MAX_DOCUMENT_BYTES, price_order
from catalog.tax_rates import ClassRates
from hypothesis import given
from hypothesis import strategies as st
from tillflow.errors import InvalidOrder, TendersDoNotMatchTotal
from tillflow.order_request import Order

RATES = {
    "standard": ClassRates(Decimal("0.20")),
    "food": ClassRates(Decimal("0.05")),
    "exempt": ClassRates(Decimal("0")),
}


def product(sku: str, price: int, tax_class: str = "standard", included: bool = True, **more: Any) -> Product:
    prices = {"EUR": price, "JPY": price, "KWD": price}
    return Product(
        sku=sku, name=f"The {sku}", prices=prices, tax_class=tax_class, tax_included=included, **more
    )


CATALOG = {
    found.sku: found
    for found in (
        product("COFFEE", 1250, "food"),
        product("MUG", 999),
        product("BOOK", 1500, "exempt"),
        product("CHAIR", 10_000, included=False),
        product("SCREW", 3, included=False),
        product("GIFT", 0),
    )
}


def order(*lines: dict[str, Any], **more: Any) -> Order:
    return Order.model_validate(
        {
            "order_id": "ord-1",
            "location": "store-1",
            "register": "till-1",
            "currency": "EUR",
            "placed_at": "2026-11-23T11:00:00+01:00",
            "lines": list(lines),
            "tenders": [{"type": "cash"}],
            **more,
        }
    )


def line(sku: str, quantity: int = 1, **discount: Any) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, **({"discount": discount} if discount else {})}


def priced(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return price_order(order(*lines, **more), CATALOG, RATES)


def test_priced_order_equals_a_receipt_computed_by_hand() -> None:
    """2 coffees at 12.50 with 10 % off, a mug at 9.99, 1.00 off the order; all with tax included."""
    response = priced(
        line("COFFEE", 2, percent="10"),
        line("MUG"),
        discounts=[{"amount": 100}],
        tenders=[{"type": "cash", "amount": 1000}, {"type": "card", "card": "card_1"}],
    )
    assert response == {
        "order_id": "ord-1",
        "location": "store-1",
        "register": "till-1",
        "currency": "EUR",
        "customer_id": None,
        "fulfilment": "carry_out",
        "placed_at": "2026-11-23T10:00:00Z",
        "lines": [
            {
                "line_no": 1,
                "sku": "COFFEE",
                "description": "The COFFEE",
                "quantity": 2,
                "unit_price": 1250,
                "tax_class": "food",
                "tax_rate": "0.05",
                "tax_included": True,
                "subtotal": 2500,
                "line_discount": 250,
                "order_discount": 69,  # 100 x 2250 / 3249 = 69.25
                "net": 2077,  # 2181 / 1.05 = 2077.14
                "tax": 104,
                "total": 2181,
            },
            {
                "line_no": 2,
                "sku": "MUG",
                "description": "The MUG",
                "quantity": 1,
                "unit_price": 999,
                "tax_class": "standard",
                "tax_rate": "0.20",
                "tax_included": True,
                "subtotal": 999,
                "line_discount": 0,
                "order_discount": 31,
                "net": 807,  # 968 / 1.20 = 806.67
                "tax": 161,
                "total": 968,
            },
        ],
        "tenders": [
            {"tender_no": 1, "type": "cash", "amount": 1000},
            {"tender_no": 2, "type": "card", "card": "card_1", "amount": 2149},
        ],
        "taxes": [
            {"tax_class": "food", "rate": "0.05", "net": 2077, "tax": 104},
            {"tax_class": "standard", "rate": "0.20", "net": 807, "tax": 161},
        ],
        "totals": {"subtotal": 3499, "discount": 350, "net": 2884, "tax": 265, "total": 3149},
    }


def test_tax_not_included_is_added() -> None:
    response = priced(line("CHAIR"))
    assert response["totals"] == {
        "subtotal": 10_000,
        "discount": 0,
        "net": 10_000,
        "tax": 2000,
        "total": 12_000,
    }


def test_tax_is_rounded_per_rate_of_the_invoice() -> None:
    """Three screws at 0.03: tax is 0.6 each and 1.8 together, rounded to 2."""
    response = priced(line("SCREW"), line("SCREW"), line("SCREW"))
    assert [sold["tax"] for sold in response["lines"]] == [1, 1, 0]
    assert response["taxes"] == [{"tax_class": "standard", "rate": "0.20", "net": 9, "tax": 2}]


def test_classes_of_one_rate_are_rounded_together_and_listed_separately() -> None:
    rates = {**RATES, "luxury": ClassRates(Decimal("0.2"))}
    catalog = {**CATALOG, "PIN": product("PIN", 2, "luxury", included=False)}
    response = price_order(order(line("SCREW"), line("PIN")), catalog, rates)
    assert [row["tax_class"] for row in response["taxes"]] == ["standard", "luxury"]
    assert response["totals"]["tax"] == 1  # 0.2 x 5; apart they would be 0.6 -> 1 and 0.4 -> 0


@pytest.mark.parametrize(("currency", "total"), [("EUR", 12_000), ("JPY", 12_000), ("KWD", 12_000)])
def test_minor_units_follow_the_currency(currency: str, total: int) -> None:
    assert priced(line("CHAIR"), currency=currency)["totals"]["total"] == total


def test_price_is_that_of_the_order_currency() -> None:
    tea = Product(sku="TEA", name="Tea", prices={"EUR": 1250, "JPY": 2000, "KWD": 4250}, tax_class="exempt")
    totals = {
        currency: price_order(order(line("TEA", 3), currency=currency), {"TEA": tea}, RATES)["totals"][
            "total"
        ]
        for currency in tea.prices
    }
    assert totals == {"EUR": 3750, "JPY": 6000, "KWD": 12_750}


def test_currency_without_a_price_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(
        InvalidOrder, match="currency is 'USD'; expected one MUG has a price in: EUR, JPY, KWD"
    ):
        priced(line("MUG"), currency="USD")


def test_every_unknown_sku_is_named_once() -> None:
    with pytest.raises(UnknownProduct, match=r"not in the catalog: X, Y$"):
        priced(line("X"), line("MUG"), line("Y"), line("X"))


def test_tax_class_without_a_rate_is_refused() -> None:
    with pytest.raises(
        InvalidOrder, match="tax class of MUG is 'standard'; expected a class with a rate: food"
    ):
        price_order(order(line("MUG")), CATALOG, {"food": ClassRates(Decimal("0.05"))})


@pytest.mark.parametrize(
    ("tenders", "tendered"),
    [
        ([{"type": "cash", "amount": 998}], "9.98 EUR"),
        ([{"type": "card", "card": "card_1", "amount": 1000}], "10.00 EUR"),
        (
            [{"type": "card", "card": "card_1", "amount": 999}, {"type": "cash", "amount": 500}],
            "14.99 EUR",
        ),
        ([], "0.00 EUR"),
    ],
    ids=["short", "card over", "cash that is all change", "none"],
)
def test_tenders_that_do_not_match_the_total_are_refused(
    tenders: list[dict[str, Any]], tendered: str
) -> None:
    with pytest.raises(TendersDoNotMatchTotal) as refusal:
        priced(line("MUG"), tenders=tenders)
    assert str(refusal.value) == f"tenders add up to {tendered}; expected the total, 9.99 EUR"


@pytest.mark.parametrize(
    ("tenders", "settled"),
    [
        ([("cash", 2000)], [(999, 2000, 1001)]),
        ([("card", 500), ("cash", 2000)], [(500, None, None), (499, 2000, 1501)]),
        ([("cash", 2000), ("card", None)], [(999, 2000, 1001)]),
        ([("cash", 600), ("cash", 500)], [(600, None, None), (399, 500, 101)]),
        ([("cash", 999)], [(999, None, None)]),
    ],
)
def test_cash_above_the_total_is_change(tenders: list[Any], settled: list[Any]) -> None:
    sent = [
        {
            "type": kind,
            **({"card": "card_1"} if kind == "card" else {}),
            **({"amount": amount} if amount else {}),
        }
        for kind, amount in tenders
    ]
    response = priced(line("MUG"), tenders=sent)
    assert [(one["amount"], one.get("tendered"), one.get("change")) for one in response["tenders"]] == settled
    assert sum(one["amount"] for one in response["tenders"]) == 999


def test_tender_for_the_rest_is_dropped_when_nothing_remains() -> None:
    response = priced(
        line("MUG"), tenders=[{"type": "card", "card": "card_1"}, {"type": "cash", "amount": 999}]
    )
    assert response["tenders"] == [{"tender_no": 1, "type": "cash", "amount": 999}]


def test_free_order_needs_no_tender() -> None:
    response = priced(line("MUG", percent="100"), line("GIFT"))
    assert response["totals"]["total"] == 0
    assert response["tenders"] == []


@pytest.mark.parametrize(
    ("total", "tenders", "rounding", "paid"),
    [
        (1252, [("cash", None)], -2, [(1250, None)]),
        (1253, [("cash", None)], 2, [(1255, None)]),
        (1255, [("cash", None)], 0, [(1255, None)]),
        (1252, [("cash", 2000)], -2, [(1250, 750)]),
        (1252, [("card", 1000), ("cash", None)], -2, [(1000, None), (250, None)]),
        (1252, [("card", 1001), ("cash", None)], -1, [(1001, None), (250, None)]),
        (1252, [("cash", 1000), ("card", None)], 0, [(1000, None), (252, None)]),
        (1252, [("card", None)], 0, [(1252, None)]),
        (2, [("cash", None)], -2, []),
        (3, [("cash", None)], 2, [(5, None)]),
    ],
)
def test_amount_due_in_cash_is_rounded_to_the_smallest_coin(
    total: int, tenders: list[Any], rounding: int, paid: list[Any]
) -> None:
    sale = in_francs(total, tenders)
    assert sale["totals"].get("rounding", 0) == rounding
    assert sale["totals"]["total"] == total + rounding
    assert sale["totals"]["net"] + sale["totals"]["tax"] == total
    assert [(one["amount"], one.get("change")) for one in sale["tenders"]] == paid


def test_cash_that_no_coins_make_up_is_refused() -> None:
    with pytest.raises(InvalidOrder, match=r"tenders\[0\]\.amount is 1252; expected a multiple of 0\.05 CHF"):
        in_francs(1252, [("cash", 1252)])


def in_francs(total: int, tenders: list[Any]) -> Any:
    """Price an order of one product that costs `total` in CHF, without tax."""
    sent = [
        {
            "type": kind,
            **({"card": "card_1"} if kind == "card" else {}),
            **({"amount": amount} if amount else {}),
        }
        for kind, amount in tenders
    ]
    chocolate = Product(sku="CHOC", name="Chocolate", prices={"CHF": total}, tax_class="exempt")
    return price_order(order(line("CHOC"), tenders=sent, currency="CHF"), {"CHOC": chocolate}, RATES)


def test_many_tenders_are_numbered() -> None:
    many = [{"type": "cash", "amount": 10} for _ in range(120)]
    response = priced(line("CHAIR"), tenders=[*many, {"type": "cash"}])
    assert [tender["tender_no"] for tender in response["tenders"]] == list(range(1, 122))
    assert sum(tender["amount"] for tender in response["tenders"]) == 12_000


def test_more_lines_than_a_transaction_holds_are_priced() -> None:
    response = priced(*(line("SCREW", n) for n in range(1, 251)))
    assert len(response["lines"]) == 250
    assert response["totals"]["net"] == 3 * sum(range(1, 251))


def test_order_too_large_for_the_workflow_is_refused() -> None:
    with pytest.raises(
        InvalidOrder, match=f"lines is '1,000 lines of .* expected at most {MAX_DOCUMENT_BYTES} bytes"
    ):
        priced(*(line("MUG") for _ in range(1000)))


discounts = st.none() | st.builds(lambda percent: {"percent": str(percent)}, st.integers(1, 100))
carts = st.lists(
    st.builds(
        lambda sku, quantity, discount: {"sku": sku, "quantity": quantity, "discount": discount},
        st.sampled_from(sorted(CATALOG)),
        st.integers(1, 200),
        discounts,
    ),
    min_size=1,
    max_size=25,
)


@given(carts, st.lists(discounts.filter(bool), max_size=2), st.lists(st.integers(1, 500), max_size=5))
def test_sums_of_a_priced_order_agree(cart: list[Any], on_order: list[Any], amounts: list[int]) -> None:
    tenders = [{"type": "cash", "amount": amount} for amount in amounts]
    try:
        response = priced(*cart, discounts=on_order, tenders=[*tenders, {"type": "cash"}])
    except TendersDoNotMatchTotal:
        response = priced(*cart, discounts=on_order)
        assert sum(amounts) > response["totals"]["total"]
    lines, totals = response["lines"], response["totals"]
    for field in ("subtotal", "net", "tax", "total"):
        assert totals[field] == sum(sold[field] for sold in lines)
    assert totals["net"] + totals["tax"] == totals["total"]
    assert totals["tax"] == sum(row["tax"] for row in response["taxes"])
    assert totals["net"] == sum(row["net"] for row in response["taxes"])
    assert totals["total"] == sum(tender["amount"] for tender in response["tenders"])
    for sold in lines:
        paid = sold["subtotal"] - sold["line_discount"] - sold["order_discount"]
        assert paid == (sold["total"] if sold["tax_included"] else sold["net"])
        assert sold["subtotal"] == sold["unit_price"] * sold["quantity"]
    added = sum(sold["tax"] for sold in lines if not sold["tax_included"])
    assert totals["subtotal"] - totals["discount"] + added == totals["total"]


@given(carts)
def test_pricing_is_deterministic(cart: list[Any]) -> None:
    assert json.dumps(priced(*cart)) == json.dumps(priced(*cart))
