"""What people ask of dead-letter queues: list, look at, redrive and drop."""

from collections.abc import Mapping

from tillflow.callbacks import NO_WORKFLOW

from cases.dead_letters import rules
from cases.dead_letters.errors import NotRedrivable, UnknownDeadLetter, UnknownDeadLetterQueue
from cases.dead_letters.models import DeadLetter, DeadLetterQueue, Dropped, MessageFailure
from cases.dead_letters.queues import MessageQueues, QueueUrls
from cases.operations import CaseOperations
from cases.rules import check_decision

_DECISION = "give_up"


class DeadLetterOperations:
    """urls: of each dead-letter queue by its name; cases: keep what is dropped."""

    def __init__(self, queues: MessageQueues, urls: Mapping[str, QueueUrls], cases: CaseOperations) -> None:
        self._queues = queues
        self._urls = urls
        self._cases = cases

    def list_queues(self) -> list[DeadLetterQueue]:
        """Return all dead-letter queues by name, with the approximate number of their messages."""
        return [
            DeadLetterQueue(name=name, messages=self._queues.count(urls), redrivable=urls.source is not None)
            for name, urls in sorted(self._urls.items())
        ]

    def list_messages(self, name: str, limit: int) -> list[DeadLetter]:
        """Return up to `limit` messages with why they failed. None is removed. UnknownDeadLetterQueue."""
        urls = self._find(name)[1]
        messages = self._queues.peek(urls, limit)
        failures = self._queues.failures(urls, messages)
        return [rules.dead_letter(*pair) for pair in zip(messages, failures, strict=True)]

    def redrive(self, name: str, limit: int) -> list[str]:
        """Move up to `limit` messages back to the queue they came from; return their ids.

        UnknownDeadLetterQueue, NotRedrivable.
        """
        return list(self._queues.move_back(self._redrivable(name)[1], limit))

    def redrive_message(self, name: str, message_id: str) -> list[str]:
        """Move one message back to the queue it came from; return its id.

        UnknownDeadLetterQueue, NotRedrivable, UnknownDeadLetter.
        """
        known, urls = self._redrivable(name)
        message = self._queues.take(urls, message_id)
        if message is None:
            raise UnknownDeadLetter(known, message_id)
        self._queues.send_back(urls, message)
        return [message_id]

    def drop(self, name: str, message_id: str, note: str, by: str) -> Dropped:
        """Delete one message; a resolved case keeps its content, the note and the person.

        A repeated request returns what the first one did. UnknownDeadLetterQueue, UnknownDeadLetter, InvalidDecision.
        """
        check_decision(_DECISION, note)
        known, urls = self._find(name)
        case_id = rules.case_id(known, message_id)
        message = self._queues.take(urls, message_id)
        if message is None:
            case = self._cases.find(case_id)
            if case is None or case.note != note:
                raise UnknownDeadLetter(known, message_id)
            return Dropped(case_id=case_id, failure=MessageFailure(reason=case.error))
        (failure,) = self._queues.failures(urls, [message])
        opening = {
            "case_id": case_id,
            "business_id": f"dlq-{known}",
            "workflow": f"{known}DeadLetterQueue",
            "side": "forward",
            "step": "drop",
            "error": failure.reason,
            "cause": message["Body"],
            "task_token": NO_WORKFLOW,
        }
        try:
            self._cases.record(opening, _DECISION, note, by)
        except Exception:
            self._queues.release(urls, [message])
            raise
        self._queues.delete(urls, message)
        return Dropped(case_id=case_id, failure=failure)

    def _redrivable(self, name: str) -> tuple[str, QueueUrls]:
        """Return a queue as `_find` does. NotRedrivable if it has no source queue."""
        known, urls = self._find(name)
        if urls.source is None:
            raise NotRedrivable(known)
        return known, urls

    def _find(self, name: str) -> tuple[str, QueueUrls]:
        """Return a queue by its name in any case, with its name as it is."""
        for known, urls in self._urls.items():
            if known.lower() == name.lower():
                return known, urls
        raise UnknownDeadLetterQueue(name, sorted(self._urls))
