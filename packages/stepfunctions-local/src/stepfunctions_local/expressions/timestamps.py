"""Timestamps of the States Language: RFC 3339 with an upper-case T, and Z or an offset.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
"""

import re
from datetime import datetime
from typing import Any

_TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


def parse_timestamp(value: Any) -> datetime | None:
    """Return the time of a timestamp string (aware, to the microsecond), or None for anything else."""
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    date_time, fraction, zone = match.groups()
    try:
        return datetime.fromisoformat(date_time + (fraction or "")[:7] + zone)
    except ValueError:
        return None
