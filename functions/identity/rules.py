"""Groups and the scopes they grant. A scope is `shop/<name>`: the resource server's identifier and a name."""

from collections.abc import Iterable

RESOURCE_SERVER = "shop"
SCOPES_BY_GROUP = {
    "cashier": ("read", "sell"),
    "manager": ("read", "sell", "manage"),
    "operator": ("read", "sell", "manage", "operate"),
}


def scopes_of(groups: Iterable[str]) -> list[str]:
    """Return the scopes of these groups, each once, sorted. An unknown group grants none."""
    names = {scope for group in groups for scope in SCOPES_BY_GROUP.get(group, ())}
    return sorted(f"{RESOURCE_SERVER}/{name}" for name in names)
