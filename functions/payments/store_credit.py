"""Store credit as a tender: a customer's balance with the shop, never below zero."""

from typing import Any

from payments.credit.rows import customer_wallet
from payments.provider import Charge, Outcome, refused
from payments.wallet_tender import WalletTender


class StoreCredit(WalletTender):
    """A Provider for store credit."""

    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, "store_credit", lambda held: customer_wallet(held["customer_id"]))

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        if charge.customer_id is None:
            return refused("no_customer")
        return self.hold(key, customer_wallet(charge.customer_id), charge)
