"""References of a request to records of other services: each must exist before the request has an effect.

The service that owns the records has a function that returns the ids that do not exist. An API function invokes it; a
workflow calls it before its first step with an effect.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pydantic import TypeAdapter, ValidationError

from tillflow.errors import Problem, StoreUnavailable, UnknownOrder, UnknownReferences
from tillflow.fields import Identifier, Request
from tillflow.invocation import FunctionFailed, call_function

type Kind = Literal["carrier", "customer", "location", "product", "supplier"]
type FindUnknown = Callable[[Collection[str]], Collection[str]]
"""Return those of the ids that no record has."""
type Filter = tuple[Kind, str, str | None]
"""A filter of a list: the kind of record that it names, its field, and its value if it was sent."""

_ACCEPTED: dict[Kind, str] = {
    "carrier": "the name of a carrier that is set up",
    "customer": "the id of a customer",
    "location": "the id of a location",
    "product": "the SKU of a product",
    "supplier": "the id of a supplier",
}
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


@dataclass(frozen=True, slots=True)
class Reference:
    """A field of a request, by its path, that holds the id of a record."""

    kind: Kind
    field: str
    value: str


class FindUnknownIds(Request):
    """A request for those ids that no record has. A workflow sends its input before it is validated."""

    ids: tuple[Any, ...]

    @property
    def valid(self) -> list[str]:
        """Return the ids that a record may have, each once; what validates the request refuses the others."""
        return list(dict.fromkeys(one for one in self.ids if _is_identifier(one)))


class UnknownIds(TypedDict):
    """The ids that no record has."""

    unknown: list[str]


def check_references(references: Iterable[Reference], find: Mapping[Kind, FindUnknown]) -> None:
    """Raise UnknownReferences, which names every reference to a record that does not exist."""
    references = list(references)
    unknown: set[tuple[Kind, str]] = set()
    for kind in dict.fromkeys(one.kind for one in references):
        ids = dict.fromkeys(one.value for one in references if one.kind == kind)
        unknown |= {(kind, value) for value in find[kind](list(ids))}
    problems = [
        Problem(one.field, one.value, _ACCEPTED[one.kind])
        for one in references
        if (one.kind, one.value) in unknown
    ]
    if problems:
        raise UnknownReferences.of(problems)


def check_filters(rows: Collection[Any], filters: Iterable[Filter], find: Mapping[Kind, FindUnknown]) -> None:
    """Raise UnknownReferences for a list without rows if a filter names a record that does not exist."""
    if not rows:
        named = [Reference(kind, field, value) for kind, field, value in filters if value is not None]
        check_references(named, find)


def check_order(find: FindUnknown, order_id: str) -> None:
    """Raise UnknownOrder unless an order has the id. For a lookup without a result."""
    if order_id in find([order_id]):
        raise UnknownOrder(order_id)


def invoked(client: Any, function: str) -> FindUnknown:
    """Return the lookup by the owning service. client: of Lambda; function: the name of its function."""

    def find(ids: Collection[str]) -> Collection[str]:
        try:
            response: UnknownIds = call_function(client, function, {"ids": list(ids)})
        except FunctionFailed as failure:
            raise StoreUnavailable(f"looking up {len(ids)} ids by {function}") from failure
        return response["unknown"]

    return find


def _is_identifier(value: object) -> bool:
    try:
        _IDENTIFIER.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
