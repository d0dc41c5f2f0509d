"""Regular expressions of botocore's models, without importing botocore."""

import re
from functools import cache


@cache
def python_pattern(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern, converted from Java's syntax; None if Python cannot express it."""
    try:
        return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), re.S)
    except re.error:
        return None
