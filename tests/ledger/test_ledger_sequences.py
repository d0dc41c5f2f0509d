"""Any sequence of postings and reversals keeps every entry balanced and as it was posted."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import rules
from ledger.errors import JournalConflict
from ledger.models import Entry, PostJournal, PostPurchase, PostReturn
from ledger.store import LedgerStore
from tillflow.aws import client
from tillflow.errors import OrderClosed
from tillflow.events import CreditChanged
from tillflow.store import unmarshal

from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import Template

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
TEMPLATE = Template.read()
ORDERS = st.sampled_from(["ord-1", "ord-2"])
AMOUNTS = st.sampled_from([100, 250])


def sale(order_id: str, net: int, rounding: int, cost: int) -> Entry:
    tax = {"tax_class": "standard", "rate": "0.20", "net": net, "tax": net // 5}
    totals = {"rounding": rounding}
    order = {"order_id": order_id, "currency": "EUR", "taxes": [tax], "totals": totals}
    tenders = [{"type": "cash", "amount": net + net // 5 + rounding}]
    return rules.sale_entry(PostJournal.model_validate({"order": order, "tenders": tenders, "cost": cost}))


def returned(order_id: str, return_id: str, net: int, rounding: int) -> Entry:
    tax = {"tax_class": "standard", "rate": "0.20", "net": net, "tax": net // 5}
    request = {
        "return_id": return_id,
        "currency": "EUR",
        "taxes": [tax],
        "refunds": [{"type": "cash", "amount": net + net // 5 + rounding}],
        "rounding": rounding,
        "restocked": 3,
        "written_off": 4,
    }
    return rules.return_entry(order_id, PostReturn.model_validate(request))


def bought(kind: str, goods: int, net: int) -> Entry:
    amounts = {"goods": goods, "returned": net, "net": net, "tax": 20, "paid": goods}
    request = {"entry_id": f"po-1#{kind}", "purchase_order_id": "po-1", "kind": kind, "currency": "CHF"}
    return rules.purchase_entry(PostPurchase.model_validate(request | amounts))


def credit(kind: str, holder: str, amount: int) -> Entry:
    changed = {"entry_id": f"{kind}-{holder}", "holder": holder, "kind": kind, "amount": amount}
    event = {"event_id": f"{kind}-{holder}#credit", "currency": "JPY", "reason": "x", **changed}
    return rules.credit_entry(CreditChanged.model_validate(event))


KINDS = st.sampled_from(["goods_received", "purchase_invoice", "supplier_payment"])
ENTRIES = st.one_of(
    st.builds(sale, ORDERS, AMOUNTS, st.integers(-2, 2), st.integers(0, 1)),
    st.builds(returned, ORDERS, st.sampled_from(["ret-1", "ret-2"]), AMOUNTS, st.integers(-2, 2)),
    st.builds(bought, KINDS, AMOUNTS, AMOUNTS),
    st.builds(
        credit, st.sampled_from(["goodwill", "expiry"]), st.sampled_from(["customer", "gift_card"]), AMOUNTS
    ),
)
PURCHASE_ENTRIES = tuple(
    f"po-1#{kind}" for kind in ("supplier_payment", "purchase_invoice", "goods_received")
)
STEPS = ENTRIES | ORDERS | st.lists(st.sampled_from(PURCHASE_ENTRIES), max_size=3).map(tuple)


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=14))
def test_entries_of_any_sequence_balance_and_never_change(steps: list[Any]) -> None:
    """A step posts an entry, reverses the sale of an order, or reverses entries of a purchase."""
    posted: dict[str, Entry] = {}
    closed: set[str] = set()
    with local_dynamodb(TEMPLATE):
        dynamodb = client("dynamodb")
        store = LedgerStore(dynamodb, "LedgerTable")
        for number, step in enumerate(steps):
            now = NOW + timedelta(hours=number)
            if isinstance(step, Entry):
                post(store, step, now, posted, closed)
            elif isinstance(step, str):
                reversals = {rules.sale_entry_id(step): rules.sale_reversal}
                assert reverse(reversals, posted, closed) == [store.reverse(step, now)["entry_id"]]
            else:
                expected = reverse(dict.fromkeys(step, rules.entry_reversal), posted, closed)
                done = store.reverse_entries("po-1", dict.fromkeys(step), now)
                assert done["reversed"] == [one for one in expected if one]
            check(dynamodb, posted, closed)


def post(store: LedgerStore, entry: Entry, now: datetime, posted: dict[str, Entry], closed: set[str]) -> None:
    try:
        store.post(entry, now)
    except OrderClosed:
        assert entry.entry_id in closed
    except JournalConflict:
        assert posted[entry.entry_id] != entry
    else:
        assert posted.setdefault(entry.entry_id, entry) == entry
        assert entry.entry_id not in closed


def reverse(reversals: dict[str, Any], posted: dict[str, Entry], closed: set[str]) -> list[str | None]:
    """Return the ids of the reversals that are posted by now, None for an entry that never will be."""
    names: list[str | None] = []
    for entry_id, reversal in reversals.items():
        if entry_id not in posted:
            closed.add(entry_id)
            names.append(None)
            continue
        entry = reversal(posted[entry_id])
        posted.setdefault(entry.entry_id, entry)
        names.append(entry.entry_id)
    return names


def check(dynamodb: Any, posted: dict[str, Entry], closed: set[str]) -> None:
    rows = [unmarshal(row) for row in dynamodb.scan(TableName="LedgerTable")["Items"]]
    stored = {row["entry_id"]: Entry.of(row) for row in rows if "closed_at" not in row}
    assert stored == posted
    assert {row["pk"].removeprefix("ENTRY#") for row in rows if "closed_at" in row} == closed
    balances: Counter[tuple[str, str]] = Counter()
    for entry in stored.values():
        assert entry.debits == entry.credits
        is_reversed = reversal_of(entry) in stored
        is_reversal = entry.kind == "cancel" or entry.kind.endswith("_reversed")
        for line in entry.lines:
            assert (line.debit > 0) != (line.credit > 0)
            if is_reversed or is_reversal:
                balances[entry.currency, line.account] += line.debit - line.credit
    assert not any(balances.values()), "reversed entries leave no balance"


def reversal_of(entry: Entry) -> str:
    if entry.kind == "sale":
        return rules.cancel_entry_id(entry.business_id)
    return f"{entry.entry_id}-reversed"
