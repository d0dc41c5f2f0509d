"""Dead-letter queues: list, read and redrive their messages.

The output `XDeadLetterQueue` of the stack has the failed messages of the queue `XQueue`. Messages of one
without such a source queue have a redrive command of their own.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from till.errors import OperatorError
from till.stack import Stack

_SUFFIX = "DeadLetterQueue"


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
        f"There is no dead-letter queue called {name}.", f"Choose one of: {', '.join(q.name for q in known)}."
    )


def peek(stack: Stack, queue: DeadLetterQueue, limit: int) -> list[dict[str, Any]]:
    """Return up to `limit` messages without removing them; they are visible again at once."""
    messages: list[dict[str, Any]] = []
    while len(messages) < limit and (batch := _receive(stack, queue, limit - len(messages))):
        messages += batch
    for message in messages:
        stack.client("sqs").change_message_visibility(
            QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
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


def _receive(stack: Stack, queue: DeadLetterQueue, limit: int) -> list[dict[str, Any]]:
    answer = stack.client("sqs").receive_message(
        QueueUrl=queue.url,
        MaxNumberOfMessages=min(limit, 10),
        VisibilityTimeout=30,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _message_count(stack: Stack, url: str) -> int:
    names = ["ApproximateNumberOfMessages"]
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])
