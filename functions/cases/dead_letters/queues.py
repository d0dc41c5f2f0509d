"""The messages of dead-letter queues in SQS, and what the log has of them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict
from tillflow.aws import can_pass
from tillflow.times import utc_now

from cases.dead_letters import rules
from cases.dead_letters.models import MessageFailure
from cases.dead_letters.rules import Message

_RECEIVED = 10
_INVISIBLE_SECONDS = 60
"""Longer than the timeout of the function, so that it meets no message twice."""
_RETENTION = 15 * 86_400_000
_BEFORE_SENT = 2 * 3_600_000
"""In milliseconds. A queue may count from when the message was moved to it, after all attempts."""
_LOG_SECONDS = 8.0
"""For all messages of a request: the log of all functions can be long."""
_READ_SECONDS = 15.0


class QueueUrls(BaseModel):
    """The URLs of a dead-letter queue and of the queue that its messages came from, null without one."""

    model_config = ConfigDict(frozen=True)

    dead_letters: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class MessageQueues:
    """sqs, logs: clients; log_group: the group that all functions write to."""

    sqs: Any
    logs: Any
    log_group: str

    def count(self, queue: QueueUrls) -> int:
        """Return the approximate number of messages of a dead-letter queue."""
        name = "ApproximateNumberOfMessages"
        response = self.sqs.get_queue_attributes(QueueUrl=queue.dead_letters, AttributeNames=[name])
        return int(response["Attributes"][name])

    def peek(self, queue: QueueUrls, limit: int) -> list[Message]:
        """Return up to `limit` messages without removing them; they are visible again at once."""
        messages: list[Message] = []
        try:
            while len(messages) < limit and (batch := self._receive(queue, limit - len(messages))):
                messages += batch
        finally:
            self.release(queue, messages)
        return messages

    def take(self, queue: QueueUrls, message_id: str) -> Message | None:
        """Return one message, which stays invisible for a minute; None if it is not seen within some seconds.

        The others are visible again.
        """
        others: list[Message] = []
        end = time.monotonic() + _READ_SECONDS
        try:
            while time.monotonic() < end and (batch := self._receive(queue, _RECEIVED)):
                others += [message for message in batch if message["MessageId"] != message_id]
                if matching := [message for message in batch if message["MessageId"] == message_id]:
                    return matching[0]
        finally:
            self.release(queue, others)
        return None

    def move_back(self, queue: QueueUrls, limit: int) -> Iterator[str]:
        """Move up to `limit` messages back to the source queue; yield the id of each."""
        moved = 0
        while moved < limit and (batch := self._receive(queue, limit - moved)):
            for message in batch:
                self.send_back(queue, message)
                moved += 1
                yield message["MessageId"]

    def send_back(self, queue: QueueUrls, message: Message) -> None:
        """Move a message that was received back to the source queue.

        It is deleted after its copy was sent: an interruption can duplicate it, not lose it.
        """
        self.sqs.send_message(
            QueueUrl=queue.source,
            MessageBody=message["Body"],
            MessageAttributes=message.get("MessageAttributes", {}),
        )
        self.delete(queue, message)

    def delete(self, queue: QueueUrls, message: Message) -> None:
        """Delete a message that was received."""
        self.sqs.delete_message(QueueUrl=queue.dead_letters, ReceiptHandle=message["ReceiptHandle"])

    def release(self, queue: QueueUrls, messages: list[Message]) -> None:
        """Make messages visible again at once."""
        for message in messages:
            self.sqs.change_message_visibility(
                QueueUrl=queue.dead_letters, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )

    def failures(self, queue: QueueUrls, messages: list[Message]) -> list[MessageFailure]:
        """Return why each message failed: by the message itself, else by the log of its consumer."""
        end = time.monotonic() + _LOG_SECONDS
        return [
            rules.failure_in(message) or (self._logged(message, end) if queue.source else rules.UNKNOWN)
            for message in messages
        ]

    def _logged(self, message: Message, end: float) -> MessageFailure:
        message_id = message["MessageId"]
        entries: list[tuple[int, str]] = []
        for page in self._log_pages(message_id, _search_from(message)):
            entries += [(one["timestamp"], one["message"]) for one in page.get("events", ())]
            if time.monotonic() > end:
                break
        return rules.failure_by_log(entries, message_id) or (
            rules.UNKNOWN if time.monotonic() <= end else _not_searched(message_id)
        )

    def _log_pages(self, message_id: str, since: int) -> Iterator[Mapping[str, Any]]:
        request = {
            "logGroupName": self.log_group,
            "filterPattern": f'"{message_id}"',
            "startTime": since,
        }
        try:
            yield from self.logs.get_paginator("filter_log_events").paginate(**request)
        except self.logs.exceptions.ResourceNotFoundException:  # no function has written a line yet
            return
        except Exception as error:
            # Messages are shown without the log's entries while it cannot be read.
            if not can_pass(error):
                raise

    def _receive(self, queue: QueueUrls, limit: int) -> list[Message]:
        response = self.sqs.receive_message(
            QueueUrl=queue.dead_letters,
            MaxNumberOfMessages=min(limit, _RECEIVED),
            VisibilityTimeout=_INVISIBLE_SECONDS,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        messages: list[Message] = response.get("Messages", [])
        return messages


def _search_from(message: Message) -> int:
    """Return from when on the log can have an entry of a message, in milliseconds since 1970."""
    oldest = int(utc_now().timestamp() * 1000) - _RETENTION
    sent = rules.sent_milliseconds(message)
    return oldest if sent is None else max(oldest, sent - _BEFORE_SENT)


def _not_searched(message_id: str) -> MessageFailure:
    return MessageFailure(reason=f"The log was not searched in time: search it for {message_id}.")
