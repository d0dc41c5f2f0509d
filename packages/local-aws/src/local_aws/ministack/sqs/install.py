"""Installation of the parts of SQS that need no journal."""

from __future__ import annotations

from .message_checks import install_message_checks
from .queue_checks import install_queue_checks
from .queues import install_message_lock


def install_sqs() -> None:
    """Check requests, make the changes of each at once. Call it before the journal is installed."""
    install_message_lock()
    install_message_checks()
    install_queue_checks()
