"""The rules of drafts: pure changes of a draft. A change that was made before returns the draft unchanged."""

from datetime import datetime, timedelta
from typing import Any

from tillflow.errors import OrderClosed, RecordChanged, check_same
from tillflow.references import Reference

from orders.drafts.models import CreateDraft, Draft, DraftOrder, SellDraft, Status

KEPT = timedelta(days=30)
"""How long a draft is kept after its last change."""


def references(order: DraftOrder, path: str = "") -> list[Reference]:
    """Return what a draft names of other records: location, customer and products.

    path: that of the order in its request.
    """
    customer = [Reference("customer", f"{path}customer_id", order.customer_id)] if order.customer_id else []
    return [
        Reference("location", f"{path}location", order.location),
        *customer,
        *(
            Reference("product", f"{path}lines[{number}].sku", line.sku)
            for number, line in enumerate(order.lines)
        ),
    ]


def new_draft(request: CreateDraft, now: datetime) -> Draft:
    """Return the draft of a request."""
    return Draft(draft_id=request.draft_id, order=request.order, changed_at=now, expires_at=now + KEPT)


def check_same_request(draft: Draft, request: CreateDraft) -> None:
    """Raise IdempotencyConflict if a first version has another order than the request; a changed draft is accepted."""
    if draft.version == 1:
        check_same(f"draft {draft.draft_id}", draft.order.model_dump(), request.order.model_dump())


def update(draft: Draft, order: DraftOrder, version: int | None, now: datetime) -> Draft:
    """Replace the order of a draft at a version, None for the newest. Raises RecordChanged, OrderClosed."""
    _check_version(draft, version)
    if draft.status != "OPEN":
        raise OrderClosed(draft.draft_id, "change of the draft", draft.status)
    if draft.order == order:
        return draft
    changes = {"order": order, "version": draft.version + 1, "changed_at": now, "expires_at": now + KEPT}
    return draft.model_copy(update=changes)


def end(draft: Draft, status: Status, version: int | None) -> Draft:
    """End a draft as sold or discarded. Raises RecordChanged, OrderClosed if it has ended in the other way."""
    if draft.status == status:
        return draft
    if draft.status != "OPEN":
        raise OrderClosed(draft.draft_id, f"{status.lower()} draft", draft.status)
    _check_version(draft, version)
    return draft.model_copy(update={"status": status, "version": draft.version + 1})


def sell(draft: Draft, version: int) -> Draft:
    """End a draft as sold at the version that became the order. Raises RecordChanged, OrderClosed if discarded."""
    if draft.status == "PLACED" and draft.version > version + 1:
        raise RecordChanged(f"draft {draft.draft_id}", version)
    return end(draft, "PLACED", version)


def is_expired(draft: Draft, now: datetime) -> bool:
    """Return whether a draft counts as deleted: DynamoDB deletes expired rows hours later."""
    return draft.expires_at <= now


def order_request(draft: Draft, sale: SellDraft) -> dict[str, Any]:
    """Return the order that a draft becomes."""
    order = draft.order.model_dump(mode="json", exclude={"note"}, exclude_none=True)
    paid = sale.model_dump(mode="json", exclude_none=True)
    return {"order_id": draft.draft_id, **order, **paid}


def _check_version(draft: Draft, version: int | None) -> None:
    if version not in (None, draft.version):
        raise RecordChanged(f"draft {draft.draft_id}", version)
