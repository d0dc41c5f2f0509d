"""Drafts on the orders table.

DRAFT#<draft id>  DRAFT  the draft's document; while it is open it is in the list of its location, and it expires
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tillflow.documents import Documents, DocumentType
from tillflow.listing import Page
from tillflow.store import Action, check_absent
from tillflow.times import iso_utc

from orders.drafts import rules
from orders.drafts.models import CreateDraft, Draft
from orders.errors import OrderExists, UnknownDraft
from orders.rows import order_key, orders_by_time


def drafts_list(location: str) -> str:
    """Return the name of the list of a location's drafts."""
    return f"DRAFTS#{location}"


# A draft has no attribute `location` or `customer_id`: it would be in the lists of orders by these.
DRAFTS = DocumentType(
    model=Draft,
    prefix="DRAFT#",
    sort_key="DRAFT",
    id_name="draft_id",
    columns=lambda draft: {
        "status": draft.status,
        **({"list": drafts_list(draft.order.location)} if draft.status == "OPEN" else {}),
        "placed_at": iso_utc(draft.changed_at),
        "expires_at": int(draft.expires_at.timestamp()),
    },
    not_found=UnknownDraft,
)

type Change = Callable[[Draft], Draft]


class DraftsStore:
    """Drafts in one table. client: a DynamoDB client; table: the orders table."""

    def __init__(self, client: Any, table: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table = table
        self._documents = Documents(client, table, DRAFTS)
        self._now = now

    def create(self, request: CreateDraft) -> Draft:
        """Write a draft, or return the stored one of its id. IdempotencyConflict when that has another order.

        OrderExists if an order has its id.
        """
        draft = self._documents.create(
            rules.new_draft(request, self._now()), [self._check_no_order(request.draft_id)]
        )
        rules.check_same_request(draft, request)
        return draft

    def get(self, draft_id: str) -> Draft:
        """Return a draft; UnknownDraft for one that has expired too."""
        return self._unexpired(self._documents.get(draft_id))

    def change(self, draft_id: str, rule: Change) -> Draft:
        """Apply a rule to a draft; UnknownDraft for one that has expired too."""
        return self._documents.update(draft_id, lambda draft: rule(self._unexpired(draft)))

    def sell(self, draft_id: str, rule: Change) -> Draft:
        """Apply the rule that ends a draft as sold. OrderExists if another order has its id; UnknownDraft."""
        return self._documents.update(
            draft_id,
            lambda draft: rule(self._unexpired(draft)),
            lambda before, after: [self._check_no_order(draft_id)],
        )

    def list_drafts(self, location: str, limit: int, after: str) -> Page[Draft]:
        """Return a page of the open drafts of a location, the newest first."""
        index = orders_by_time(self._client, self._table)
        page = index.page(drafts_list(location), limit, after, newest_first=True)
        ids = [row["pk"].removeprefix(DRAFTS.prefix) for row in page.rows]
        now = self._now()
        stored = {
            draft.draft_id: draft
            for draft in self._documents.get_many(ids)
            if draft.status == "OPEN" and not rules.is_expired(draft, now)
        }
        return Page([stored[draft_id] for draft_id in ids if draft_id in stored], page.after)

    def _check_no_order(self, draft_id: str) -> Action:
        """Return the condition that no order has the id of a draft that is open: a sold draft has ended before it."""
        return check_absent(self._table, order_key(draft_id), lambda _: OrderExists(draft_id))

    def _unexpired(self, draft: Draft) -> Draft:
        if rules.is_expired(draft, self._now()):
            raise UnknownDraft(draft.draft_id)
        return draft
