"""Compare the books of the providers with ours, a page at a time.

Each page reads a part of one list, of theirs or of ours: what the runs before found in progress, the charges and the
refunds that a provider has of the day, our tenders of the day, and our refunds of the day. A charge is compared as a
whole, whatever list names it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from tillflow.errors import ProviderUnavailable
from tillflow.listing import Page
from tillflow.times import utc_now

from payments.provider import ChargeRecord, ProviderDown, ResponseLost
from payments.providers import OutsideBooks
from payments.reconciliation import rules
from payments.reconciliation.models import (
    BookedTender,
    ClosedRun,
    ComparedPage,
    ComparePage,
    Cursor,
    CursorDocument,
    DifferenceCase,
    Finding,
    OpenedRun,
    OpenReconciliation,
    Run,
    Subject,
)
from payments.reconciliation.store import ReconciliationStore

PAGE_SIZE = 25
"""Subjects of a page: what each writes fits into one transaction, their cases into the workflow's data."""

PARTS = 10
"""Pages of a list that one step reads: each step adds 11 events to the workflow's history, which ends at 25,000."""

type IsRunning = Callable[[str], bool]
"""Return whether an execution of an order runs."""


class Reconciliations:
    """Runs of the reconciliation. providers: those outside this system, by name."""

    def __init__(self, store: ReconciliationStore, providers: Sequence[str]) -> None:
        self._store = store
        self._providers = providers

    def open(self, request: OpenReconciliation) -> OpenedRun:
        """Open a run. InvalidRequest for a day that is not over, IdempotencyConflict for another day."""
        now = utc_now()
        rules.check_settled(request.day, now)
        self._store.open(request.run_id, request.day.isoformat(), now)
        cursor = rules.first_cursor(self._providers)
        return {"run_id": request.run_id, "day": request.day.isoformat(), "cursor": cursor}

    def close(self, run_id: str) -> ClosedRun:
        """Complete a run, once, and return its counts. UnknownReconciliation."""
        return self._store.close(run_id, utc_now())


class Comparison:
    """The comparison of pages. is_running: of an order."""

    def __init__(self, store: ReconciliationStore, books: OutsideBooks, is_running: IsRunning) -> None:
        self._store = store
        self._books = books
        self._is_running = is_running

    def compare(self, request: ComparePage) -> ComparedPage:
        """Compare a page in parts, each once: a step that fails keeps those before.

        It ends with the list, with a page of differences, or after PARTS: whatever was delivered before, at the same
        position. UnknownReconciliation, IdempotencyConflict, ProviderUnavailable.
        """
        run = self._store.run(request.run_id)
        differences: list[DifferenceCase] = []
        for part in range(PARTS):
            compared = self._store.page(request, part) or self._compare(run, request, part)
            differences += compared["differences"]
            if not (after := compared["cursor"]) or not _continues(request.cursor, after):
                break
            if len(differences) >= PAGE_SIZE:
                break
            request = request.model_copy(update={"cursor": Cursor.model_validate(after)})
        return {**compared, "differences": differences}

    def _compare(self, run: Run, request: ComparePage, part: int) -> ComparedPage:
        cursor = request.cursor
        at: CursorDocument = {"stage": cursor.stage, "provider": cursor.provider, "after": cursor.after}
        try:
            page = self._subjects(at, date.fromisoformat(run.day))
            findings = [self._find(*subject) for subject in page.rows]
        except (ProviderDown, ResponseLost) as error:
            raise ProviderUnavailable(f"the list {at['stage']} of {at['provider']} ({error})") from None
        response: ComparedPage = {
            "run_id": request.run_id,
            "differences": [finding.case for finding in findings if finding.case],
            "cursor": rules.next_cursor(at, page.after, self._books.names),
        }
        return self._store.write_page(request, part, findings, response, utc_now())

    def _subjects(self, at: CursorDocument, day: date) -> Page[tuple[Subject, ChargeRecord | None]]:
        """Return a page of the charges to compare, as the list has them."""
        provider, after = at["provider"], at["after"]
        books, (first, end) = self._books.named(provider), rules.window(day)
        match at["stage"]:
            case "unsettled":
                page = self._store.unsettled(provider, PAGE_SIZE, after)
                return page.convert(lambda rows: [(one, books.find_charge(one.reference)) for one in rows])
            case "charges":
                charges = books.list_charges(first, end, PAGE_SIZE, after)
                return charges.convert(lambda rows: [(rules.subject_of(provider, one), one) for one in rows])
            case "refunds":
                refunded = books.list_refunded(first, end, PAGE_SIZE, after)
                refunded_charges = [books.find_charge(one) for one in dict.fromkeys(refunded.rows)]
                return Page(
                    [(rules.subject_of(provider, one), one) for one in refunded_charges if one],
                    refunded.after,
                )
            case "tenders":
                places = self._store.opened_tenders(first, end, PAGE_SIZE, after)
            case "refunded":
                places = self._store.refunded_tenders(first, end, PAGE_SIZE, after)
        return Page(list(self._of_tenders(provider, places.rows)), places.after)

    def _of_tenders(
        self, provider: str, places: Sequence[tuple[str, int]]
    ) -> Iterator[tuple[Subject, ChargeRecord | None]]:
        """Yield the captured ones of our tenders: what a provider has that we have not, its own lists name."""
        books = self._books.named(provider)
        for (order_id, number), booked in self._store.booked(places).items():
            tender = booked.tender
            if tender.provider == provider and tender.captured:
                reference = tender.authorisation
                yield Subject(provider, reference, order_id, number), books.find_charge(reference)

    def _find(self, subject: Subject, charge: ChargeRecord | None) -> Finding:
        booked = self._booked(subject)
        # A list is not of one moment with our books: what they do not agree in is read again.
        first = rules.compare(subject, charge, booked, True, utc_now())
        if first in ("agreed", "foreign"):
            return Finding(subject, first)
        return self._confirmed(subject)

    def _confirmed(self, subject: Subject) -> Finding:
        """Compare a charge again, as it is now.

        The books are read between two equal readings of the tender, and whether an execution runs after them: an
        effect of one that has ended is then in both books, and one of an execution that started later in neither.
        """
        books = self._books.named(subject.provider)
        booked = self._booked(subject)
        charge = books.find_charge(subject.reference)
        is_running = rules.is_in_progress(booked) and self._is_running(subject.order_id)
        if self._booked(subject) != booked:
            return Finding(subject, "unsettled")
        verdict = rules.compare(subject, charge, booked, is_running, utc_now())
        if verdict == "agreed" or verdict == "unsettled" or verdict == "foreign":
            return Finding(subject, verdict)
        failed = books.failed_refunds(subject.reference) if verdict == "RefundMissing" else []
        return Finding(subject, verdict, rules.case_of(verdict, subject, charge, booked, failed))

    def _booked(self, subject: Subject) -> BookedTender | None:
        place = (subject.order_id, subject.tender_no)
        return self._store.booked([place]).get(place) if subject.order_id else None


def _continues(cursor: Cursor, after: CursorDocument) -> bool:
    """Return whether the next position is in the same list."""
    return (cursor.stage, cursor.provider) == (after["stage"], after["provider"])
