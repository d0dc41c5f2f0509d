"""Task tokens: opaque to callers; they encode the execution and the frame that waits."""

import base64
import uuid


def new_token(execution_id: int, frame_id: int) -> str:
    """Return a new token for a frame."""
    return base64.b64encode(f"{execution_id}/{frame_id}/{uuid.uuid4()}".encode()).decode()


def parse_token(token: str) -> tuple[int, int] | None:
    """Return the execution and frame a token belongs to, or None when it is malformed."""
    try:
        execution_id, frame_id, _ = base64.b64decode(token, validate=True).decode().split("/")
        return int(execution_id), int(frame_id)
    except ValueError:
        return None
