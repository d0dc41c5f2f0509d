"""Credit: every wallet equals its entries and payments, and every entry that no workflow posts is in the journal.

A stream, the bus and a queue deliver entries to the ledger, so one of the last minutes may not be posted yet.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from ledger.accounts import CREDIT_ACCOUNT, WALLET_ACCOUNT

from audit.delivery import STREAM_DELIVERY_TIME
from audit.snapshot import Breach, Item, Snapshot, invariant, journal_lines

CREDITED = "#credit"
_EXPIRY = "expiry"


@invariant
def wallet_is_its_entries_less_payments(shop: Snapshot) -> Iterator[Breach]:
    """A balance is at least 0, and equals grants less expiries less what is held or was captured and not refunded.

    Wallets of customers that were merged count as their survivor's, between the steps of a merge too.
    """
    expected: Counter[tuple[str, str]] = Counter()
    for entry in _entries(shop):
        expected[_owner(shop, entry["holder"]), entry["currency"]] += (
            -entry["amount"] if entry["kind"] == _EXPIRY else entry["amount"]
        )
    for payment in shop.items("PaymentsTable", "AUTHORISATION", "AUTHORISATION#"):
        if holder := _holder(payment):
            spent = payment["amount"] if payment["state"] == "held" else payment["captured"]
            expected[_owner(shop, holder), payment["currency"]] -= spent - payment["refunded"]
    balances: Counter[tuple[str, str]] = Counter()
    for row in shop.items("PaymentsTable", "BALANCE#"):
        wallet = (_owner(shop, row["pk"]), row["sk"].removeprefix("BALANCE#"))
        balances[wallet] += row["balance"]
        if row["balance"] < 0:
            yield " ".join(wallet), f"the balance of {row['pk']} is {row['balance']}"
    for wallet in sorted(expected.keys() | balances.keys()):
        if balances[wallet] != expected[wallet]:
            yield (
                " ".join(wallet),
                f"the balance is {balances[wallet]}; its entries less its payments are {expected[wallet]}",
            )


@invariant
def credit_is_booked(shop: Snapshot) -> Iterator[Breach]:
    """Credit that was granted by a person, or expired, has an entry of its amount."""
    for entry in _entries(shop):
        if entry["kind"] not in CREDIT_ACCOUNT:
            continue
        posted = shop.entries.get(f"{entry['entry_id']}{CREDITED}")
        if posted is None:
            if datetime.fromisoformat(entry["at"]) <= shop.read_at - STREAM_DELIVERY_TIME:
                yield (entry["entry_id"], f"{entry['kind']} of {entry['amount']} has no journal entry")
        elif (lines := _lines(posted)) != (expected := _expected(entry)):
            yield (entry["entry_id"], f"the journal entry has {lines}; expected {expected}")


@invariant
def booked_credit_was_granted(shop: Snapshot) -> Iterator[Breach]:
    """A journal entry of credit belongs to an entry of a wallet."""
    known = {entry["entry_id"] for entry in _entries(shop)}
    for name, posted in shop.entries.items():
        if not name.endswith(CREDITED) or name.removesuffix(CREDITED) in known:
            continue
        if datetime.fromisoformat(posted["posted_at"]) <= shop.read_at - STREAM_DELIVERY_TIME:
            yield (name, "the journal entry belongs to no entry of a wallet")


def _entries(shop: Snapshot) -> Iterator[Item]:
    return shop.items("PaymentsTable", "ENTRY#")


def _holder(payment: Item) -> str | None:
    """Return the wallet that an authorisation is taken from, None for one of another book."""
    match payment["book"]:
        case "store_credit":
            return f"CREDIT#{payment['customer_id']}"
        case "gift_card":
            return f"GIFT#{payment['token']}"
    return None


def _owner(shop: Snapshot, holder: str) -> str:
    """Return the holder that has what belongs to a holder: that of the survivor of a merge."""
    kind, _, customer_id = holder.partition("#")
    return f"CREDIT#{shop.survivor_of(customer_id)}" if kind == "CREDIT" else holder


def _expected(entry: Item) -> list[tuple[str, int, int]]:
    wallet = WALLET_ACCOUNT["customer" if entry["holder"].startswith("CREDIT#") else "gift_card"].code
    other = CREDIT_ACCOUNT[entry["kind"]].code
    debited, credited = (wallet, other) if entry["kind"] == _EXPIRY else (other, wallet)
    return [(debited, entry["amount"], 0), (credited, 0, entry["amount"])]


def _lines(posted: Item) -> list[tuple[str, int, int]]:
    return [(line["account"], line.get("debit", 0), line.get("credit", 0)) for line in journal_lines(posted)]


CREDIT = (wallet_is_its_entries_less_payments, credit_is_booked, booked_credit_was_granted)
