"""Customers over HTTP."""

import os
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict
from tillflow.api import Api, Call, PageQuery, Reply, accepted
from tillflow.aws import client
from tillflow.fields import BusinessId

from customers.merges.models import MergedCustomer
from customers.merges.operations import MergeOperations
from customers.models import Customer, CustomerId, FoundCustomer, SearchCustomers
from customers.operations import CustomerOperations

api = Api("customers")
handle = api.handle


class CustomerPage(BaseModel):
    """A page of customers by id; next_cursor is null on the last page."""

    customers: list[Customer]
    next_cursor: str | None


class CustomerChanges(BaseModel):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(frozen=True)

    name: Any = None
    email: Any = None
    phone: Any = None
    note: Any = None
    billing_address: Any = None
    vat_id: Any = None


class MergeBody(BaseModel):
    """The customer that remains. merge_id: the idempotency key."""

    model_config = ConfigDict(frozen=True)

    merge_id: BusinessId
    survivor_id: CustomerId


class StartedMerge(BaseModel):
    """A merge that has started."""

    merge_id: str
    execution_arn: str


@cache
def _customers() -> CustomerOperations:
    return CustomerOperations(client("dynamodb"), os.environ["TABLE_NAME"])


@cache
def _merges() -> MergeOperations:
    return MergeOperations(
        client("dynamodb"), client("stepfunctions"), os.environ["TABLE_NAME"], os.environ["MERGE_ARN"]
    )


@api.route("GET /customers", "read", query=PageQuery, response=CustomerPage)
def list_customers(call: Call) -> CustomerPage:
    """List customers by id, a page at a time."""
    customers, after = _customers().list_customers(call.query.limit, call.after)
    return CustomerPage(customers=customers, next_cursor=call.cursor(after))


@api.route("POST /customers", "sell", body=Customer, response=Customer, statuses=(201,))
def create_customer(call: Call) -> Reply:
    """Create a customer. The same customer again changes nothing; another one under its id is a conflict."""
    customer = _customers().create(call.body.model_dump())
    return Reply(customer, 201, {"location": f"/api/customers/{customer.customer_id}"}, version=1)


@api.route("GET /customers/{customer_id}", "read", response=FoundCustomer)
def get_customer(call: Call) -> Reply:
    """Return a customer; the ETag is the version that an update names."""
    stored = _customers().get(call.path["customer_id"])
    customer = FoundCustomer(
        **stored.customer.model_dump(), merged_into=stored.merged_into, merge_id=stored.merge_id
    )
    return Reply(customer, version=stored.version)


@api.route("PATCH /customers/{customer_id}", "sell", body=CustomerChanges, response=Customer, versioned=True)
def update_customer(call: Call) -> Reply:
    """Change fields of a customer at the version in If-Match, or at its newest."""
    changes = call.body.model_dump(exclude_unset=True)
    customer = _customers().update(call.path["customer_id"], changes, call.version)
    return Reply(customer, version=_customers().get(customer.customer_id).version)


@api.route("POST /customers/search", "read", body=SearchCustomers, response=list[Customer])
def search_customers(call: Call) -> list[Customer]:
    """Find customers by email, phone or words of their name. The search is a body, because paths are logged."""
    return _customers().search(call.body.model_dump())


@api.route("POST /customers/{customer_id}/anonymise", "manage", response=Customer)
def anonymise_customer(call: Call) -> Reply:
    """Remove what identifies a customer, on their request; orders and books keep the id."""
    stored = _customers().anonymise(call.path["customer_id"])
    return Reply(stored.customer, version=stored.version)


@api.route(
    "POST /customers/{customer_id}/merge", "manage", body=MergeBody, response=StartedMerge, statuses=(202,)
)
def merge_customer(call: Call) -> Reply:
    """Merge a customer into another one, which gets its credit, debts, invoices and orders; once per merge id."""
    merge_id = call.body.merge_id
    started = _merges().merge({**call.body.model_dump(), "customer_id": call.path["customer_id"]})
    merge = StartedMerge(merge_id=merge_id, execution_arn=started.arn)
    return accepted(merge, f"/api/customer-merges/{merge_id}", replayed=started.duplicate)


@api.route("GET /customer-merges/{merge_id}", "read", response=MergedCustomer)
def get_merge(call: Call) -> MergedCustomer:
    """Return a merge of customers that was recorded."""
    return _merges().find(call.path["merge_id"])
