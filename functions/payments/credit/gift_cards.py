"""Gift cards in DynamoDB: a wallet that belongs to the holder of the card's code; see rows.py for the rows."""

from datetime import datetime
from hmac import compare_digest
from typing import Any

from tillflow.errors import InvalidRequest, check_same
from tillflow.gift_cards import card_number, hash_of, token_of
from tillflow.merges import not_merged, survivor_of
from tillflow.store import AlreadyApplied, put_row, read_row

from payments.credit import rules
from payments.credit.models import GiftCard, IssueGiftCard
from payments.credit.rows import card_key, gift_card_wallet, grant_key
from payments.credit.wallets import Wallets


class GiftCards:
    """Gift cards in the payments table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._wallets = Wallets(client, table)

    def issue(self, request: IssueGiftCard, now: datetime) -> GiftCard:
        """Put an amount on a new card, once per code.

        GoodwillAboveLimit, IdempotencyConflict for another request with the code, InvalidRequest for another secret of
        the number.
        """
        token = token_of(request.code)
        number, token_hash = str(card_number(token)), hash_of(token)
        entry_id = f"{rules.GIFT_CARD_GRANT}{number}"
        marker = {**request.model_dump(mode="json", exclude={"code"}), "token_hash": token_hash}
        stored = self._row(*grant_key(entry_id))
        if not stored:
            policy = self._wallets.policy(request.currency)
            entry = rules.grant_entry(request, policy, gift_card_wallet(number), entry_id, now)
            pk, sk = card_key(number)
            card = {"pk": pk, "sk": sk, "number": number, "token_hash": token_hash}
            also = [put_row(self._table, card)]
            if request.customer_id:
                owner = survivor_of(self._client, self._table, request.customer_id)
                also += [
                    not_merged(self._table, owner),
                    *self._wallets.limit_goodwill(entry, owner, policy, now),
                ]
            try:
                self._wallets.add_entry(entry, marker, also)
            except AlreadyApplied as applied:
                stored = applied.result
        if stored:
            _check_same(stored, marker)
        return GiftCard(number=number, balances=self._wallets.balances(gift_card_wallet(number)))

    def is_issued(self, code: str) -> bool:
        """Return whether the card of a code was issued."""
        entry_id = f"{rules.GIFT_CARD_GRANT}{card_number(token_of(code))}"
        return bool(self._row(*grant_key(entry_id)))

    def find(self, token: str) -> GiftCard | None:
        """Return the card of a token; None if there is none, or the token has another secret."""
        number = card_number(token)
        stored = self._row(*card_key(number)).get("token_hash", "") if number else ""
        if number is None or not compare_digest(stored, hash_of(token)):
            return None
        return GiftCard(number=number, balances=self._wallets.balances(gift_card_wallet(number)))

    def _row(self, pk: str, sk: str) -> dict[str, Any]:
        return read_row(self._client, self._table, pk, sk)


def _check_same(stored: dict[str, Any], sent: dict[str, Any]) -> None:
    first = {name: stored.get(name) for name in sent}
    if not compare_digest(str(first.pop("token_hash")), str(sent["token_hash"])):
        raise InvalidRequest("code", "(hidden)", "a code whose number no other card has")
    second = {name: value for name, value in sent.items() if name != "token_hash"}
    check_same("gift card", first, second)
