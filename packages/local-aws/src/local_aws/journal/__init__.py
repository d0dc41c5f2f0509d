"""A journal of state that a process holds in memory, so that kill -9 loses no acknowledged change.

`Journal` stores entries durably; `ObservedDict`, `ObservedList` and `RecordWithList` write their changes to it.
Independent of the services whose state it is.
"""

from .journal import Entry, Journal
from .observed import ObservedDict, ObservedList, RecordWithList

__all__ = ["Entry", "Journal", "ObservedDict", "ObservedList", "RecordWithList"]
