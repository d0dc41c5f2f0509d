"""CheckCustomer: the customer of a checkout must exist. MergeCustomer points one to its survivor."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.customers import CustomerAnonymised, CustomerMerged
from tillflow.handling import handler
from tillflow.parsing import parse
from tillflow.times import utc_now

from customers.errors import InvalidMerge
from customers.merges.models import MergeCustomer, MergedCustomer
from customers.merges.rules import check_different
from customers.merges.store import MergesStore
from customers.models import CheckCustomer, CheckedCustomer
from customers.rules import billing_identity
from customers.store import CustomersStore

store = CustomersStore(client("dynamodb"), os.environ["TABLE_NAME"])
merges = MergesStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def check_customer(event: dict[str, Any], context: object) -> CheckedCustomer:
    """Fail with UnknownCustomer, CustomerAnonymised or CustomerMerged unless the customer can buy. Changes nothing."""
    request = parse(CheckCustomer, event)
    stored = store.get(request.customer_id)
    if stored.anonymised_at:
        raise CustomerAnonymised(request.customer_id)
    if stored.merged_into and not request.merged:
        raise CustomerMerged(request.customer_id, stored.merged_into)
    checked: CheckedCustomer = {"customer_id": request.customer_id}
    return checked | {"billing": billing_identity(stored.customer)} if request.billing else checked


@handler
def merge_customer(event: dict[str, Any], context: object) -> MergedCustomer:
    """Point a customer to its survivor; the first step of a merge."""
    request = parse(MergeCustomer, event, InvalidMerge)
    check_different(request)
    return merges.merge(request, utc_now())
