"""Dead-letter queues, by the cases service's API function."""

from collections.abc import Iterator

from cases.dead_letters.limits import MOST_MESSAGES
from cases.dead_letters.models import DeadLetter, DeadLetterQueue, Dropped

from till.services.client import Service
from till.stack import Stack


class DeadLetterQueues:
    """Messages that kept failing."""

    def __init__(self, stack: Stack) -> None:
        self._service = Service(stack, "CasesApiFunction")

    def list_queues(self) -> list[DeadLetterQueue]:
        """Return all dead-letter queues with the approximate number of their messages."""
        response = self._service.call("GET /dead-letters", "operate")
        return [DeadLetterQueue.model_validate(one) for one in response.body["queues"]]

    def list_messages(self, queue: str, limit: int) -> list[DeadLetter]:
        """Return up to `limit` messages of a queue; none is removed. UnknownDeadLetterQueue."""
        response = self._service.call(
            "GET /dead-letters/{queue}/messages", "operate", path={"queue": queue}, query={"limit": limit}
        )
        return [DeadLetter.model_validate(one) for one in response.body["messages"]]

    def redrive(self, queue: str) -> Iterator[str]:
        """Move the messages of a queue back to its source; yield their ids. UnknownDeadLetterQueue, NotRedrivable.

        Moves as many as there were at the start, so messages that fail again meanwhile stay.
        """
        remaining = next((one.messages for one in self.list_queues() if one.name.lower() == queue.lower()), 1)
        while remaining > 0:
            moved: list[str] = self._service.call(
                "POST /dead-letters/{queue}/redrive",
                "operate",
                path={"queue": queue},
                body={"limit": min(remaining, MOST_MESSAGES)},
            ).body["message_ids"]
            yield from moved
            remaining = remaining - len(moved) if moved else 0

    def redrive_message(self, queue: str, message_id: str) -> None:
        """Move one message back to its source. UnknownDeadLetterQueue, NotRedrivable, UnknownDeadLetter."""
        self._service.call(
            "POST /dead-letters/{queue}/redrive",
            "operate",
            path={"queue": queue},
            body={"message_id": message_id},
        )

    def drop(self, queue: str, message_id: str, note: str, by: str) -> Dropped:
        """Remove one message; a resolved case keeps it. UnknownDeadLetterQueue, UnknownDeadLetter, InvalidDecision."""
        return self._service.call(
            "POST /dead-letters/{queue}/messages/{message_id}/drop",
            "operate",
            path={"queue": queue, "message_id": message_id},
            body={"note": note},
            by=by,
        ).read(Dropped)
