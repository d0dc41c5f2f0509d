"""Who calls: the claims of the access token that the gateway has verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. `location` is the only one a cashier may sell at; "" where the caller has none."""

    username: str
    groups: frozenset[str]
    scopes: frozenset[str]
    location: str = ""

    @property
    def is_manager(self) -> bool:
        return bool(self.groups & {"manager", "operator"})


def caller_of(event: Mapping[str, Any]) -> Caller:
    """Return the caller of a request; one without name and groups for a route without sign-in.

    HTTP APIs pass a claim that is a list as the text `[cashier manager]`.
    """
    context = event.get("requestContext", {})
    claims = context.get("authorizer", {}).get("jwt", {}).get("claims", {})
    return Caller(
        username=str(claims.get("username", "")),
        groups=frozenset(str(claims.get("cognito:groups", "")).strip("[]").replace(",", " ").split()),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        location=str(claims.get("location", "")),
    )
