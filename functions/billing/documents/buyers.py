"""The buyer of an invoice, from the customers service."""

import json
from typing import Any

from tillflow.errors import StoreUnavailable

from billing.documents.models import Buyer, FindBuyer


def invoked(client: Any, function: str) -> FindBuyer:
    """Return the lookup of customers by their service. client: of Lambda; function: the name of CheckCustomer."""

    def find(customer_id: str) -> Buyer | None:
        request = json.dumps({"customer_id": customer_id, "billing": True})
        response = client.invoke(FunctionName=function, Payload=request)
        payload = json.loads(response["Payload"].read())
        if "FunctionError" not in response:
            return Buyer.model_validate(payload["billing"])
        # Books keep the id of a customer whose data was removed, or who was never recorded.
        if payload.get("errorType") in ("CustomerAnonymised", "UnknownCustomer"):
            return None
        raise StoreUnavailable(f"reading customer {customer_id}")

    return find
