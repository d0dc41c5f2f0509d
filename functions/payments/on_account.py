"""A sale on account as a tender: the customer owes the amount, within a credit limit that is reserved at once."""

from typing import Any

from tillflow.merges import not_merged, survivor_of
from tillflow.store import Action, Item

from payments.book import Book
from payments.credit.accounts import Accounts
from payments.provider import NO_SUCH_AUTHORISATION, Charge, Outcome, Step, accepted, refused


class OnAccount:
    """A Provider for sales on account."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._accounts = Accounts(client, table)
        self._book = Book(client, table, "on_account")

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        owner = survivor_of(self._client, self._table, charge.customer_id)
        reserve = self._accounts.reserve(owner, charge.currency, charge.amount)
        return self._book.authorise(key, charge, [reserve, not_merged(self._table, owner)])

    def capture(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        owe = self._change(held, reserved=-held["amount"], owed=amount)
        return self._book.capture(key, authorisation, amount, owe)

    def void(self, key: str, authorisation: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        return self._book.void(key, authorisation, self._change(held, reserved=-held["amount"]))

    def refund(self, key: str, authorisation: str, amount: int, currency: str) -> Outcome:
        held = self._book.authorisation(authorisation)
        if not held:
            return refused(NO_SUCH_AUTHORISATION)
        return self._book.refund(key, authorisation, amount, self._change(held, owed=-amount))

    def look_up(self, step: Step, key: str, authorisation: str) -> Outcome | None:
        return self._book.look_up(key)

    def is_withdrawn(self, authorisation: str) -> bool:
        return False

    def _change(self, held: Item, *, reserved: int = 0, owed: int = 0) -> list[Action]:
        """Return the actions that change the account of an authorisation, or that its customer was merged into."""
        owner = survivor_of(self._client, self._table, held["customer_id"])
        change = self._accounts.change(owner, held["currency"], reserved=reserved, owed=owed)
        return [change, not_merged(self._table, owner)]
