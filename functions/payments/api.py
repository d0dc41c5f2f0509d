"""Payments and store credit over HTTP."""

import os
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, Reply
from tillflow.aws import client
from tillflow.money import Currency

from payments.operations import CreditOperations, PaymentOperations

api = Api("payments")
handle = api.handle


class CreditBody(BaseModel):
    """A grant of store credit: grant_id is its idempotency key, amount in minor units."""

    model_config = ConfigDict(frozen=True)

    grant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,80}$")]
    currency: Currency
    amount: Annotated[int, Field(gt=0, lt=10**12, strict=True)]
    reason: Annotated[str, Field(min_length=1, max_length=200)]


class Balances(BaseModel):
    """Balances of a customer's store credit, by currency, in minor units."""

    customer_id: str
    balances: dict[str, int]


@cache
def _payments() -> PaymentOperations:
    return PaymentOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _credit() -> CreditOperations:
    return CreditOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@api.route("GET /orders/{order_id}/tenders", "read", response=list[dict[str, Any]])
def list_tenders(call: Call) -> list[dict[str, Any]]:
    """List the tenders of an order with what was authorised, captured and refunded; tokens are left out."""
    return [dict(tender.public()) for tender in _payments().tenders(call.path["order_id"])]


@api.route("GET /customers/{customer_id}/credit", "read", response=Balances)
def get_credit(call: Call) -> Balances:
    """Return the balances of a customer's store credit."""
    customer_id = call.path["customer_id"]
    return Balances(customer_id=customer_id, balances=_credit().balances(customer_id))


@api.route(
    "POST /customers/{customer_id}/credit", "manage", body=CreditBody, response=Balances, statuses=(201,)
)
def grant_credit(call: Call) -> Reply:
    """Grant store credit with a reason, once per grant id."""
    customer_id = call.path["customer_id"]
    _credit().grant({**call.body.model_dump(), "customer_id": customer_id})
    return Reply(Balances(customer_id=customer_id, balances=_credit().balances(customer_id)), 201)
