"""Who calls: a person whom the gateway has signed in, or one whose IAM identity may invoke the function.

A function has an alias for each group (`cashier`, `manager`, `operator`), and a person's policy allows some of them.
Lambda passes the invoked alias to the function, so that an event cannot claim another group; the gateway invokes
none of these aliases.
"""

from dataclasses import dataclass

from tillflow.api.events import Event, Iam
from tillflow.api.roles import SCOPE_PREFIX, SCOPES_BY_GROUP

_ARN_PARTS = 8


@dataclass(frozen=True, slots=True)
class Caller:
    """A person. `location` is the only one a cashier may sell at; "" where the caller has none.

    principal: the ARN of the IAM identity that the caller names, "" for a request of the gateway; only for the log.
    """

    username: str
    groups: frozenset[str]
    scopes: frozenset[str]
    location: str = ""
    principal: str = ""

    @property
    def is_manager(self) -> bool:
        return bool(self.groups & {"manager", "operator"})


def caller_of(event: Event, invoked_arn: str = "") -> Caller:
    """Return the caller of a request; one without name and groups for a route without sign-in.

    invoked_arn: the ARN by which the function was invoked. HTTP APIs pass a claim that is a list as the text
    `[cashier manager]`.
    """
    if group := invoked_group(invoked_arn):
        named = event.authorizer.iam or Iam()
        return Caller(
            username=named.username,
            groups=frozenset({group}),
            scopes=frozenset(f"{SCOPE_PREFIX}{scope}" for scope in SCOPES_BY_GROUP[group]),
            principal=named.userArn,
        )
    claims = event.authorizer.jwt.claims if event.authorizer.jwt else {}
    return Caller(
        username=str(claims.get("username", "")),
        groups=frozenset(str(claims.get("cognito:groups", "")).strip("[]").replace(",", " ").split()),
        scopes=frozenset(str(claims.get("scope", "")).split()),
        location=str(claims.get("location", "")),
    )


def invoked_group(invoked_arn: str) -> str:
    """Return the group whose alias was invoked, "" for the function itself or another alias."""
    parts = invoked_arn.split(":")
    alias = parts[-1] if len(parts) == _ARN_PARTS else ""
    return alias if alias in SCOPES_BY_GROUP else ""
