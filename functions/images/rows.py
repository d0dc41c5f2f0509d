"""Rows of the images table.

pk IMAGE#<key>, sk IMAGE             the state of an object: status READY | REJECTED | DELETED
pk IMAGE#<key>, sk ATTEMPT#<attempt> a discarded attempt: it can no longer take the row
pk PRODUCT#<sku>, sk IMAGE#<id>      an image that the product shows

A row's `quarantine` attribute is in the sparse index of rejected images; `expires_at` is when DynamoDB deletes it.
"""

from typing import Any

from tillflow.store import Item

STATE = "IMAGE"
_LINKED = (
    "key", "image_id", "displayed_size", "placeholder", "dominant_colour", "outputs", "updated_at",
)  # fmt: skip


def state_key(key: str) -> tuple[str, str]:
    """Return pk and sk of an object's state."""
    return f"IMAGE#{key}", STATE


def attempt_key(key: str, attempt: str) -> tuple[str, str]:
    """Return pk and sk of a discarded attempt."""
    return f"IMAGE#{key}", f"ATTEMPT#{attempt}"


def link_key(sku: str, image_id: str) -> tuple[str, str]:
    """Return pk and sk of a product's image. An object key can be longer than DynamoDB's 1,024 bytes of a sort key."""
    return f"PRODUCT#{sku}", f"IMAGE#{image_id}"


def state_row(settled: Item) -> Item:
    """Return the row of an object's state."""
    sparse = {"quarantine": "REJECTED"} if settled["status"] == "REJECTED" else {}
    return {**_keys(state_key(settled["key"])), **settled, **sparse}


def attempt_row(key: str, attempt: str, expires_at: int) -> Item:
    """Return the row of a discarded attempt; expires_at in seconds since the epoch."""
    return {**_keys(attempt_key(key, attempt)), "expires_at": expires_at}


def link_row(sku: str, settled: Item) -> Item:
    """Return the row of a product's image."""
    return {**_keys(link_key(sku, settled["image_id"])), **{name: settled[name] for name in _LINKED}}


def _keys(names: tuple[str, str]) -> dict[str, Any]:
    return dict(zip(("pk", "sk"), names, strict=True))
