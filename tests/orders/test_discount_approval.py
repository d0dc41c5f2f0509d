"""Discounts above the limit of a cashier, over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.http_api import HttpApi, HttpResponse, http_api
from till.shop import CURRENCY, ESPRESSO, LOCATION, MUG
from verification.harness.fixture import seed_stock, workflow_fixture

NOTE = "the box is dented"
SALE = {"placed_at": "2026-11-23T10:00:00Z", "tenders": [{"type": "cash"}]}
ORDER: dict[str, Any] = {
    "location": LOCATION,
    "register": "till-1",
    "currency": CURRENCY,
    "lines": [{"sku": MUG, "quantity": 1}],
    "discounts": [{"percent": "20"}],
}


@pytest.fixture
def api() -> Iterator[HttpApi]:
    with workflow_fixture() as shop, http_api(shop) as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        assert limit(built, "cashier", {"percent": "10"}).status == 200
        yield built


def limit(api: HttpApi, role: str, body: Any, group: str = "manager") -> HttpResponse:
    key = "PUT /api/settings/discount-limits/{role}"
    return api.call(key, {"role": role}, body=body, group=group)


def place(api: HttpApi, group: str, order_id: str = "ord-1", **changes: Any) -> HttpResponse:
    order = {"order_id": order_id, **ORDER, **SALE, **changes}
    return api.post("/orders", order, query={"wait": "0"}, group=group)


def ended(api: HttpApi, order_id: str = "ord-1") -> Any:
    api.fixture.engine.pass_time(5)
    return api.get(f"/orders/{order_id}").body


def test_quote_says_who_may_give_the_discounts(api: HttpApi) -> None:
    limit(api, "manager", {"percent": "30"}, group="operator")
    approvals = [
        api.post("/quotes", {"order_id": "q", **ORDER, **SALE, "discounts": discounts}, group="cashier").body[
            "discount_approval"
        ]
        for discounts in ([{"percent": "10"}], [{"percent": "20"}], [{"percent": "31"}])
    ]
    assert approvals == ["none", "manager", "refused"]


def test_order_above_the_limit_is_rejected_without_an_approval(api: HttpApi) -> None:
    refused = place(api, "cashier")
    assert (ended(api)["status"], ended(api)["reason"]) == ("REJECTED", "DiscountAboveLimit")
    assert (refused.status, refused.body["title"]) == (409, "DiscountAboveLimit")
    assert api.fixture.audit() == []


def test_managers_order_above_the_limit_needs_a_note_too(api: HttpApi) -> None:
    place(api, "manager")
    assert ended(api)["reason"] == "DiscountAboveLimit"


def test_approved_order_names_the_manager(api: HttpApi) -> None:
    assert place(api, "manager", approval_note=NOTE).status == 202
    order = ended(api)
    assert (order["status"], order["total"]) == ("PAID", 1000)
    assert order["document"]["approval"] == {"manager": "manager", "note": NOTE}
    assert api.fixture.audit() == []


def test_cashier_does_not_approve(api: HttpApi) -> None:
    refused = place(api, "cashier", approval_note=NOTE)
    assert (refused.status, refused.body["title"]) == (403, "OverrideNotAllowed")
    forged = place(api, "cashier", approval={"manager": "manager", "note": NOTE})
    assert forged.status == 400
    # The id is free: nothing was started.
    assert place(api, "cashier", discounts=[]).status == 202


@pytest.mark.parametrize("group", ["cashier", "operator"])
def test_approved_order_may_be_repeated_by_any_group(api: HttpApi, group: str) -> None:
    place(api, "manager", approval_note=NOTE)
    ended(api)
    again = place(api, group, approval_note=NOTE)
    assert (again.status, again.body["status"]) == (201, "PAID")
    assert again.body["document"]["approval"]["manager"] == "manager"
    assert place(api, group, approval_note="another reason").status == 409
    assert place(api, group).status == 409


def test_note_on_an_order_that_was_placed_without_one_is_a_conflict(api: HttpApi) -> None:
    place(api, "cashier", discounts=[])
    conflict = place(api, "manager", discounts=[], approval_note=NOTE)
    assert (conflict.status, conflict.body["title"]) == (409, "IdempotencyConflict")


def test_draft_is_sold_with_an_approval(api: HttpApi) -> None:
    api.post("/drafts", {"draft_id": "drf-1", "order": ORDER}, group="cashier")
    sale = SALE | {"approval_note": NOTE}
    assert api.post("/drafts/drf-1/sell", sale, query={"wait": "0"}, group="cashier").status == 403
    assert api.post("/drafts/drf-1/sell", sale, query={"wait": "0"}, group="manager").status == 202
    assert ended(api, "drf-1")["document"]["approval"]["note"] == NOTE


def test_exchange_is_sold_with_an_approval(api: HttpApi) -> None:
    place(api, "cashier", discounts=[])
    ended(api)
    returned = {
        "return_id": "ret-1",
        "currency": CURRENCY,
        "lines": [{"line_no": 1, "sku": MUG, "quantity": 1}],
    }
    sale = {"order_id": "ord-2", **ORDER, **SALE, "tenders": [{"type": "cash"}], "approval_note": NOTE}
    exchange = {"return": returned, "sale": sale}
    path, query = "/orders/ord-1/exchanges", {"wait": "0"}
    assert api.post(path, exchange, query=query, group="cashier").status == 403
    assert api.post(path, exchange, query=query, group="manager").status == 202
    api.fixture.engine.pass_time(30)
    again = api.post(path, exchange, query=query, group="cashier")
    assert (again.status, again.body["status"]) == (201, "COMPLETED"), again.text
    assert api.get("/orders/ord-2").body["document"]["approval"] == {"manager": "manager", "note": NOTE}
    assert api.fixture.audit() == []


def test_limits_are_read_back(api: HttpApi) -> None:
    assert limit(api, "cashier", {"percent": "7.5", "amounts": {"EUR": 2000}}).status == 200
    assert api.get("/settings/discount-limits", group="cashier").body == {
        "cashier": {"percent": "7.5", "amounts": {"EUR": 2000}},
        "manager": {"percent": "100", "amounts": {}},
    }


def test_limit_of_managers_is_set_by_an_operator_alone(api: HttpApi) -> None:
    refused = limit(api, "manager", {"percent": "50"})
    assert (refused.status, refused.body["title"]) == (403, "LimitNotAllowed")
    assert limit(api, "manager", {"percent": "50"}, group="operator").status == 200


@pytest.mark.parametrize(
    ("role", "body"),
    [
        ("owner", {"percent": "10"}),
        ("cashier", {"percent": "100.1"}),
        ("cashier", {"percent": 10.5}),
        ("cashier", {"percent": "-1"}),
        ("cashier", {"amounts": {"EUR": -1}}),
        ("cashier", {"amounts": {"euro": 1}}),
        ("cashier", {"amount": 1}),
    ],
)
def test_limit_that_is_not_accepted_is_refused(api: HttpApi, role: str, body: Any) -> None:
    assert limit(api, role, body).status == 400
