"""Events of the payments table's stream: credit that was granted by a person, or expired."""

from collections.abc import Iterable, Mapping
from typing import Any

from tillflow.events import CREDIT_KINDS, CreditChanged
from tillflow.store import unmarshal

from payments.credit.rows import ENTRY, GIFT_CARD


def credit_events(records: Iterable[Mapping[str, Any]]) -> list[CreditChanged]:
    """Return the events of a stream's records (NEW_IMAGE), in order; of grants that a workflow posts there is none."""
    rows = [
        unmarshal(record["dynamodb"].get("NewImage")) for record in records if record["eventName"] == "INSERT"
    ]
    return [
        CreditChanged(
            event_id=f"{row['entry_id']}#credit",
            entry_id=row["entry_id"],
            holder="gift_card" if row["holder"].startswith(GIFT_CARD) else "customer",
            kind=row["kind"],
            amount=row["amount"],
            currency=row["currency"],
            reason=row["reason"],
        )
        for row in rows
        if str(row["sk"]).startswith(ENTRY) and row["kind"] in CREDIT_KINDS
    ]
