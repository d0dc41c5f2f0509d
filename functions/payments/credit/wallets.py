"""Wallets in DynamoDB: balances that are never below zero, one for each currency; see rows.py for the rows."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from tillflow.errors import InvalidRequest, StoreContention, check_same
from tillflow.fields import MAX_AMOUNT
from tillflow.merges import group_of, not_merged, survivor_of
from tillflow.money import Money
from tillflow.store import (
    Action,
    AlreadyApplied,
    Item,
    key,
    marshal,
    put_new,
    put_row,
    query_rows,
    read_row,
    retry_on_conflict,
    transact,
    unmarshal,
)
from tillflow.times import iso_utc
from tillflow.versions import version_of, write_version

from payments.book import Refusal
from payments.credit import rules
from payments.credit.models import CreditPolicy, GrantCredit, WalletEntry
from payments.credit.rows import (
    BALANCE,
    ENTRY,
    EXPIRIES,
    POLICIES,
    balance_key,
    customer_of,
    customer_wallet,
    entry_key,
    entry_row,
    goodwill_key,
    grant_key,
    read_entry,
)
from payments.errors import GoodwillAboveLimit


class Wallets:
    """Wallets in the payments table. client: a DynamoDB client; table: its name."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def grant(self, request: GrantCredit, now: datetime) -> None:
        """Add to a customer's balance, once per grant id.

        GoodwillAboveLimit, IdempotencyConflict for another request under the id, InvalidRequest if the balance would
        exceed its bound, or for a last day out of range.
        """
        marker = request.model_dump(mode="json")
        if stored := self._row(*grant_key(request.grant_id)):
            return _check_same(stored, marker)
        policy = self.policy(request.currency)
        owner = survivor_of(self._client, self._table, request.customer_id)
        entry = rules.grant_entry(request, policy, customer_wallet(owner), request.grant_id, now)
        try:
            also = [not_merged(self._table, owner), *self.limit_goodwill(entry, owner, policy, now)]
            self.add_entry(entry, marker, also)
        except AlreadyApplied as applied:
            _check_same(applied.result, marker)

    def has_grant(self, grant_id: str) -> bool:
        """Return whether a grant was made under an id."""
        return bool(self._row(*grant_key(grant_id)))

    def add_entry(self, entry: WalletEntry, marker: Item, also: Sequence[Action] = ()) -> None:
        """Write a grant, its marker and further actions in one transaction; AlreadyApplied with a stored marker."""
        pk, sk = grant_key(entry.entry_id)
        actions = [
            put_new(self._table, {"pk": pk, "sk": sk, **marker}, AlreadyApplied),
            *also,
            *self.entry_actions(entry),
        ]
        what = f"granting credit {entry.entry_id}"
        retry_on_conflict(lambda: transact(self._client, actions, what))

    def entry_actions(self, entry: WalletEntry) -> list[Action]:
        """Return the actions that write a grant and add it to its balance."""
        actions = [self._put(entry_row(entry)), self._add_bounded(entry)]
        if entry.expires_on:
            due = {name: getattr(entry, name) for name in ("holder", "currency", "entry_id")}
            actions.append(self._put({"pk": EXPIRIES, "sk": f"{entry.expires_on}#{entry.entry_id}", **due}))
        return actions

    def expire(self, now: datetime) -> int:
        """Take what is left of every grant whose last day is over from its wallet; return the number of grants."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :expiries AND sk < :today",
            ExpressionAttributeValues=marshal({":expiries": EXPIRIES, ":today": now.date().isoformat()}),
        )
        due = [unmarshal(row) for page in pages for row in page["Items"]]
        for row in due:
            retry_on_conflict(lambda row=row: self._expire(row, now))  # type: ignore[misc]
        return len(due)

    def balance(self, holder: str, currency: str) -> int:
        """Return a balance in minor units."""
        return int(self._row(*balance_key(holder, currency)).get("balance", 0))

    def balances(self, holder: str) -> dict[str, int]:
        """Return the balances of a holder by currency."""
        rows = self._query(holder, BALANCE)
        return {row["sk"].removeprefix(BALANCE): row["balance"] for row in rows}

    def entries(self, holder: str) -> list[WalletEntry]:
        """Return the grants and expiries of a holder, and of those that were merged into it, in the order of time."""
        customer_id = customer_of(holder)
        group = group_of(self._client, self._table, customer_id) if customer_id else []
        holders = [customer_wallet(one) for one in group] or [holder]
        entries = [read_entry(row) for one in holders for row in self._query(one, ENTRY)]
        return sorted(entries, key=lambda entry: (entry.at, entry.entry_id))

    def policy(self, currency: str) -> CreditPolicy:
        """Return the policy of a currency."""
        return self.policy_at(currency)[0]

    def policy_at(self, currency: str) -> tuple[CreditPolicy, int]:
        """Return the policy of a currency and its version."""
        row = self._row(POLICIES, currency)
        policy = CreditPolicy.model_validate(row) if row else rules.default_policy(currency)
        return policy, version_of(row)

    def set_policy(self, policy: CreditPolicy, version: int | None = None) -> int:
        """Set the policy of a currency; return its version. Grants stay as they are.

        RecordChanged if it is not at `version`; None for any.
        """
        place, subject = (POLICIES, policy.currency), f"the credit policy of {policy.currency}"
        return write_version(self._client, self._table, place, policy.model_dump(), version, subject)

    def add(self, holder: str, currency: str, amount: int) -> Action:
        """Return the action that changes a balance; the Refusal `insufficient_credit` if it is too small."""
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": key(*balance_key(holder, currency)),
            "UpdateExpression": "ADD balance :amount",
            "ExpressionAttributeValues": marshal({":amount": amount}),
        }
        if amount < 0:
            request["ConditionExpression"] = "balance >= :least"
            request["ExpressionAttributeValues"] = marshal({":amount": amount, ":least": -amount})
        return Action("Update", request, lambda _: Refusal("insufficient_credit"))

    def limit_goodwill(
        self, entry: WalletEntry, customer_id: str, policy: CreditPolicy, now: datetime
    ) -> Iterator[Action]:
        """Yield the action that adds to a customer's goodwill of the day; GoodwillAboveLimit beyond the limit.

        The wallet of the entry is the customer's, or that of a gift card.
        """
        if entry.kind != "goodwill":
            return
        amount, limit = (str(Money(one, entry.currency)) for one in (entry.amount, policy.goodwill_limit))
        request = {
            "TableName": self._table,
            "Key": key(*goodwill_key(customer_wallet(customer_id), entry.currency, now.date().isoformat())),
            "UpdateExpression": "ADD granted :amount",
            "ConditionExpression": "attribute_not_exists(granted) OR granted <= :most",
            "ExpressionAttributeValues": marshal(
                {":amount": entry.amount, ":most": policy.goodwill_limit - entry.amount}
            ),
        }
        yield Action(
            "Update",
            request,
            lambda row: GoodwillAboveLimit(amount, limit, str(Money(row["granted"], entry.currency))),
        )

    def _expire(self, due: Item, now: datetime) -> None:
        currency, grant_id = due["currency"], due["entry_id"]
        customer_id = customer_of(due["holder"])
        owner = survivor_of(self._client, self._table, customer_id) if customer_id else None
        holder = customer_wallet(owner) if owner else due["holder"]
        balance = self.balance(holder, currency)
        entries = [entry for entry in self.entries(holder) if entry.currency == currency]
        part = rules.expired_part(entries, balance, grant_id)
        what = f"expiring credit {grant_id}"
        actions = [
            self._mark_expired(due["holder"], currency, grant_id, part),
            *([not_merged(self._table, owner)] if owner else []),
            Action("Delete", {"TableName": self._table, "Key": key(due["pk"], due["sk"])}),
        ]
        if part:
            expiry = WalletEntry(
                entry_id=f"{grant_id}.expired",
                holder=holder,
                kind=rules.EXPIRY,
                amount=part,
                currency=currency,
                reason=f"expired after {due['sk'].partition('#')[0]}",
                at=iso_utc(now),
            )
            actions += [self._put(entry_row(expiry)), self._take_from(holder, currency, part, balance, what)]
        try:
            transact(self._client, actions, what)
        except AlreadyApplied:
            return

    def _mark_expired(self, holder: str, currency: str, grant_id: str, part: int) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(*entry_key(holder, currency, grant_id)),
            "UpdateExpression": "SET expired = :part",
            "ConditionExpression": "attribute_not_exists(expired)",
            "ExpressionAttributeValues": marshal({":part": part}),
        }
        return Action("Update", request, AlreadyApplied)

    def _take_from(self, holder: str, currency: str, part: int, balance: int, what: str) -> Action:
        request = {
            "TableName": self._table,
            "Key": key(*balance_key(holder, currency)),
            "UpdateExpression": "SET balance = :after",
            "ConditionExpression": "balance = :before",
            "ExpressionAttributeValues": marshal({":before": balance, ":after": balance - part}),
        }
        return Action("Update", request, lambda _: StoreContention(what))

    def _add_bounded(self, entry: WalletEntry) -> Action:
        add = self.add(entry.holder, entry.currency, entry.amount)
        condition = {
            **add.request,
            "ConditionExpression": "attribute_not_exists(balance) OR balance <= :most",
            "ExpressionAttributeValues": marshal(
                {":amount": entry.amount, ":most": MAX_AMOUNT - entry.amount}
            ),
        }
        return Action(
            "Update",
            condition,
            lambda _: InvalidRequest(
                "amount",
                str(Money(entry.amount, entry.currency)),
                f"a balance of at most {Money(MAX_AMOUNT, entry.currency)}",
            ),
        )

    def _put(self, row: Item) -> Action:
        return put_row(self._table, row)

    def _query(self, holder: str, prefix: str) -> Iterable[Item]:
        return query_rows(self._client, self._table, holder, prefix)

    def _row(self, pk: str, sk: str) -> Item:
        return read_row(self._client, self._table, pk, sk)


def _check_same(stored: Item, sent: Item) -> None:
    first = {name: stored.get(name) for name in sent}
    check_same(f"credit grant {sent['grant_id']}", first, sent)
