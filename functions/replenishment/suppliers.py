"""The currencies of suppliers, from the purchasing service."""

from collections.abc import Mapping, Sequence
from typing import Any

from tillflow.errors import StoreUnavailable
from tillflow.invocation import FunctionFailed, call_function

from replenishment.operations import ReadCurrencies


def invoked(client: Any, function: str) -> ReadCurrencies:
    """Return the lookup by its service. client: of Lambda; function: the name of FindUnknownSuppliers."""

    def read(supplier_ids: Sequence[str]) -> Mapping[str, str]:
        try:
            response = call_function(client, function, {"ids": list(supplier_ids)})
        except FunctionFailed as failure:
            raise StoreUnavailable("reading the currencies of suppliers") from failure
        currencies: Mapping[str, str] = response["currencies"]
        return currencies

    return read
