"""Any sequence of issues, credits and repeated requests keeps numbers contiguous and credits within totals."""

from datetime import UTC, datetime
from typing import Any

from billing.errors import CreditAboveInvoice
from billing.models import CapturedTender, CreditedReturn, CreditedWithoutReceipt, SeriesScope
from billing.store import BillingStore
from hypothesis import given, settings
from hypothesis import strategies as st
from tillflow.aws import client
from tillflow.errors import IdempotencyConflict

from tests.billing.test_billing_store import draft, invoice, paid
from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TOTAL = 3149
ORDERS = ["ord-1", "ord-2"]
TEMPLATE = Template.read()


def credited(return_id: str, total: int, **place: Any) -> dict[str, Any]:
    line = {"line_no": 1, "sku": "MUG", "description": "Mug", "quantity": 1, "tax_class": "standard"}
    amounts = {"net": total, "tax": 0, "total": total}
    lines = [line | {"tax_rate": "0.20"} | amounts]
    return {"return_id": return_id, "lines": lines, "taxes": [], "totals": amounts, **place}


issues = st.tuples(st.just("issue"), st.sampled_from(ORDERS), st.sampled_from([None, "cus-1"]))
returns = st.tuples(
    st.just("credit"),
    st.sampled_from(ORDERS),
    st.sampled_from(["ret-1", "ret-2", "ret-3"]),
    st.sampled_from([1000, 2000]),
    st.sampled_from(["broken", "too small"]),
)
unreceipted = st.tuples(
    st.just("unreceipted"),
    st.sampled_from(["ret-8", "ret-9"]),
    st.sampled_from(["store-1", "store-2"]),
    st.sampled_from(["EUR", "JPY"]),
)


@settings(max_examples=40)
@given(st.lists(issues | returns | unreceipted, max_size=12))
def test_documents_of_any_sequence_are_numbered_once_and_within_their_invoice(
    steps: list[tuple[Any, ...]],
) -> None:
    accepted: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    responses: dict[tuple[Any, ...], Any] = {}
    with local_dynamodb(TEMPLATE):
        dynamodb = client("dynamodb")
        store = BillingStore(dynamodb, "BillingTable", SeriesScope.SHOP)
        for order_id in ORDERS:
            draft(dynamodb, "BillingTable", order_id, total=TOTAL)
        for step in steps:
            key = step[:3] if step[0] == "credit" else step[:2]
            try:
                response = _apply(store, step)
            except IdempotencyConflict:
                assert accepted[key] != step
                continue
            except CreditAboveInvoice:
                assert key not in accepted
                continue
            if step[0] == "credit" and response["credit_note_number"] is None:
                assert ("issue", step[1]) not in accepted
                continue
            assert accepted.setdefault(key, step) == step
            assert responses.setdefault(key, response) == response
        for order_id in ORDERS:
            credits = [step[3] for step in accepted.values() if step[:2] == ("credit", order_id)]
            stored = invoice(dynamodb, "BillingTable", order_id)
            assert stored.get("credited", 0) == sum(credits) <= TOTAL
        notes = [one["credit_note_number"] for key, one in responses.items() if key[0] != "issue"]
        assert sorted(notes) == [f"CN-{number:06d}" for number in range(1, len(notes) + 1)]
        numbers = [one["number"] for key, one in responses.items() if key[0] == "issue"]
        assert numbers == list(range(1, len(numbers) + 1))


def _apply(store: BillingStore, step: tuple[Any, ...]) -> Any:
    match step:
        case ("issue", order_id, customer_id):
            tenders: list[CapturedTender] = paid(TOTAL)
            return store.issue(order_id, tenders, NOW, customer_id)
        case ("credit", order_id, return_id, total, reason):
            request = CreditedReturn.model_validate(credited(return_id, total))
            return store.credit_return(order_id, reason, request, NOW)
        case (_, return_id, location, currency):
            place = {"location": location, "register": "till-1", "currency": currency}
            without = CreditedWithoutReceipt.model_validate(credited(return_id, 500, **place))
            return store.credit_without_receipt("returned", without, NOW)
    raise AssertionError(step)
