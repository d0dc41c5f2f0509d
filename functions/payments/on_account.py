"""A sale on account as a tender: the customer owes the amount, within a credit limit that is reserved at once."""

from typing import Any

from payments.book import Book
from payments.credit.accounts import Accounts
from payments.provider import NO_SUCH_AUTHORISATION, Charge, Outcome, Step, accepted, refused


class OnAccount:
    """A Provider for sales on account."""

    def __init__(self, client: Any, table: str) -> None:
        self._accounts = Accounts(client, table)
        self._book = Book(client, table, "on_account")

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        reserve = self._accounts.reserve(charge.customer_id, charge.currency, charge.amount)
        return self._book.authorise(key, charge, [reserve])

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        owe = self._accounts.change(
            held["customer_id"], held["currency"], reserved=-held["amount"], owed=amount
        )
        return self._book.capture(key, authorisation, amount, [owe])

    def void(self, key: str, authorisation: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        release = self._accounts.change(held["customer_id"], held["currency"], reserved=-held["amount"])
        return self._book.void(key, authorisation, [release])

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        forgive = self._accounts.change(held["customer_id"], held["currency"], owed=-amount)
        return self._book.refund(key, authorisation, amount, [forgive])

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        return self._book.look_up(key)
