"""Store credit as a tender: a customer's balance with the shop, never below zero."""

from typing import Any

from tillflow.merges import not_merged, survivor_of
from tillflow.store import Item

from payments.credit.rows import customer_wallet
from payments.provider import Charge, Outcome, refused
from payments.wallet_tender import Wallet, WalletTender


class StoreCredit(WalletTender):
    """A Provider for store credit."""

    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, "store_credit", self._wallet_of)
        self._client = client
        self._table = table

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        return self.hold(key, self._wallet(charge.customer_id), charge)

    def _wallet_of(self, held: Item) -> Wallet:
        return self._wallet(held["customer_id"])

    def _wallet(self, customer_id: str) -> Wallet:
        """Return the wallet of a customer, or of the one that it was merged into."""
        owner = survivor_of(self._client, self._table, customer_id)
        return Wallet(customer_wallet(owner), [not_merged(self._table, owner)])
