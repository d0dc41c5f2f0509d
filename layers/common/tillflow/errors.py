"""Base classes of the domain errors, and the errors that several services raise or report.

The errors of one service are in its `errors` module. Step Functions matches `Retry` and `Catch` on the class name, so
a class name is a name in the workflows, unique over all services.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from reprlib import Repr
from typing import ClassVar, Self

# Step Functions keeps 32,768 characters of an error's cause, which holds the message and more.
_MAX_MESSAGE = 20_000
# Bounded in depth and length: a value may be of any size and nesting.
_MAX_DEPTH, _MAX_PARTS, _MAX_TEXT = 3, 6, 60
_IS, _EXPECTED, _NEXT = " is ", "; expected ", ". "
"""What is between the parts of a sentence such as `quantity is 0; expected a number`, and between two sentences."""
_AMOUNTS = frozenset({"amount", "total", "unit_cost"})
_REPR = Repr(maxother=_MAX_TEXT)


@dataclass(frozen=True, slots=True)
class Problem:
    """A field that is not accepted: its path, e.g. ``lines[2].quantity``, its value and what is accepted."""

    field: str
    value: object
    expected: str

    def __str__(self) -> str:
        return f"{_shortened(self.field, 120)} is {_shown(self.value)}; expected {self.expected}"


class DomainError(Exception):
    """Base class of the errors a service raises by name.

    retried: True if the error can pass by waiting, so that a workflow retries it.
    cashier_message: what the till shows; `str(error)` is for the operator.
    status: the HTTP status of the API's response; None for that of its kind (see tillflow.api.problems).
    problems: the fields of the request that are not accepted, or differ from what is stored; often none.
    """

    retried: ClassVar[bool] = False
    status: ClassVar[int | None] = None
    cashier_message: ClassVar[str]
    problems: Sequence[Problem] = ()


class InvalidRequest(DomainError):
    """A request with fields that are not accepted. The message names every one of them."""

    cashier_message = "The request is not valid. Call the operator."
    subject: ClassVar[str] = "request"

    def __init__(self, field: str, value: object, expected: str, others: Sequence[Problem] = ()) -> None:
        problems = (Problem(field, value, expected), *others)
        super().__init__(f"{self.subject}: {_joined([str(problem) for problem in problems])}")
        self.problems = problems

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> Self:
        """Return the error of one problem or more."""
        first, *others = problems
        return cls(first.field, first.value, first.expected, others)


class InvalidOrder(InvalidRequest):
    """An order that cannot be priced."""

    cashier_message = "The order is not valid. Check the lines and discounts."
    subject = "order"


class UnknownOrder(DomainError):
    """An order id that does not exist."""

    cashier_message = "No such order. Check the number on the receipt."

    def __init__(self, order_id: str) -> None:
        super().__init__(f"order {order_id} does not exist")


class UnknownReferences(InvalidRequest):
    """A request names records that do not exist. The message names every one of them."""

    cashier_message = "Something in the request does not exist. Check the named field."


class IdempotencyConflict(DomainError):
    """A request under a key that was used before with different content; the first one stays.

    stored and sent: the two requests; the message names every field that differs.
    """

    status = 409
    cashier_message = "This was entered before with other values. Check what is stored."

    def __init__(self, subject: str, stored: Mapping[str, object], sent: Mapping[str, object]) -> None:
        different = [name for name in {**stored, **sent} if stored.get(name) != sent.get(name)]
        details = ", ".join(
            f"{name} is {_shown_of(stored, name)}, sent {_shown_of(sent, name)}" for name in different
        )
        super().__init__(f"{subject} exists with different content: {details}")
        self.different = different
        self.problems = [
            Problem(name, sent.get(name), f"{_shown_of(stored, name)}, which is stored") for name in different
        ]


def check_same(subject: str, stored: Mapping[str, object], sent: Mapping[str, object]) -> None:
    """Raise IdempotencyConflict unless a repeated request is the stored one."""
    if stored != sent:
        # Without the error by which the caller found that the request is stored.
        raise IdempotencyConflict(subject, stored, sent) from None


class RecordChanged(DomainError):
    """Another writer changed the record since it was read: read it again, then change it."""

    status = 409
    cashier_message = "The record has changed. Load it again, then save."

    def __init__(self, record: str, version: int) -> None:
        super().__init__(f"{record} has changed since version {version} was read")
        self.problems = [Problem("If-Match", version, "the ETag of the newest version")]


class TendersDoNotMatchTotal(DomainError):
    """The tenders do not add up to the total. Amounts are formatted with their currency."""

    cashier_message = "The payments do not add up to the total."

    def __init__(self, tendered: str, total: str) -> None:
        super().__init__(f"tenders add up to {tendered}; expected the total, {total}")


class DiscountAboveLimit(DomainError):
    """The discounts of an order are above what its seller may give. Amounts are formatted with their currency."""

    status = 409
    cashier_message = "The discount is above your limit. Call a manager."

    def __init__(self, role: str, discount: str, accepted: str) -> None:
        super().__init__(f"discounts are {discount}; a {role} may give {accepted}")


class InsufficientStock(DomainError):
    """Fewer units are available than requested; quantities are whole units."""

    status = 409
    cashier_message = "Not enough in stock. Lower the quantity or remove it."

    def __init__(self, sku: str, location: str, requested: int, available: int) -> None:
        super().__init__(f"sku {sku} at {location}: {requested} requested, {available} available")
        self.sku, self.location, self.requested, self.available = sku, location, requested, available


class PaymentDeclined(DomainError):
    """The provider refused to authorise; reason is the provider's code, e.g. ``insufficient_funds``."""

    status = 402
    cashier_message = "Payment declined. Ask for another way to pay."

    def __init__(self, reason: str) -> None:
        super().__init__(f"payment declined: {reason}")
        self.reason = reason


