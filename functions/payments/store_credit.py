"""Store credit as a tender: a customer's balance with the shop, never below zero.

An authorisation reduces the balance at once, so that two tills cannot hold the same credit; a void or a refund adds it
back. Authorisations and effects are rows of a book in the same table.
"""

from typing import Any

from tillflow.store import Action, Item

from payments.book import Book
from payments.credit.rows import customer_wallet
from payments.credit.wallets import Wallets
from payments.provider import Charge, Outcome, Step, accepted, refused


class StoreCredit:
    """A Provider for store credit."""

    def __init__(self, client: Any, table: str) -> None:
        self._wallets = Wallets(client, table)
        self._book = Book(client, table, "store_credit")

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        held = self._wallets.add(customer_wallet(charge.customer_id), charge.currency, -charge.amount)
        return self._book.authorise(key, charge, [held])

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
        if not held:
            return []
        return [self._wallets.add(customer_wallet(held["customer_id"]), held["currency"], amount)]
