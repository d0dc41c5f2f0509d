"""Groups and the scopes they grant. A scope is `shop/<name>`: the resource server's identifier and a name."""

from collections.abc import Iterable

from tillflow.api.roles import SCOPE_PREFIX, SCOPES_BY_GROUP


def scopes_of(groups: Iterable[str]) -> list[str]:
    """Return the scopes of these groups, each once, sorted. An unknown group grants none."""
    names = {scope for group in groups for scope in SCOPES_BY_GROUP.get(group, ())}
    return sorted(f"{SCOPE_PREFIX}{name}" for name in names)
