"""Errors of dead-letter queues."""

from tillflow.errors import DomainError


class UnknownDeadLetterQueue(DomainError):
    """There is no dead-letter queue of this name."""

    cashier_message = "No such queue."

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"queue {name[:80]} does not exist; expected one of {', '.join(known)}")


class UnknownDeadLetter(DomainError):
    """The queue has no message of this id, or none that is visible: a second request may be reading it."""

    cashier_message = "No such message."

    def __init__(self, queue: str, message_id: str) -> None:
        super().__init__(f"queue {queue} has no visible message {message_id[:80]}")


class NotRedrivable(DomainError):
    """The messages of the queue did not come from a queue."""

    status = 409
    cashier_message = "These messages cannot be moved back. The runbook says what to do."

    def __init__(self, name: str) -> None:
        super().__init__(
            f"the messages of {name} have no source queue: see the runbook for what replaces them"
        )
