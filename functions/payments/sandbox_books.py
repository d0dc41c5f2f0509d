"""The sandbox's list of charges and refunds, as a provider has one. The index `listing` sorts its rows by time."""

from datetime import datetime
from typing import Any

from tillflow.listing import Index, Page
from tillflow.store import Item, read_row
from tillflow.times import bound_of_times

from payments.book import CHARGES, REFUNDS
from payments.provider import ChargeRecord

_PREFIX = "auth-"


class SandboxBooks:
    """The ProviderBooks of the sandbox. client: a DynamoDB client; table: the sandbox's."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._index = Index(client, table, "listing", "listing", "at")

    def list_charges(self, first: datetime, end: datetime, limit: int, after: str) -> Page[ChargeRecord]:
        page = self._index.rows(CHARGES, limit, after, between=_between(first, end))
        return page.convert(lambda rows: map(_charge, rows))

    def list_refunded(self, first: datetime, end: datetime, limit: int, after: str) -> Page[str]:
        page = self._index.page(REFUNDS, limit, after, between=_between(first, end))
        return page.convert(lambda rows: [str(row["reference"]) for row in rows])

    def find_charge(self, reference: str) -> ChargeRecord | None:
        row = read_row(self._client, self._table, f"AUTHORISATION#{reference}", "AUTHORISATION")
        return _charge(row) if row else None

    def failed_refunds(self, reference: str) -> list[str]:
        """Return none: a refund of the sandbox that was accepted does not fail later."""
        return []


def _between(first: datetime, end: datetime) -> tuple[str, str]:
    return bound_of_times(first), bound_of_times(end)


def _charge(row: Item) -> ChargeRecord:
    reference = str(row["reference"])
    return ChargeRecord(
        reference=reference,
        key=reference.removeprefix(_PREFIX),
        currency=row["currency"],
        amount=row["amount"],
        captured=row["captured"],
        refunded=row["refunded"],
        is_held=row["state"] == "held",
    )
