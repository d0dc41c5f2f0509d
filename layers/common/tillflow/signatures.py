"""Signatures of webhooks, outgoing and incoming."""

import hashlib
import hmac
from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)


def signature(secret: str, body: str) -> str:
    """Return the HMAC-SHA256 of the body under the receiver's secret, as `sha256=<hex>`."""
    return "sha256=" + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, raw: bytes, signed: str, now: datetime) -> bool:
    """Whether `signed` is the signature of `<timestamp>.<raw>` under the secret, and the timestamp is of now.

    timestamp: whole seconds since 1970, as text. The comparison takes the same time wherever the texts differ.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return False
    expected = (
        "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    )
    return hmac.compare_digest(expected.encode(), signed.encode())
