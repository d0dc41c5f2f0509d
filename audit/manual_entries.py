"""Manual journal entries: numbered without a gap, listed by their day, on accounts that equal no documents."""

from collections.abc import Iterator

from ledger.manual.rules import ACCOUNTS, KIND, SERIES, entry_number

from audit.snapshot import Breach, Item, Snapshot, invariant, journal_lines


@invariant
def manual_entries_are_numbered(shop: Snapshot) -> Iterator[Breach]:
    """The numbers of manual entries are those from 1 to the last one, each once."""
    numbers = sorted(entry["number"] for entry in _entries(shop))
    counted = sum(row["last"] for row in shop.items("LedgerTable", "COUNTER", f"SERIES#{SERIES}"))
    expected = [entry_number(number + 1) for number in range(counted)]
    if numbers != expected:
        different = sorted(set(numbers) ^ set(expected)) or "some twice"
        yield (SERIES, f"{len(numbers)} entries of {counted} numbers; different: {different}")


@invariant
def manual_entry_is_listed_and_on_accounts_of_its_own(shop: Snapshot) -> Iterator[Breach]:
    """A manual entry is in the list by day, and changes no account that equals documents."""
    listed = {(row["sk"], row["entry_id"]) for row in shop.items("LedgerTable", "", "MANUAL")}
    entries = list(_entries(shop))
    for entry in entries:
        name = entry["business_id"]
        others = {line["account"] for line in journal_lines(entry)} - ACCOUNTS.keys()
        if others:
            yield (name, f"the manual entry is on the accounts {sorted(others)}")
        if (f"{entry['day']}#{entry['number']}", name) not in listed:
            yield (name, f"the entry is not listed on {entry['day']}")
    for _, name in listed - {(f"{one['day']}#{one['number']}", one["business_id"]) for one in entries}:
        yield (name, "an entry is listed that does not exist, or on another day")


def _entries(shop: Snapshot) -> Iterator[Item]:
    return (entry for name, entry in shop.entries.items() if name.endswith(f"#{KIND}"))


MANUAL_ENTRIES = (manual_entries_are_numbered, manual_entry_is_listed_and_on_accounts_of_its_own)
