"""What the tenders that spend a wallet have in common: store credit and gift cards.

An authorisation takes its amount from the wallet at once, so that two tills cannot hold the same credit; a void or a
refund puts it back. Authorisations and effects are rows of a book in the same table.
"""

from collections.abc import Callable
from typing import Any

from tillflow.store import Action, Item

from payments.book import Book
from payments.credit.wallets import Wallets
from payments.provider import Charge, Outcome, Step, accepted


class WalletTender:
    """A Provider without `authorise`. `holder_of` returns the wallet's holder from the row of an authorisation."""

    def __init__(self, client: Any, table: str, book: str, holder_of: Callable[[Item], str]) -> None:
        self._wallets = Wallets(client, table)
        self._book = Book(client, table, book)
        self._holder_of = holder_of

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def hold(self, key: str, holder: str, charge: Charge) -> Outcome:
        """Authorise a charge and take its amount from a wallet; refused when the balance is lower."""
        taken = self._wallets.add(holder, charge.currency, -charge.amount)
        return self._book.authorise(key, charge, [taken])

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        return self._book.capture(key, authorisation, amount)

    def void(self, key: str, authorisation: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        return self._book.void(key, authorisation, self._restore(held, held.get("amount", 0)))

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        return self._book.refund(key, authorisation, amount, self._restore(held, amount))

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        return self._book.look_up(key)

    def _restore(self, held: Item, amount: int) -> list[Action]:
        return [self._wallets.add(self._holder_of(held), held["currency"], amount)] if held else []
