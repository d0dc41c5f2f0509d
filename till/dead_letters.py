"""Dead-letter queues: list, read, redrive and drop their messages.

The output `XDeadLetterQueue` of the stack has the failed messages of the queue `XQueue`. Messages of one
without such a source queue have a redrive command of their own.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from tillflow.errors import DomainError

from till.errors import OperatorError
from till.failures import Failure, failure_of
from till.services.cases import Cases
from till.stack import Stack

_SUFFIX = "DeadLetterQueue"
_RECEIVED = 10


@dataclass(frozen=True, slots=True)
class DeadLetterQueue:
    """A dead-letter queue, its source queue, and the approximate number of its messages."""

    name: str
    url: str
    source_url: str | None
    messages: int

    def document(self) -> dict[str, Any]:
        return asdict(self)


def queues(stack: Stack) -> list[DeadLetterQueue]:
    """Return all dead-letter queues of the stack."""
    dead_letter_queues = []
    for output, url in sorted(stack.outputs.items()):
        if output.endswith(_SUFFIX):
            name = output.removesuffix(_SUFFIX)
            dead_letter_queues.append(
                DeadLetterQueue(name, url, stack.outputs.get(f"{name}Queue"), _message_count(stack, url))
            )
    return dead_letter_queues


def find(stack: Stack, name: str) -> DeadLetterQueue:
    """Return the dead-letter queue of a name, in any case. Raise OperatorError."""
    known = queues(stack)
    for queue in known:
        if queue.name.lower() == name.lower():
            return queue
    raise OperatorError(
        f"There is no dead-letter queue called {name[:60]}.",
        f"Choose one of: {', '.join(q.name for q in known)}.",
    )


def peek(stack: Stack, queue: DeadLetterQueue, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` messages without removing them; they are visible again at once."""
    messages: list[dict[str, Any]] = []
    while len(messages) < limit and (batch := _receive(stack, queue, limit - len(messages))):
        messages += batch
    _release(stack, queue, messages)
    return messages


def redrive(stack: Stack, queue: DeadLetterQueue) -> Iterator[str]:
    """Move messages back to the source queue; yield the id of each.

    Moves as many as there were at the start, so messages that fail again meanwhile stay. A message is deleted after
    its copy was sent: an interruption can duplicate it, not lose it.
    """
    if queue.source_url is None:
        raise OperatorError(
            f"The messages of {queue.name} have no source queue.",
            f"Redrive them with `till {queue.name.lower()} redrive`.",
        )
    sqs, remaining = stack.client("sqs"), queue.messages
    while remaining > 0 and (batch := _receive(stack, queue, remaining)):
        for message in batch:
            sqs.send_message(
                QueueUrl=queue.source_url,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            yield message["MessageId"]
        remaining -= len(batch)


def drop(stack: Stack, queue: DeadLetterQueue, message_id: str, note: str, by: str) -> Failure:
    """Delete one message; a resolved case keeps its content, the note and the person. Return why it failed.

    OperatorError if the queue has no such message.
    """
    messages: list[dict[str, Any]] = []
    while batch := _receive(stack, queue, _RECEIVED):
        messages += batch
    found = [message for message in messages if message["MessageId"] == message_id]
    _release(stack, queue, [message for message in messages if message not in found])
    if not found:
        raise OperatorError(
            f"{queue.name} has no message {message_id}.", f"See them with `till dlq show {queue.name}`."
        )
    failure = failure_of(stack, queue.source_url, found[0])
    dropped = {
        "case_id": f"dlq-{queue.name}#{message_id}",
        "business_id": f"dlq-{queue.name}",
        "workflow": f"{queue.name}{_SUFFIX}",
        "side": "forward",
        "step": "drop",
        "error": failure.reason,
        "cause": found[0]["Body"],
        "task_token": "none",
    }
    try:
        Cases(stack).record(dropped, "give_up", note, by)
    except DomainError:
        _release(stack, queue, found)
        raise
    stack.client("sqs").delete_message(QueueUrl=queue.url, ReceiptHandle=found[0]["ReceiptHandle"])
    return failure


def _release(stack: Stack, queue: DeadLetterQueue, messages: list[dict[str, Any]]) -> None:
    """Make messages visible again at once."""
    for message in messages:
        stack.client("sqs").change_message_visibility(
            QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )


def _receive(stack: Stack, queue: DeadLetterQueue, limit: int) -> list[dict[str, Any]]:
    response = stack.client("sqs").receive_message(
        QueueUrl=queue.url,
        MaxNumberOfMessages=min(limit, _RECEIVED),
        VisibilityTimeout=30,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    )
    messages: list[dict[str, Any]] = response.get("Messages", [])
    return messages


def _message_count(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    response = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(response["Attributes"]["ApproximateNumberOfMessages"])
