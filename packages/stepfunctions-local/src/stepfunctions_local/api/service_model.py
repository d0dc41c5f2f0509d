"""The API's model, as it stands in botocore's files: read without loading botocore itself."""

import gzip
import re
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import orjson

# Members whose shortest length the operation itself judges, with an exception of its own.
JUDGED_LATER = {"definition", "input", "output"}


@cache
def model() -> dict[str, Any]:
    """Operations and shapes, by name."""
    [path] = Path(botocore.__file__).parent.glob("data/stepfunctions/*/service-2.json.gz")
    document: dict[str, Any] = orjson.loads(gzip.decompress(path.read_bytes()))
    return document


@cache
def python_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is Java's, as Python's."""
    return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), re.S)
