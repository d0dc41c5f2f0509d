"""The invariants of the system: pure functions over a snapshot of all tables.

The tests check them on an in-process store after each failure, `till audit` on the deployed tables. An invariant yields
a `Violation` for each subject that breaks it.
"""

from audit.rules import INVARIANTS, check
from audit.snapshot import Snapshot, Violation

__all__ = ["INVARIANTS", "Snapshot", "Violation", "check"]
