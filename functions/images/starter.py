"""Start one ingest for each queued event and wait until it has ended."""

import json
import time
from collections.abc import Callable
from typing import Any

from tillflow.executions import start_execution
from tillflow.queue import Message

from images.operations import dead_letter_event

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 4.0
_RESERVE_MILLISECONDS = 10_000


class IngestStarter:
    """Starts ingests. `states` is a Step Functions client, `machine` the ARN of the ingest workflow's alias."""

    def __init__(self, states: Any, machine: str, pause: Callable[[float], None] = time.sleep) -> None:
        self._states = states
        self._machine = machine
        self._pause = pause

    def start(self, message: Message) -> str:
        """Start the ingest of a message; return the execution's ARN. A second delivery returns the first one's.

        A message that was in the dead-letter queue is a redrive: it starts a new execution.
        """
        body = json.loads(message.body)
        is_event = "detail-type" in body
        event = body if is_event else {**dead_letter_event({"Body": message.body}), "redriven": True}
        name = f"event-{body['id']}" if is_event and "id" in body else f"message-{message.messageId}"
        return start_execution(self._states, self._machine, name, event).arn

    def wait(self, arn: str, remaining_milliseconds: Callable[[], int]) -> None:
        """Return when the execution has ended, or shortly before the function's timeout."""
        wait = _FIRST_PAUSE
        while self._states.describe_execution(executionArn=arn)["status"] == "RUNNING":
            if remaining_milliseconds() < _RESERVE_MILLISECONDS + 1000 * wait:
                return
            self._pause(wait)
            wait = min(2 * wait, _LONGEST_PAUSE)
