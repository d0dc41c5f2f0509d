"""Timestamps as the States Language has them: RFC 3339 with an upper-case T, and Z or an offset.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
"""

import re
from datetime import datetime
from typing import Any

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_timestamp(value: Any) -> datetime | None:
    """The moment (aware, to the microsecond) a string names, or None when it names none."""
    found = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    moment, fraction, zone = found.groups()
    try:
        return datetime.fromisoformat(moment + (fraction or "")[:7] + zone)
    except ValueError:
        return None
