"""Users of a stack, the demo shop's users, and the address of its HTTP API."""

from identity.errors import UserExists
from identity.operations import UserOperations

from till.shop import LOCATION
from till.stack import Stack

DEMO_PASSWORD = "Tillflow-2026"  # noqa: S105 - of the demo shop on a local AWS; no other stack gets these users
DEMO_USERS = (
    {"username": "cashier", "group": "cashier", "location": LOCATION},
    {"username": "manager", "group": "manager"},
    {"username": "operator", "group": "operator"},
)


def users(stack: Stack) -> UserOperations:
    """Return the operations of users on a stack."""
    return UserOperations(
        stack.client("cognito-idp"), stack.output("UserPoolId"), stack.output("TillClientId")
    )


def create_demo_users(stack: Stack) -> None:
    """Create the demo shop's users; those that exist stay. Does nothing on AWS: their password is public."""
    if stack.endpoint is None:
        return
    for user in DEMO_USERS:
        try:
            users(stack).create(user, DEMO_PASSWORD)
        except UserExists:
            continue


def api_url(stack: Stack) -> str:
    """Return the URL that the API's routes are below.

    The local AWS serves an API by its id in the path: that works in curl, Python and a browser alike, where a host
    name such as `<id>.execute-api.localhost` does not resolve everywhere.
    """
    if stack.endpoint is None:
        return stack.output("ApiUrl")
    return f"{stack.endpoint}/_aws/execute-api/{stack.output('ApiId')}/$default"
