"""CheckCustomer: the customer of a checkout must exist; invoices print its name and address."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.customers import CustomerAnonymised
from tillflow.handling import handler
from tillflow.parsing import parse

from customers.models import CheckCustomer, CheckedCustomer
from customers.rules import billing_identity
from customers.store import CustomersStore

store = CustomersStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def check_customer(event: dict[str, Any], context: object) -> CheckedCustomer:
    """Fail with UnknownCustomer or CustomerAnonymised unless the customer can buy. Changes nothing."""
    request = parse(CheckCustomer, event)
    stored = store.get(request.customer_id)
    if stored.anonymised_at:
        raise CustomerAnonymised(request.customer_id)
    checked: CheckedCustomer = {"customer_id": request.customer_id}
    return checked | {"billing": billing_identity(stored.customer)} if request.billing else checked
