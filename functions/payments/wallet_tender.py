"""What the tenders that spend a wallet have in common: store credit and gift cards.

An authorisation takes its amount from the wallet at once, so that two tills cannot hold the same credit; a void or a
refund puts it back. Authorisations and effects are rows of a book in the same table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tillflow.store import Action, Item

from payments.book import Book
from payments.credit.wallets import Wallets
from payments.provider import Charge, Outcome, Step, accepted


@dataclass(frozen=True, slots=True)
class Wallet:
    """The holder of a wallet, and the checks of a transaction that the wallet is still that holder's."""

    holder: str
    checks: Sequence[Action] = ()


class WalletTender:
    """A Provider without `authorise`. `wallet_of` returns the wallet from the row of an authorisation."""

    def __init__(self, client: Any, table: str, book: str, wallet_of: Callable[[Item], Wallet]) -> None:
        self._wallets = Wallets(client, table)
        self._book = Book(client, table, book)
        self._wallet_of = wallet_of

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def hold(self, key: str, wallet: Wallet, charge: Charge) -> Outcome:
        """Authorise a charge and take its amount from a wallet; refused when the balance is lower."""
        taken = self._wallets.add(wallet.holder, charge.currency, -charge.amount)
        return self._book.authorise(key, charge, [taken, *wallet.checks])

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

    def is_withdrawn(self, authorisation: str) -> bool:
        return False

    def _restore(self, held: Item, amount: int) -> list[Action]:
        if not held:
            return []
        wallet = self._wallet_of(held)
        return [self._wallets.add(wallet.holder, held["currency"], amount), *wallet.checks]