class CaptureRefused(DomainError):
    """The provider refused to capture what it had authorised."""

    status = 402
    cashier_message = "Payment failed. Nothing was charged."

    def __init__(self, reason: str) -> None:
        super().__init__(f"capture refused by the provider: {reason}")
        self.reason = reason


class AuthorisationExpired(DomainError):
    """The authorisation expired before its capture; nothing was charged."""

    status = 402
    cashier_message = "The card's authorisation has expired. Start the sale again."

    def __init__(self, order_id: str, tender_no: int) -> None:
        super().__init__(f"the authorisation of tender {tender_no} of order {order_id} has expired")


class RefundRefused(DomainError):
    """Neither the provider nor the other tenders of the sale can refund the amount; nothing was refunded."""

    status = 409
    cashier_message = "This payment cannot be refunded. Offer store credit, unless it is disputed."

    def __init__(self, return_id: str, reason: str) -> None:
        super().__init__(f"refund of return {return_id} refused: {reason}")


class OrderClosed(DomainError):
    """A step was delivered after its compensation, or in a later status: the order no longer accepts it."""

    status = 409
    cashier_message = "This order is closed. Start a new one."

    def __init__(self, order_id: str, step: str, status: str = "closed") -> None:
        super().__init__(f"{order_id} is {status}; {step} is no longer accepted")


class DocumentTooLarge(DomainError):
    """A business document has grown beyond what one row holds; the change was not stored."""

    cashier_message = "The document is too large. Split it."

    def __init__(self, document_id: str, size: int, limit: int) -> None:
        super().__init__(f"document {document_id} would have {size:,} bytes; expected at most {limit:,}")


class PaymentOutcomeUnknown(DomainError):
    """The provider did not report the outcome of an effect; ask it again."""

    retried = True
    cashier_message = "Waiting for the bank. Do not charge again."

    def __init__(self, effect: str) -> None:
        super().__init__(f"{effect}: the provider did not report the outcome")


class ProviderUnavailable(DomainError):
    """A provider could not be reached; nothing was done."""

    retried = True
    cashier_message = "The payment provider does not respond. Try again."

    def __init__(self, effect: str) -> None:
        super().__init__(f"{effect}: the provider is unavailable")


class StoreContention(DomainError):
    """Other writers kept changing the same rows; nothing was written. Passes by trying again later."""

    retried = True
    cashier_message = "Busy. Trying again."

    def __init__(self, operation: str) -> None:
        super().__init__(f"{operation}: other writers kept changing the same rows; try again")


class StoreUnavailable(DomainError):
    """The data store was throttled, timed out or failed. Passes by trying again later."""

    retried = True
    cashier_message = "Busy. Trying again."

    def __init__(self, cause: str) -> None:
        super().__init__(f"data store temporarily unavailable: {cause}")


class PendingWork(DomainError):
    """A workflow must not wait: the document, e.g. ``purchase po-1``, has a step to run."""

    status = 409
    cashier_message = "The document has changed. Load it again."

    def __init__(self, document: str, step: str) -> None:
        super().__init__(f"{document} has pending work ({step})")


