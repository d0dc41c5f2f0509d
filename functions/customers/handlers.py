"""CheckCustomer: a checkout's customer must exist."""

import os
from typing import Any

from tillflow.aws import client
from tillflow.handling import handler
from tillflow.parsing import parse

from customers.errors import CustomerAnonymised
from customers.models import CheckCustomer, CheckedCustomer
from customers.store import CustomersStore

store = CustomersStore(client("dynamodb"), os.environ["TABLE_NAME"])


@handler
def check_customer(event: dict[str, Any], context: object) -> CheckedCustomer:
    """Fail with UnknownCustomer or CustomerAnonymised unless the customer can buy. Changes nothing."""
    customer_id = parse(CheckCustomer, event).customer_id
    if store.get(customer_id).anonymised_at:
        raise CustomerAnonymised(customer_id)
    return {"customer_id": customer_id}
