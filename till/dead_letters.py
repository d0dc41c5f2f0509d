"""Dead-letter queues: what waits in them, and sending it back to the queue it came from.

A queue called `XDeadLetterQueue` among the stack's outputs holds what was given up of the queue `XQueue`. One
without such a queue has a redrive of its own, which its alarm names.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from till.errors import OperatorError
from till.stack import Stack

_SUFFIX = "DeadLetterQueue"


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A dead-letter queue: its URL, about how many messages wait, and the URL they can go back to."""

    name: str
    url: str
    home: str | None
    waiting: int

    def document(self) -> dict[str, Any]:
        return asdict(self)


def queues(stack: Stack) -> list[DeadLetters]:
    """Every dead-letter queue of the stack."""
    found = []
    for output, url in sorted(stack.outputs.items()):
        if output.endswith(_SUFFIX):
            name = output.removesuffix(_SUFFIX)
            found.append(DeadLetters(name, url, stack.outputs.get(f"{name}Queue"), _waiting(stack, url)))
    return found


def find(stack: Stack, name: str) -> DeadLetters:
    """The dead letters called `name`, in any case. Raises OperatorError."""
    known = queues(stack)
    for queue in known:
        if queue.name.lower() == name.lower():
            return queue
    raise OperatorError(
        f"There is no dead-letter queue called {name}.", f"Choose one of: {', '.join(q.name for q in known)}."
    )


def peek(stack: Stack, queue: DeadLetters, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` waiting messages, as SQS gives them; they stay, and a redrive right after finds them."""
    messages: list[dict[str, Any]] = []
    while len(messages) < limit and (batch := _receive(stack, queue, limit - len(messages))):
        messages += batch
    for message in messages:
        stack.client("sqs").change_message_visibility(
            QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
        )
    return messages


def redrive(stack: Stack, queue: DeadLetters) -> Iterator[str]:
    """Send what waits back where it came from; the id of each message, as it goes.

    As many as waited when it began: what fails again meanwhile is left for the next time. A message is deleted
    once its copy is in the queue, so one that is interrupted comes twice rather than never.
    """
    if queue.home is None:
        raise OperatorError(
            f"What waits in {queue.name} did not come from a queue.",
            f"`till {queue.name.lower()} redrive` starts it again.",
        )
    sqs, left = stack.client("sqs"), queue.waiting
    while left > 0 and (batch := _receive(stack, queue, left)):
        for message in batch:
            sqs.send_message(
                QueueUrl=queue.home,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
            )
            sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            yield message["MessageId"]
        left -= len(batch)


def _receive(stack: Stack, queue: DeadLetters, most: int) -> list[dict[str, Any]]:
    answer = stack.client("sqs").receive_message(
        QueueUrl=queue.url,
        MaxNumberOfMessages=min(most, 10),
        VisibilityTimeout=30,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _waiting(stack: Stack, url: str) -> int:
    wanted = ["ApproximateNumberOfMessages"]
    answer = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])
