"""What those who hold the money say they did: their own books, read apart from our tenders.

The card provider's sandbox and the shop's store credit keep a row per authorisation, named after the key
it was asked with, `<order id>#authorise#<tender no>`. A second charge of one tender would be a second row,
so rows are added up by tender.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain

from audit.snapshot import Snapshot

BOOKS = ("SandboxProviderTable", "PaymentsTable")


@dataclass(slots=True)
class ProviderTender:
    """One tender in the provider's books, in minor units: taken, given back, and still held."""

    captured: int = 0
    refunded: int = 0
    held: int = 0

    @property
    def net(self) -> int:
        return self.captured - self.refunded


def provider_truth(shop: Snapshot) -> dict[tuple[str, int], ProviderTender]:
    """The provider's books by order and tender number."""
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
