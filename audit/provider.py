"""The books of the payment providers, read independently of our tenders.

The card sandbox and the store credit keep one row for each authorisation, named after its idempotency key,
`<order id>#authorise#<tender no>`. A second charge of one tender would be a second row, so rows are summed by tender.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from audit.snapshot import Snapshot

BOOKS = ("SandboxProviderTable", "PaymentsTable")


@dataclass(slots=True)
class ProviderTender:
    """One tender in the provider's books, in minor units: captured, refunded, and still held."""

    captured: int = 0
    refunded: int = 0
    held: int = 0

    @property
    def net(self) -> int:
        return self.captured - self.refunded


def provider_books(shop: Snapshot) -> dict[tuple[str, int], ProviderTender]:
    """Return the provider's books by order and tender number."""
    books: dict[tuple[str, int], ProviderTender] = defaultdict(ProviderTender)
    rows = chain.from_iterable(shop.items(table, "AUTHORISATION", "AUTHORISATION#") for table in BOOKS)
    for row in rows:
        order, _, number = row["reference"].removeprefix("auth-").split("#")
        tender = books[order, int(number)]
        tender.captured += row["captured"]
        tender.refunded += row["refunded"]
        if row["state"] == "held":
            tender.held += row["amount"]
    return dict(books)
