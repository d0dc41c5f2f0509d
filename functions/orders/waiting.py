"""Wait for the end of what a request has started."""

import time
from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from tillflow.fields import QueryNumber

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Wait(BaseModel):
    """wait: seconds to wait for the end of the workflow."""

    model_config = ConfigDict(frozen=True)

    wait: Annotated[QueryNumber, Field(ge=0, le=20)] = 15


def poll[Document](read: Callable[[], Document], ended: Callable[[Document], bool], seconds: int) -> Document:
    """Return the document once it has ended, or as it is after so many seconds.

    The pauses are a quarter of the time waited, so that the end is seen soon after it and a long wait reads seldom.
    """
    began = time.monotonic()
    while True:
        document = read()
        waited = time.monotonic() - began
        if ended(document) or waited >= seconds:
            return document
        time.sleep(min(max(waited / 4, _SHORTEST_PAUSE), _LONGEST_PAUSE, seconds - waited))
