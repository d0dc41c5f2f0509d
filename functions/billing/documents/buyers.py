"""The buyer of an invoice, from the customers service."""

from typing import Any

from tillflow.customers import CustomerAnonymised, UnknownCustomer, read_customer

from billing.documents.models import Buyer, FindBuyer


def invoked(client: Any, function: str) -> FindBuyer:
    """Return the lookup of customers by their service. client: of Lambda; function: the name of CheckCustomer."""

    def find(customer_id: str) -> Buyer | None:
        request = {"customer_id": customer_id, "billing": True, "merged": True}
        try:
            return Buyer.model_validate(read_customer(client, function, request)["billing"])
        except (CustomerAnonymised, UnknownCustomer):
            # Books keep the id of a customer whose data was removed, or who was never recorded.
            return None

    return find
