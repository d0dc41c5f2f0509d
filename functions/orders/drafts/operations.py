"""Operations on drafts. The command line and the HTTP API call them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tillflow.errors import InvalidOrder
from tillflow.listing import Page
from tillflow.order_request import PlaceOrder
from tillflow.parsing import parse
from tillflow.references import FindUnknown, Kind, check_filters, check_references
from tillflow.times import utc_now

from orders.drafts import rules
from orders.drafts.models import CreateDraft, Draft, DraftOrder, DraftRef, DraftsOfLocation, SellDraft
from orders.drafts.store import DraftsStore
from orders.errors import InvalidDraft


class DraftOperations:
    """Drafts of orders. dynamodb: a client; table: the orders table.

    find: the lookups of products, locations and customers by their services.
    """

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        find: Mapping[Kind, FindUnknown],
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._find = find
        self._store = DraftsStore(dynamodb, table, now)
        self._now = now

    def create(self, request: Mapping[str, Any]) -> Draft:
        """Keep an order; the same draft again returns the stored one.

        Raises InvalidDraft, UnknownReferences, IdempotencyConflict, OrderExists.
        """
        draft = parse(CreateDraft, request, InvalidDraft)
        check_references(rules.references(draft.order, "order."), self._find)
        return self._store.create(draft)

    def get(self, draft_id: str) -> Draft:
        """Return a draft. Raises InvalidDraft, UnknownDraft."""
        return self._store.get(_id(draft_id))

    def list_drafts(self, location: str, limit: int = 50, after: str = "") -> Page[Draft]:
        """Return a page of the open drafts of a location, the newest first. InvalidDraft, UnknownReferences."""
        location = parse(DraftsOfLocation, {"location": location}, InvalidDraft).location
        page = self._store.list_drafts(location, limit, after)
        check_filters(page.rows, [("location", "location", location)], self._find)
        return page

    def update(self, draft_id: str, order: Mapping[str, Any], version: int | None = None) -> Draft:
        """Replace the order of a draft at a version.

        Raises InvalidDraft, UnknownReferences, UnknownDraft, RecordChanged, OrderClosed.
        """
        content, now = parse(DraftOrder, order, InvalidDraft), self._now()
        check_references(rules.references(content), self._find)
        return self._store.change(_id(draft_id), lambda draft: rules.update(draft, content, version, now))

    def discard(self, draft_id: str, version: int | None = None) -> Draft:
        """Discard a draft. Raises InvalidDraft, UnknownDraft, RecordChanged, OrderClosed."""
        return self._store.change(_id(draft_id), lambda draft: rules.end(draft, "DISCARDED", version))

    def order_of(
        self, draft_id: str, sale: Mapping[str, Any], version: int | None = None
    ) -> tuple[dict[str, Any], int]:
        """Return the order that a draft becomes, and the draft's version. Nothing is changed.

        Raises InvalidDraft, InvalidOrder, UnknownDraft, RecordChanged, OrderClosed.
        """
        draft, paid = self._store.get(_id(draft_id)), parse(SellDraft, sale, InvalidDraft)
        order = rules.order_request(draft, paid)
        parse(PlaceOrder, order, InvalidOrder)
        rules.end(draft, "PLACED", version)
        return order, draft.version

    def sell(self, draft_id: str, version: int) -> Draft:
        """End a draft as sold at the version that became the order; again, it changes nothing.

        Raises UnknownDraft, RecordChanged, OrderClosed, OrderExists if another order has its id.
        """
        return self._store.sell(_id(draft_id), lambda draft: rules.sell(draft, version))


def _id(draft_id: str) -> str:
    return parse(DraftRef, {"draft_id": draft_id}, InvalidDraft).draft_id