class ImageSuperseded(DomainError):
    """A newer version of the object, or another delivery of its event, has decided its image."""

    cashier_message = "A newer picture is shown."

    def __init__(self, key: str) -> None:
        super().__init__(f"image {key} is decided by a newer event; expected to be the newest")


def errors_by_name() -> dict[str, type[DomainError]]:
    """Return the domain errors of every module imported so far, by the name that state machines match."""
    return {error.__name__: error for error in _subclasses(DomainError)}


def problems_in(message: str) -> list[Problem]:
    """Return the problems that the message of an InvalidRequest names: a workflow keeps the message alone."""
    _, _, sentences = message.partition(": ")
    subject, *others = sentences.split(_EXPECTED)
    field, verb, value = subject.partition(_IS)
    if not (verb and others):
        return []
    problems, accepted = list[Problem](), list[str]()
    for text in others[:-1]:
        before, following = _divided(text)
        accepted.append(before)
        # A value, or what is accepted, can have the words that end a sentence.
        if following:
            expected = _EXPECTED.join(accepted)
            problems.append(Problem(field, _read(value), expected))
            accepted = []
            field, _, value = following.partition(_IS)
    expected = _EXPECTED.join([*accepted, others[-1]])
    return [*problems, Problem(field, _read(value), expected)]


def _divided(text: str) -> tuple[str, str]:
    """Return what is accepted and the sentence after it, "" without one, in time of the length of the text."""
    semicolon = verb = -1
    at = text.find(_NEXT)
    while at >= 0:
        start = at + len(_NEXT)
        semicolon = semicolon if semicolon >= start else _place(text, ";", start)
        verb = verb if verb > start else _place(text, _IS, start + 1)
        # The name of a field has no semicolon.
        if verb < semicolon and not text[start].isspace():
            return text[:at], text[start:]
        at = text.find(_NEXT, start)
    return text, ""


def _place(text: str, part: str, start: int) -> int:
    """Return where a part begins, the end of the text without it."""
    at = text.find(part, start)
    return len(text) if at < 0 else at


def _read(text: str) -> object:
    """Return the value that a message shows; text for what is not JSON or is incomplete."""
    if text == "missing":
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text.strip("'")


def _subclasses(error: type[DomainError]) -> Iterator[type[DomainError]]:
    for subclass in error.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _joined(sentences: Sequence[str]) -> str:
    """Join sentences, as many as the cause of a failed execution can hold."""
    total, shown = 0, []
    for sentence in sentences:
        total += len(sentence) + 2
        if total > _MAX_MESSAGE:
            break
        shown.append(sentence)
    rest = len(sentences) - len(shown)
    return ". ".join([*shown, f"{rest} more fields are not accepted"] if rest else shown)


def _shown_of(request: Mapping[str, object], name: str) -> str:
    """Return a field of a request as it is shown: an amount as 12.50 EUR, if the request has its currency."""
    from tillflow.money import EXPONENT, Money

    value, currency = request.get(name), request.get("currency")
    if name in _AMOUNTS and type(value) is int and currency in EXPONENT:
        return str(Money(value, str(currency)))
    return _shown(value)


def _shown(value: object) -> str:
    match value:
        case None:
            return "missing"
        case str():
            # Shortened before repr: a value of 1 MB must not be copied for its message.
            return repr(_shortened(value, 60))
    return shown_json(value)


def shown_json(value: object) -> str:
    """Return a value as JSON that is at most 60 characters long and may be incomplete at its end."""
    text = json.dumps(_bounded(value), ensure_ascii=False, default=_REPR.repr)
    return _shortened(text.encode(errors="backslashreplace").decode(), 60)


def _bounded(value: object, depth: int = 0) -> object:
    """Return the first parts of a value, since one of any size must not be written for its message."""
    match value:
        case str() if len(value) > _MAX_TEXT:
            return _shortened(value, _MAX_TEXT)
        case date() | Decimal():
            return str(value)
        case int() if not isinstance(value, bool) and abs(value) >= 10**_MAX_TEXT:
            return "a long number"
        case Mapping() | list() | tuple() if depth == _MAX_DEPTH:
            return "..."
        case Mapping():
            parts = islice(value.items(), _MAX_PARTS)
            return {str(_bounded(str(name))): _bounded(part, depth + 1) for name, part in parts}
        case list() | tuple():
            return [_bounded(part, depth + 1) for part in value[:_MAX_PARTS]]
    return value


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 3] + "..."
