"""Requests about credit, and what is stored of it. Amounts are integer minor units."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypedDict

from pydantic import Field, StrictInt, ValidationInfo, field_validator
from tillflow.fields import MAX_AMOUNT, Amount, BusinessId, Day, Identifier, Note, Request
from tillflow.gift_cards import GiftCardCode
from tillflow.money import Currency, checked_coins

type Source = Literal["goodwill", "cash", "bank_transfer", "overpayment", "return"]
"""Where credit comes from. A workflow posts overpayments and returns itself; the others are posted from events."""


class Grant(Request):
    """An addition to a wallet. It can be spent up to and on `expires_on`."""

    currency: Currency
    source: Source = "goodwill"
    amount: Annotated[Amount, Field(gt=0)]
    reason: Note
    expires_on: Day | None = None

    @field_validator("amount")
    @classmethod
    def cash_is_in_coins(cls, amount: int, others: ValidationInfo) -> int:
        return checked_coins(amount, others.data, "source")


class GrantCredit(Grant):
    """A request to add to a customer's credit, once per grant id."""

    grant_id: BusinessId
    customer_id: Identifier


class IssueGiftCard(Grant):
    """A request to put an amount on a new gift card, once per code.

    customer_id: whom goodwill is for, whose limit of the day holds for it; the card belongs to its holder.
    """

    code: GiftCardCode
    source: Literal["goodwill", "cash", "bank_transfer"] = "cash"
    customer_id: Annotated[Identifier | None, Field(validate_default=True)] = None

    @field_validator("customer_id")
    @classmethod
    def goodwill_is_for_a_customer(cls, customer_id: str | None, others: ValidationInfo) -> str | None:
        source = others.data.get("source")
        if source == "goodwill" and customer_id is None:
            raise ValueError("the customer whom the goodwill is for")
        if source in ("cash", "bank_transfer") and customer_id is not None:
            raise ValueError("none for a card that is paid for")
        return customer_id


class GiftCardQuery(Request):
    """The code of a card whose balance is read."""

    code: GiftCardCode


class CreditCurrency(Request):
    """A currency whose policy is read."""

    currency: Currency


class CreditPolicy(CreditCurrency):
    """Rules of goodwill in a currency: after how many days it expires (None: never), and the most of it.

    goodwill_limit: of all that is granted to or for a customer on a day in UTC, gift cards included.
    """

    goodwill_limit: Amount
    expiry_days: Annotated[StrictInt, Field(gt=0, le=3_650)] | None = None


class CreditAccount(Request):
    """A customer whose accounts are read."""

    customer_id: Identifier


class SetCreditLimit(CreditAccount):
    """A request to let a customer owe up to a limit."""

    currency: Currency
    credit_limit: Amount


class SettleAccount(CreditAccount):
    """A request to apply a recorded payment to a customer's account; `allocated` is below zero if credits exceed it."""

    payment_id: BusinessId
    currency: Currency
    allocated: Annotated[StrictInt, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
    overpayment: Amount


class MergeAccounts(Request):
    """A request to move what a customer has and owes to the survivor of a merge, once per merge id."""

    merge_id: BusinessId
    customer_id: Identifier
    survivor_id: Identifier


class MergedAccounts(TypedDict):
    """A merge whose balances and debts are the survivor's."""

    merge_id: str


class SettledAccount(TypedDict):
    """A payment that is applied to an account, and what the customer then owes."""

    payment_id: str
    owed: int


class AnnouncedCredit(TypedDict):
    """The number of events that were published."""

    announced: int


class ExpiredCredit(TypedDict):
    """How many grants have expired."""

    expired: int


@dataclass(frozen=True, slots=True)
class Account:
    """The account of a customer in a currency: available = credit limit - reserved - owed."""

    currency: str
    credit_limit: int
    available: int
    reserved: int
    owed: int


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A gift card: the number that may be shown, and its balances by currency."""

    number: str
    balances: dict[str, int]


@dataclass(frozen=True, slots=True)
class WalletEntry:
    """A change of a wallet other than a payment: a grant, or the expiry of one (kind `expiry`).

    `expired` of a grant is the part of it that has expired; None before its day.
    """

    entry_id: str
    holder: str
    kind: str
    amount: int
    currency: str
    reason: str
    at: str
    expires_on: str | None = None
    expired: int | None = None
