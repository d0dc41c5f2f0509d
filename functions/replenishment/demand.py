"""Recent demand, from the demand service."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tillflow.errors import StoreUnavailable

from replenishment.operations import ReadDemand

DEMAND_DAYS = 28
"""Days of sales that a reorder point is computed from."""


def invoked(client: Any, function: str) -> ReadDemand:
    """Return the demand by its service. client: of Lambda; function: the name of ReadDemand."""

    def read(places: Sequence[tuple[str, str]]) -> Sequence[Mapping[str, Any]]:
        needs = [{"location": location, "sku": sku} for location, sku in places]
        request = json.dumps({"needs": needs, "days": DEMAND_DAYS})
        response = client.invoke(FunctionName=function, Payload=request)
        payload = json.loads(response["Payload"].read())
        if "FunctionError" in response:
            raise StoreUnavailable("reading the demand")
        demand: Sequence[Mapping[str, Any]] = payload["demand"]
        return demand

    return read
