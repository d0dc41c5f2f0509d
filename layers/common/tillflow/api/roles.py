"""Groups of people and the scopes that they have."""

SCOPE_PREFIX = "shop/"
"""The identifier of the resource server, before the name of a scope in an access token."""
SCOPES_BY_GROUP = {
    "cashier": ("read", "sell"),
    "manager": ("read", "sell", "manage"),
    "operator": ("read", "sell", "manage", "operate"),
}
"""From the group with the fewest scopes to the one with all."""


def group_for(scope: str) -> str:
    """Return the group with the fewest scopes that has a scope."""
    return next(group for group, scopes in SCOPES_BY_GROUP.items() if scope in scopes)
