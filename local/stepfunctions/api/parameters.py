"""Requests checked against botocore's model of the API.

Nearly all are plain texts that fit; seen at a glance they cost little, and botocore itself is not loaded for them.
Whatever is not plain, and whatever does not fit, is for `parameter_faults`.
"""

import gzip
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import orjson

# Members whose shortest length the operation itself judges, with an exception of its own.
JUDGED_LATER = {"definition", "input", "output"}


@dataclass(frozen=True, slots=True)
class _Text:
    """What a member that is a text must be like."""

    least: float
    most: float
    pattern: re.Pattern[str] | None
    required: bool

    def takes(self, value: Any) -> bool:
        if not isinstance(value, str):
            return value is None and not self.required
        fits = self.least <= len(value) <= self.most
        return fits and (self.pattern is None or self.pattern.fullmatch(value) is not None)


def check(operation: str, params: dict[str, Any]) -> None:
    """Raise ApiError (SerializationException, ValidationException) when params do not fit the operation."""
    texts = _texts(operation)
    if params.keys() <= texts.keys() and all(text.takes(params.get(name)) for name, text in texts.items()):
        return
    from .parameter_faults import check_closely

    check_closely(operation, params)


@cache
def _texts(operation: str) -> dict[str, _Text]:
    """The members of an operation's input that are texts. One that is required and is none takes no text."""
    shapes = _model()["shapes"]
    shape = shapes[_model()["operations"][operation]["input"]["shape"]]
    required = shape.get("required", ())
    found = {}
    for name, reference in shape["members"].items():
        member = shapes[reference["shape"]]
        if member["type"] == "string" and "enum" not in member:
            judged_later = name in JUDGED_LATER
            pattern = None if judged_later else member.get("pattern")
            found[name] = _Text(
                0 if judged_later else member.get("min", 0),
                member.get("max", float("inf")),
                python_pattern(pattern) if pattern else None,
                name in required,
            )
        elif name in required:
            found[name] = _Text(1, 0, None, required=True)
    return found


@cache
def _model() -> dict[str, Any]:
    """The API's model as it stands in botocore's files."""
    [path] = Path(botocore.__file__).parent.glob("data/stepfunctions/*/service-2.json.gz")
    return orjson.loads(gzip.decompress(path.read_bytes()))


@cache
def python_pattern(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is Java's, as Python's."""
    return re.compile(pattern.replace(r"\p{ASCII}", r"[\x00-\x7f]"), re.S)
