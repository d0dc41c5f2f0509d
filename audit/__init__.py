"""The invariants of the shop, as pure functions over a snapshot of every table.

One code, two users: the tests check a snapshot of their in-process store after every failure, and
`till audit` checks a scan of the live one. Each invariant yields a `Violation` per broken subject, so
an audit can name what is wrong and not only that something is.
"""

from audit.rules import INVARIANTS, check
from audit.snapshot import Snapshot, Violation

__all__ = ["INVARIANTS", "Snapshot", "Violation", "check"]
