"""A gift card as a tender: the balance of the card whose token the tender has, never below zero."""

from dataclasses import replace
from typing import Any

from payments.credit.gift_cards import GiftCards
from payments.credit.rows import gift_card_wallet
from payments.provider import Charge, Outcome, refused
from payments.wallet_tender import Wallet, WalletTender


class GiftCardProvider(WalletTender):
    """A Provider for gift cards. Its book has the card's number, not its token."""

    def __init__(self, client: Any, table: str) -> None:
        super().__init__(client, table, "gift_card", lambda held: Wallet(gift_card_wallet(held["token"])))
        self._cards = GiftCards(client, table)

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        card = self._cards.find(charge.token or "")
        if card is None:
            return refused("unknown_gift_card")
        return self.hold(key, Wallet(gift_card_wallet(card.number)), replace(charge, token=card.number))
