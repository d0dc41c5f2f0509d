"""Payments and store credit over HTTP."""

import os
from dataclasses import replace
from functools import cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt
from tillflow import customers, references
from tillflow.api import Api, Call, PageQuery, PeriodQuery, Reply, accepted
from tillflow.aws import client
from tillflow.customers import CheckCustomer
from tillflow.fields import BusinessId, Day, Identifier, PositiveAmount, UnitAmount
from tillflow.gift_cards import GiftCardCode
from tillflow.money import Currency

from payments.composition import stripe_books
from payments.credit.models import Account, CreditPolicy, GiftCard, WalletEntry
from payments.models import ListedTender, Tender, TenderType
from payments.operations import (
    AccountOperations,
    CreditOperations,
    GiftCardOperations,
    PaymentOperations,
    StripeEvents,
)
from payments.provider import ChargeRecord
from payments.reconciliation.models import Reconciliation, ReconciliationReport
from payments.reconciliation.operations import ReconciliationOperations
from payments.refunds.failures import invoked
from payments.rules import TenderState
from payments.stripe_adapter.secret import SecretCache

api = Api("payments")
handle = api.handle


class TenderQuery(PeriodQuery):
    """type, state: only tenders of these; days and times are those at which the payment began."""

    type: TenderType | None = None
    state: TenderState | None = None


class TenderPage(BaseModel):
    """A page of tenders, the newest first; next_cursor is null on the last page."""

    payments: list[ListedTender]
    next_cursor: str | None


class CreditBody(BaseModel):
    """A grant of store credit: grant_id is its idempotency key, amount in minor units.

    source: goodwill, or how the customer paid for it. expires_on: the last day on which it can be spent.
    """

    model_config = ConfigDict(frozen=True)

    grant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    currency: Currency
    amount: PositiveAmount
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    source: Literal["goodwill", "cash", "bank_transfer"] = "goodwill"
    expires_on: Day | None = None


class GiftCardBody(BaseModel):
    """A new gift card: its code is its idempotency key, amount in minor units; source: how it was paid for.

    customer_id: whom goodwill is for; none for a card that is paid for.
    """

    model_config = ConfigDict(frozen=True)

    code: GiftCardCode
    currency: Currency
    amount: PositiveAmount
    source: Literal["goodwill", "cash", "bank_transfer"] = "cash"
    customer_id: Identifier | None = None
    reason: Annotated[str, Field(min_length=1, max_length=200)] = "gift card"
    expires_on: Day | None = None


class CodeBody(BaseModel):
    """The code of a gift card. It is sent in a body, because paths are logged."""

    model_config = ConfigDict(frozen=True)

    code: GiftCardCode


class LimitBody(BaseModel):
    """How much a customer may owe, in minor units."""

    model_config = ConfigDict(frozen=True)

    credit_limit: UnitAmount


class PolicyBody(BaseModel):
    """The most goodwill for a customer on a day (UTC), gift cards too; the days until it expires, null for never."""

    model_config = ConfigDict(frozen=True)

    goodwill_limit: UnitAmount
    expiry_days: Annotated[StrictInt | None, Field(gt=0, le=3_650)] = None


class Balances(BaseModel):
    """Balances of a customer's store credit, by currency, in minor units."""

    customer_id: str
    balances: dict[str, int]


class ReconciliationBody(BaseModel):
    """A day in UTC that ended at least an hour ago. run_id: the day, or another id for a second run of it."""

    model_config = ConfigDict(frozen=True)

    run_id: BusinessId
    day: Day


class StartedReconciliation(BaseModel):
    """A reconciliation that has started."""

    run_id: str
    execution_arn: str


class ReconciliationPage(BaseModel):
    """A page of reconciliations, the newest first; next_cursor is null on the last page."""

    reconciliations: list[Reconciliation]
    next_cursor: str | None


class Received(BaseModel):
    """An event is stored; first: False if it was before."""

    received: bool
    first: bool


@cache
def _stripe_events() -> StripeEvents:
    secret = SecretCache(client("secretsmanager"), os.environ["STRIPE_SECRET"])
    open_case = invoked(client("lambda"), os.environ["OPEN_CASE_FUNCTION"])
    return StripeEvents(client("dynamodb"), os.environ["TABLE_NAME"], secret, open_case, _find_charge)


def _find_charge(reference: str) -> ChargeRecord | None:
    # Stripe's library is loaded for a dispute alone.
    return stripe_books(os.environ["STRIPE_SECRET"]).find_charge(reference)


@cache
def _payments() -> PaymentOperations:
    return PaymentOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _check_customer() -> CheckCustomer:
    return customers.invoked(client("lambda"), os.environ["CHECK_CUSTOMER_FUNCTION"])


@cache
def _credit() -> CreditOperations:
    return CreditOperations(client("dynamodb"), os.environ["TABLE_NAME"], _check_customer())


@cache
def _gift_cards() -> GiftCardOperations:
    return GiftCardOperations(client("dynamodb"), os.environ["TABLE_NAME"], _check_customer())


@cache
def _accounts() -> AccountOperations:
    return AccountOperations(client("dynamodb"), os.environ["TABLE_NAME"], _check_customer())


@cache
def _reconciliations() -> ReconciliationOperations:
    return ReconciliationOperations(
        client("dynamodb"),
        client("stepfunctions"),
        os.environ["TABLE_NAME"],
        os.environ["RECONCILIATION_ARN"],
    )


