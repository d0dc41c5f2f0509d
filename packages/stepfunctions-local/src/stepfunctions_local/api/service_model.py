"""The API's model from botocore's data files, read without importing botocore's loaders."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import orjson

# Members whose minimum length the operation checks, with its own exception.
CHECKED_BY_OPERATION = {"definition", "input", "output"}


@cache
def model() -> dict[str, Any]:
    """Return the operations and shapes by name."""
    [path] = Path(botocore.__file__).parent.glob("data/stepfunctions/*/service-2.json.gz")
    document: dict[str, Any] = orjson.loads(gzip.decompress(path.read_bytes()))
    return document
