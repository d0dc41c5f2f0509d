"""Requests to the fake Stripe account and responses of it: forms, pages, errors and amounts."""

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

_ZERO_DECIMALS = frozenset(re.findall(r"\w+", "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"))
_THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_WHOLE_ONLY = frozenset({"isk", "ugx"})


class Refusal(Exception):
    """An error response. `saved`: the endpoint had begun, so that the key repeats it."""

    def __init__(self, status: int, kind: str, code: str | None, message: str, **more: Any) -> None:
        super().__init__(message)
        self.saved = bool(more.pop("saved", True))
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


class Lost(Exception):
    """The connection broke: the client gets no response."""


def parsed(text: str) -> dict[str, Any]:
    """Return the parameters of a form, in which `metadata[order]=1` is a nested value."""
    params: dict[str, Any] = {}
    for name, value in parse_qsl(text):
        outer, *inner = name.replace("]", "").split("[")
        if inner:
            params.setdefault(outer, {})[inner[0]] = value
        else:
            params[outer] = value
    return params


def created_between(params: Mapping[str, Any]) -> tuple[int, int]:
    """Return the bounds of the time of creation that a list asks for."""
    created = params.get("created", {})
    return int(created.get("gte", 0)), int(created.get("lt", 2**60))


def page_of(rows: Iterable[dict[str, Any]], params: Mapping[str, Any], url: str) -> dict[str, Any]:
    """Return a page of a list after the object that the parameters name."""
    rows, limit = list(rows), int(params.get("limit", 10))
    if after := params.get("starting_after"):
        rows = rows[[row["id"] for row in rows].index(after) + 1 :]
    data = copy.deepcopy(rows[:limit])
    return {"object": "list", "data": data, "has_more": len(rows) > limit, "url": url}


def check_amount(amount: int, currency: str) -> None:
    """Raise the Refusal of an amount that Stripe does not charge in a currency."""
    if currency in _WHOLE_ONLY and amount % 100:
        code, message = "invalid_charge_amount_no_decimal_compatible", "must be divisible by 100"
    elif currency in _THREE_DECIMALS and amount % 10:
        code, message = "parameter_invalid_integer", "the last digit must be 0"
    elif amount < (50 if currency not in _ZERO_DECIMALS | _THREE_DECIMALS else 1):
        code, message = "amount_too_small", "Amount must be at least the minimum"
    else:
        return
    raise Refusal(400, "invalid_request_error", code, message, saved=False)


def response_of(status: int, body: Any) -> tuple[int, bytes]:
    """Return the status and the body of a response."""
    return status, json.dumps(body).encode()
