"""Arguments of tasks that send HTTP requests: their checks, and the text of headers and query parameters.

Sources: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html, connect-api-gateway.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .base import Integration
from .formatting import json_text
from .sdk import cannot_start

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"})
_FORMATS: dict[str, type] = {
    "ApiEndpoint": str,
    "Method": str,
    "Stage": str,
    "Path": str,
    "Headers": dict,
    "QueryParameters": dict,
    "Authentication": dict,
    "InvocationConfig": dict,
    "Transform": dict,
}


@dataclass(frozen=True, slots=True)
class Rules:
    """The argument names of an integration, and the headers that it does not accept, in lower case."""

    names: frozenset[str]
    rejected_headers: frozenset[str]
    rejected_prefixes: tuple[str, ...] = ("x-forwarded", "x-amz-", "x-amzn-")

    def name_errors(self, names: set[str], required: tuple[str, ...]) -> list[str]:
        """Return AWS's messages for unsupported and missing argument names."""
        errors = [
            f"The field '{name}' is not supported by Step Functions" for name in sorted(names - self.names)
        ]
        return errors + [
            f"The field '{name}' is required but was missing" for name in required if name not in names
        ]

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        """Return AWS's messages for a method and headers that are not accepted."""
        errors = []
        method, headers = arguments.get("Method"), arguments.get("Headers")
        if isinstance(method, str) and method not in METHODS and not method.startswith("{%"):
            errors.append(invalid_format("Method"))
        rejected = [
            name
            for name in map(str.lower, headers if isinstance(headers, dict) else ())
            if name.removesuffix(".$") in self.rejected_headers or name.startswith(self.rejected_prefixes)
        ]
        if rejected:
            shown = ", ".join(name.removesuffix(".$") for name in rejected)
            errors.append(f"The 'Headers' field contains unsupported values: [{shown}]")
        return errors


def check(integration: Integration, arguments: Any) -> None:
    """Raise RuntimeFailure for arguments with which a request cannot be made."""
    given = arguments if isinstance(arguments, dict) else {}
    given = {name: value for name, value in given.items() if value is not None}
    faults = integration.argument_errors(set(given))
    faults += [
        invalid_format(name)
        for name, kind in _FORMATS.items()
        if not isinstance(given.get(name), kind | None)
    ]
    faults += integration.value_errors(given)
    if faults:
        raise cannot_start(arguments, list(dict.fromkeys(faults)))


def invalid_format(name: str) -> str:
    """Return AWS's message for a value of the wrong form."""
    return f"The value of the field '{name}' has an invalid format"


def join_headers(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Join header values that are lists, as HTTP does."""
    return {
        name: ",".join(map(text, value)) if isinstance(value, list) else text(value)
        for name, value in (headers or {}).items()
    }


def query_string(parameters: Mapping[str, Any] | None) -> str:
    """Return the query of a URL with its question mark, or nothing without parameters."""
    fields = [
        (name, text(item))
        for name, value in (parameters or {}).items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return f"?{urlencode(fields)}" if fields else ""


def with_query(endpoint: str, parameters: Mapping[str, Any] | None) -> str:
    """Add query parameters to an endpoint, which may have a query of its own."""
    query = query_string(parameters)
    return f"{endpoint}&{query[1:]}" if query and "?" in endpoint else endpoint + query


def text(value: Any) -> str:
    """Return a string as it is, and the JSON of any other value."""
    return value if isinstance(value, str) else json_text(value)


def has_header(headers: Mapping[str, str], name: str) -> bool:
    """Return whether a header is present, in any case."""
    return any(header.lower() == name for header in headers)
