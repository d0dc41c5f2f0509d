"""Errors of the images service."""

from tillflow.errors import DomainError

from images.models import MAX_KEY_BYTES


class UnknownImage(DomainError):
    """There is no image with this key."""

    cashier_message = "No such picture."

    def __init__(self, key: str) -> None:
        name = key if len(key) <= 100 else f"{key[:100]}…; expected a key of at most {MAX_KEY_BYTES} bytes"
        super().__init__(f"There is no image {name}.")
