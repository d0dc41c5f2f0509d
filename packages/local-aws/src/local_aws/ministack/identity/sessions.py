"""STS sessions in the journal: temporary credentials stay valid over a restart."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import sts

from ...journal import Journal, ObservedDict

_SESSIONS = "sts/sessions"


def install_sessions(journal: Journal) -> None:
    """Restore the sessions that have not expired, and write changes to the journal."""
    now = time.time()
    sessions = [(entry.key, entry.value) for entry in journal.load(_SESSIONS)]

    def put(access_key: str, session: dict[str, Any]) -> None:
        journal.put(_SESSIONS, "", access_key, session)

    def delete(access_key: str, _: dict[str, Any]) -> None:
        journal.delete(_SESSIONS, "", access_key)

    sts._sessions = ObservedDict(sessions, on_set=put, on_delete=delete)
    for access_key, session in sessions:
        expiration = session.get("Expiration")
        if isinstance(expiration, int | float) and expiration < now:
            del sts._sessions[access_key]
