"""Task tokens: opaque outside, inside the way to the frame that waits."""

import base64
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .frame import Frame


def new_token(frame: "Frame") -> str:
    execution_id, frame_id = frame.key
    return base64.b64encode(f"{execution_id}/{frame_id}/{uuid.uuid4()}".encode()).decode()


def read_token(token: str) -> tuple[int, int] | None:
    """The execution and frame a token belongs to, or None when it is none of ours."""
    try:
        execution_id, frame_id, _ = base64.b64decode(token, validate=True).decode().split("/")
        return int(execution_id), int(frame_id)
    except ValueError:
        return None