@api.route("GET /payments", "read", query=TenderQuery, response=TenderPage)
def list_payments(call: Call) -> TenderPage:
    """List the tenders of all orders, the newest first, a page at a time."""
    query: TenderQuery = call.query
    page = _payments().list_tenders(
        query.limit,
        call.after,
        type=query.type,
        state=query.state,
        period=query.period,
    )
    return TenderPage(payments=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /orders/{order_id}/tenders", "read", response=list[Tender])
def list_tenders(call: Call) -> list[Tender]:
    """List the tenders of an order with what was authorised, captured and refunded, without references of cards."""
    order_id = call.path["order_id"]
    tenders = _payments().tenders(order_id)
    if not tenders:
        references.check_order(
            references.invoked(client("lambda"), os.environ["FIND_UNKNOWN_ORDERS_FUNCTION"]), order_id
        )
    return [replace(tender, card=None, authorisation="") for tender in tenders]


@api.route("GET /customers/{customer_id}/credit", "read", response=Balances)
def get_credit(call: Call) -> Balances:
    """Return the balances of a customer's store credit."""
    customer_id = call.path["customer_id"]
    return Balances(customer_id=customer_id, balances=_credit().balances(customer_id))


@api.route("POST /webhooks/stripe", "", response=Received)
def receive_stripe_event(call: Call) -> Received:
    """Receive an event that Stripe has signed; an event that comes again changes nothing."""
    first = _stripe_events().receive(call.headers.get("stripe-signature", ""), call.raw)
    return Received(received=True, first=first)


@api.route(
    "POST /customers/{customer_id}/credit", "manage", body=CreditBody, response=Balances, statuses=(201,)
)
def grant_credit(call: Call) -> Reply:
    """Grant store credit with a reason, once per grant id; goodwill is limited by day and currency."""
    customer_id = call.path["customer_id"]
    _credit().grant({**call.body.model_dump(mode="json"), "customer_id": customer_id})
    return Reply(Balances(customer_id=customer_id, balances=_credit().balances(customer_id)), 201)


@api.route("GET /customers/{customer_id}/credit/entries", "read", response=list[WalletEntry])
def list_credit_entries(call: Call) -> list[WalletEntry]:
    """List what was added to a customer's store credit, and what expired."""
    return _credit().entries(call.path["customer_id"])


@api.route("GET /credit-policies/{currency}", "read", response=CreditPolicy)
def get_credit_policy(call: Call) -> Reply:
    """Return the limit and the expiry of goodwill in a currency."""
    policy, version = _credit().policy(call.path["currency"])
    return Reply(policy, version=version)


@api.route(
    "PUT /credit-policies/{currency}", "manage", body=PolicyBody, response=CreditPolicy, versioned=True
)
def set_credit_policy(call: Call) -> Reply:
    """Set the limit and the expiry of goodwill in a currency, at the version in If-Match, or at any."""
    request = {**call.body.model_dump(), "currency": call.path["currency"]}
    policy, version = _credit().set_policy(request, call.version)
    return Reply(policy, version=version)


@api.route("POST /gift-cards", "manage", body=GiftCardBody, response=GiftCard, statuses=(201,))
def issue_gift_card(call: Call) -> Reply:
    """Put an amount on a new gift card, once per code."""
    return Reply(_gift_cards().issue(call.body.model_dump(mode="json")), 201)


@api.route("POST /gift-cards/balance", "sell", body=CodeBody, response=GiftCard)
def get_gift_card(call: Call) -> GiftCard:
    """Return the number and the balances of the gift card with a code."""
    return _gift_cards().find(call.body.code)


@api.route("GET /customers/{customer_id}/accounts", "read", response=list[Account])
def list_accounts(call: Call) -> list[Account]:
    """List what a customer may owe and owes, by currency."""
    return _accounts().accounts(call.path["customer_id"])


@api.route("GET /customers/{customer_id}/accounts/{currency}", "read", response=Account)
def get_account(call: Call) -> Reply:
    """Return what a customer may owe and owes in a currency; the ETag is the version of the limit."""
    account, version = _accounts().account(call.path)
    return Reply(account, version=version)


@api.route(
    "PUT /customers/{customer_id}/accounts/{currency}",
    "manage",
    body=LimitBody,
    response=Account,
    versioned=True,
)
def set_credit_limit(call: Call) -> Reply:
    """Set how much a customer may owe in a currency; what is owed stays. If-Match: the version of the limit."""
    account, version = _accounts().set_limit({**call.body.model_dump(), **call.path}, call.version)
    return Reply(account, version=version)


@api.route(
    "POST /reconciliations",
    "manage",
    body=ReconciliationBody,
    response=StartedReconciliation,
    statuses=(202,),
)
def start_reconciliation(call: Call) -> Reply:
    """Compare the payment providers' books with those of a day, as the nightly schedule does, once per run id."""
    run_id = call.body.run_id
    started = _reconciliations().start(call.body.day.isoformat(), run_id)
    run = StartedReconciliation(run_id=run_id, execution_arn=started.arn)
    return accepted(run, f"/api/reconciliations/{run_id}", replayed=started.duplicate)


@api.route("GET /reconciliations", "manage", query=PageQuery, response=ReconciliationPage)
def list_reconciliations(call: Call) -> ReconciliationPage:
    """List the reconciliations, the newest first, a page at a time."""
    page = _reconciliations().list_runs(call.query.limit, call.after)
    return ReconciliationPage(reconciliations=page.rows, next_cursor=call.cursor(page.after))


@api.route("GET /reconciliations/{run_id}", "manage", response=ReconciliationReport)
def get_reconciliation(call: Call) -> ReconciliationReport:
    """Return a reconciliation with each difference and the id of its case."""
    return _reconciliations().report(call.path["run_id"])
