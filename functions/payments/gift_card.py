"""A gift card as a tender: the balance of the card whose token the tender has, never below zero."""

from dataclasses import replace
from typing import Any

from tillflow.store import Action, Item

from payments.book import Book
from payments.credit.gift_cards import GiftCards
from payments.credit.rows import gift_card_wallet
from payments.credit.wallets import Wallets
from payments.provider import Charge, Outcome, Step, accepted, refused


class GiftCardProvider:
    """A Provider for gift cards. Its book has the card's number, not its token."""

    def __init__(self, client: Any, table: str) -> None:
        self._cards = GiftCards(client, table)
        self._wallets = Wallets(client, table)
        self._book = Book(client, table, "gift_card")

    def prepare(self, key: str, charge: Charge) -> Outcome:
        return accepted("")

    def authorise(self, key: str, reference: str, charge: Charge) -> Outcome:
        card = self._cards.find(charge.token or "")
        if card is None:
            return refused("unknown_gift_card")
        held = self._wallets.add(gift_card_wallet(card.number), charge.currency, -charge.amount)
        return self._book.authorise(key, replace(charge, token=card.number), [held])

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
        return [self._wallets.add(gift_card_wallet(held["token"]), held["currency"], amount)] if held else []
