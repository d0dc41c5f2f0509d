"""Cards of an order: their tokens are exchanged for references before the order's workflow starts."""

from collections.abc import Callable, Mapping
from typing import Any

from tillflow.errors import InvalidOrder, StoreUnavailable
from tillflow.invocation import FunctionFailed, call_function

from orders.errors import CardConflict, CardRefused

type StoreCards = Callable[[str, list[tuple[str, str]]], None]
"""Stores the tokens of an order by their references."""


def tokens_of(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return reference and token of each card tender. InvalidOrder for a token anywhere else, or that is not a text."""
    tenders = request.get("tenders")
    cards = []
    for position, tender in enumerate(tenders if isinstance(tenders, list) else []):
        if isinstance(tender, dict) and "token" in tender:
            if not isinstance(tender["token"], str):
                raise InvalidOrder(
                    f"tenders[{position}].token", "(hidden)", "the provider's token for the card"
                )
            cards.append((_reference(position), tender["token"]))
    if _count(request) != len(cards):
        raise InvalidOrder("token", "(hidden)", "tokens of card tenders alone")
    return cards


def with_references(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the order with the references of its cards in place of their tokens."""
    if not tokens_of(request):
        return dict(request)
    tenders = [_with_reference(position, tender) for position, tender in enumerate(request["tenders"])]
    return {**request, "tenders": tenders}


def invoked(client: Any, function: str) -> StoreCards:
    """Return the exchange by the payments service. client: of Lambda; function: the name of StoreCards."""

    def store(order_id: str, cards: list[tuple[str, str]]) -> None:
        request = {"order_id": order_id, "cards": [{"card": card, "token": token} for card, token in cards]}
        try:
            call_function(client, function, request)
        except FunctionFailed as failure:
            tokens = [f"tenders[{int(card.removeprefix('card_')) - 1}].token" for card, _ in cards]
            match failure.error:
                case "IdempotencyConflict":
                    raise CardConflict(failure.message, tokens) from failure
                case "InvalidRequest":
                    raise CardRefused(failure.message, tokens) from failure
            raise StoreUnavailable(failure.message) from failure

    return store


def _reference(position: int) -> str:
    return f"card_{position + 1}"


def _with_reference(position: int, tender: Any) -> Any:
    if not isinstance(tender, dict) or "token" not in tender:
        return tender
    return {
        "card" if name == "token" else name: _reference(position) if name == "token" else value
        for name, value in tender.items()
    }


def _count(value: Any) -> int:
    """Count the fields named token, at any depth."""
    pending, count = [value], 0
    while pending:
        match pending.pop():
            case Mapping() as fields:
                count += "token" in fields
                pending += fields.values()
            case list() as parts:
                pending += parts
    return count
