"""Who has signed a request of a webhook."""

from tillflow.api.routing import Call
from tillflow.secrets import find_secret
from tillflow.signatures import is_signed
from tillflow.times import utc_now


def is_signed_with(call: Call, secret_name: str) -> bool:
    """Return whether the raw body is signed with a secret, now; False without such a secret.

    The headers are `x-tillflow-timestamp` and `x-tillflow-signature`: see `is_signed`.
    """
    timestamp = call.headers.get("x-tillflow-timestamp", "")
    signed = call.headers.get("x-tillflow-signature", "")
    secret = find_secret(secret_name)
    return secret is not None and is_signed(secret, timestamp, call.raw, signed, utc_now())
