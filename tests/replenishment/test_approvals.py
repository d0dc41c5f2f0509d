"""Approvals: the last who is asked is asked, and after a withdrawal nobody is, however late the asking comes."""

from collections.abc import Callable
from typing import Any

import pytest
from replenishment.errors import ApprovalChanged, ApprovalNotPending
from replenishment.models import AskApproval
from replenishment.store import ReplenishmentStore
from tillflow.store import marshal

from tests.support.interposed import Interposed

ORDER = "po-1"


@pytest.fixture
def store(dynamodb: Any, table: str) -> ReplenishmentStore:
    return ReplenishmentStore(dynamodb, table)


def ask(store: ReplenishmentStore, asked: str, attempt: str, total: int = 240_000) -> None:
    request = AskApproval(
        run_id="night",
        purchase_order_id=ORDER,
        asked=asked,
        attempt=attempt,
        task_token=f"token-{attempt}",
        total=total,
        currency="EUR",
    )
    store.request_approval(request)


def withdraw(dynamodb: Any, table: str) -> None:
    """As WithdrawApproval of the workflow does."""
    dynamodb.update_item(
        TableName=table,
        Key={"pk": {"S": f"APPROVAL#{ORDER}"}, "sk": {"S": "APPROVAL"}},
        UpdateExpression="SET withdrawn = :true",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )


def test_last_approver_asked_decides(store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0001")
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    assert store.decide(ORDER, "approve", "") == "token-2026-11-23T02:00:00Z#0001"


def test_decision_on_another_total_is_refused_and_not_stored(store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    assert store.decide(ORDER, "approve", "", "olga", 240_000)
    ask(store, "manager", "2026-11-24T02:00:00Z#0000", total=250_000)
    with pytest.raises(ApprovalChanged, match=r"costs 2500\.00 EUR; the decision is on 2400\.00 EUR"):
        store.decide(ORDER, "approve", "", "olga", 240_000)
    assert [row.total for row in store.pending_approvals().rows] == [250_000]
    assert store.decide(ORDER, "approve", "", "olga", 250_000) == "token-2026-11-24T02:00:00Z#0000"


def test_repeated_request_keeps_a_decision(store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    token = store.decide(ORDER, "refuse", "too many")
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    assert store.pending_approvals().rows == []
    assert store.decide(ORDER, "refuse", "too many") == token


def test_the_owner_is_asked_after_the_manager(store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    ask(store, "owner", "2026-11-24T02:00:00Z#0000")
    assert [(row.asked, row.total) for row in store.pending_approvals().rows] == [("owner", 240_000)]


def test_withdrawn_approval_is_not_pending(dynamodb: Any, table: str, store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    withdraw(dynamodb, table)
    ask(store, "owner", "2026-11-24T02:00:00Z#0000")
    assert store.pending_approvals().rows == []
    with pytest.raises(ApprovalNotPending, match="its status is WITHDRAWN"):
        store.decide(ORDER, "approve", "")


def test_request_after_the_withdrawal_is_not_pending(
    dynamodb: Any, table: str, store: ReplenishmentStore
) -> None:
    withdraw(dynamodb, table)
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    assert store.pending_approvals().rows == []


def test_refusal_is_kept_after_a_withdrawal(dynamodb: Any, table: str, store: ReplenishmentStore) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    token = store.decide(ORDER, "refuse", "too many")
    withdraw(dynamodb, table)
    assert store.decide(ORDER, "refuse", "too many") == token


@pytest.mark.parametrize("meanwhile", ["asked anew", "decided otherwise"])
def test_concurrent_decision_is_refused_with_the_current_status(
    dynamodb: Any, table: str, store: ReplenishmentStore, meanwhile: str
) -> None:
    ask(store, "manager", "2026-11-23T02:00:00Z#0000")
    acts: dict[str, Callable[[], object]] = {
        "asked anew": lambda: ask(store, "owner", "2026-11-24T02:00:00Z#0000"),
        "decided otherwise": lambda: store.decide(ORDER, "approve", ""),
    }
    between = Interposed(dynamodb)
    between.before("update_item", acts[meanwhile])
    with pytest.raises(ApprovalNotPending, match="changed meanwhile"):
        ReplenishmentStore(between, table).decide(ORDER, "refuse", "too many")
    row = dynamodb.get_item(TableName=table, Key=marshal({"pk": f"APPROVAL#{ORDER}", "sk": "APPROVAL"}))[
        "Item"
    ]
    assert row["status"]["S"] == {"asked anew": "WAITING", "decided otherwise": "APPROVED"}[meanwhile]
