"""Recent demand, from the demand service."""

from collections.abc import Mapping, Sequence
from typing import Any

from tillflow.errors import StoreUnavailable
from tillflow.invocation import FunctionFailed, call_function

from replenishment.operations import ReadDemand

DEMAND_DAYS = 28
"""Days of sales that a reorder point is computed from."""


def invoked(client: Any, function: str) -> ReadDemand:
    """Return the demand by its service. client: of Lambda; function: the name of ReadDemand."""

    def read(places: Sequence[tuple[str, str]]) -> Sequence[Mapping[str, Any]]:
        needs = [{"location": location, "sku": sku} for location, sku in places]
        try:
            response = call_function(client, function, {"needs": needs, "days": DEMAND_DAYS})
        except FunctionFailed as failure:
            raise StoreUnavailable("reading the demand") from failure
        demand: Sequence[Mapping[str, Any]] = response["demand"]
        return demand

    return read
