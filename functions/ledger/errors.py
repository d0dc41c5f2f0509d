"""Errors of the ledger."""

from tillflow.errors import DomainError, InvalidRequest
from tillflow.money import Money


class JournalUnbalanced(DomainError):
    """Debits differ from credits; totals are in minor units of the currency."""

    cashier_message = "Paid. The operator has to check the books."

    def __init__(self, entry_id: str, debits: int, credits: int, currency: str) -> None:
        super().__init__(
            f"journal entry {entry_id} is not balanced: debits {Money(debits, currency)}, "
            f"credits {Money(credits, currency)}"
        )


class JournalConflict(DomainError):
    """An entry was posted before with different content; the posted one stays."""

    cashier_message = "Paid. The operator has to check the books."

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"journal entry {entry_id} was posted before with different content")


class InvalidEntry(InvalidRequest):
    """A manual journal entry that is not accepted."""

    cashier_message = "The journal entry is not valid. Check the named field."
    subject = "journal entry"


class UnknownEntry(DomainError):
    """No manual journal entry has this id."""

    cashier_message = "No such journal entry."

    def __init__(self, entry_id: str) -> None:
        super().__init__(f"journal entry {entry_id} does not exist")
