"""Which fields a state may have, in which query language, and what their values must be."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..expressions.template import is_expression
from ..expressions.timestamps import parse_timestamp
from .diagnostics import Findings

_LONGEST_SECONDS = 99_999_999
_LONGEST_DELAY = 31_622_400
_MOST_ITEMS = 100_000_000
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")

_EVERY_STATE = frozenset({"Type", "Comment", "QueryLanguage"})
_GOES_ON = frozenset({"Next", "End", "Assign"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULT = frozenset({"ResultSelector", "ResultPath"})
_ERRORS = frozenset({"Retry", "Catch"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """A state type's fields: in both query languages, in JSONPath only, in JSONata only; and the required."""

    both: frozenset[str]
    jsonpath: frozenset[str]
    jsonata: frozenset[str]
    required: tuple[str, ...] = ()


STATE_FIELDS: Mapping[str, Allowed] = {
    "Pass": Allowed(
        _EVERY_STATE | _GOES_ON,
        _PATHS | {"Parameters", "Result", "ResultPath"},
        frozenset({"Output"}),
    ),
    "Task": Allowed(
        _EVERY_STATE | _GOES_ON | _ERRORS | {"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
        _PATHS | _RESULT | {"Parameters", "TimeoutSecondsPath", "HeartbeatSecondsPath"},
        frozenset({"Arguments", "Output"}),
        ("Resource",),
    ),
    "Choice": Allowed(
        _EVERY_STATE | {"Choices", "Default", "Assign"}, _PATHS, frozenset({"Output"}), ("Choices",)
    ),
    "Wait": Allowed(
        _EVERY_STATE | _GOES_ON | {"Seconds", "Timestamp"},
        _PATHS | {"SecondsPath", "TimestampPath"},
        frozenset({"Output"}),
    ),
    "Succeed": Allowed(_EVERY_STATE, _PATHS, frozenset({"Output"})),
    "Fail": Allowed(_EVERY_STATE | {"Error", "Cause"}, frozenset({"ErrorPath", "CausePath"}), frozenset()),
    "Parallel": Allowed(
        _EVERY_STATE | _GOES_ON | _ERRORS | {"Branches"},
        _PATHS | _RESULT | {"Parameters"},
        frozenset({"Arguments", "Output"}),
        ("Branches",),
    ),
    "Map": Allowed(
        _EVERY_STATE
        | _GOES_ON
        | _ERRORS
        | {"ItemProcessor", "Iterator", "ItemReader", "ItemSelector", "ItemBatcher", "ResultWriter"}
        | {"MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount", "Label"},
        _PATHS
        | _RESULT
        | {"ItemsPath", "Parameters", "MaxConcurrencyPath"}
        | {"ToleratedFailurePercentagePath", "ToleratedFailureCountPath"},
        frozenset({"Items", "Output"}),
    ),
}

MACHINE_FIELDS = frozenset({"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"})
BRANCH_FIELDS = frozenset({"Comment", "StartAt", "States", "ProcessorConfig"})

# Fields of parts of a state: (in both languages, JSONPath only, JSONata only, required).
RETRIER = Allowed(
    frozenset({"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"})
    | {"JitterStrategy", "Comment"},
    frozenset(),
    frozenset(),
    ("ErrorEquals",),
)
CATCHER = Allowed(
    frozenset({"ErrorEquals", "Next", "Assign", "Comment"}),
    frozenset({"ResultPath"}),
    frozenset({"Output"}),
    ("ErrorEquals", "Next"),
)
READER = Allowed(
    frozenset({"Resource", "ReaderConfig"}),
    frozenset({"Parameters"}),
    frozenset({"Arguments"}),
    ("Resource",),
)
READER_CONFIG = Allowed(
    frozenset({"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "Transformation"})
    | {"ManifestType", "ItemsPointer"},
    frozenset({"MaxItemsPath"}),
    frozenset(),
)
BATCHER = Allowed(
    frozenset({"MaxItemsPerBatch", "MaxInputBytesPerBatch", "BatchInput"}),
    frozenset({"MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"}),
    frozenset(),
)
WRITER = Allowed(frozenset({"Resource", "WriterConfig"}), frozenset({"Parameters"}), frozenset({"Arguments"}))


def check_fields(
    body: Mapping[str, Any], allowed: Allowed, language: str, place: str, findings: Findings
) -> None:
    """Say which fields are not supported, of the other query language, or missing."""
    other, theirs = ("JSONata", allowed.jsonata) if language == "JSONPath" else ("JSONPath", allowed.jsonpath)
    own = allowed.jsonpath if language == "JSONPath" else allowed.jsonata
    for name in body:
        if name in theirs and name not in own:
            findings.error(
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the "
                f"'{other}' QueryLanguage",
                place,
            )
        elif name not in allowed.both and name not in own:
            findings.error(f"Field '{name}' is not supported", place)
    for name in allowed.required:
        if name not in body:
            findings.error(f"The field '{name}' is required but was missing", place)


def only_one(body: Mapping[str, Any], names: tuple[str, ...], place: str, findings: Findings) -> None:
    """Say when more than one of the fields is there."""
    if sum(name in body for name in names) > 1:
        findings.error(f"There should only be one of the following fields: [{', '.join(names)}]", place)


def one_of(body: Mapping[str, Any], names: tuple[str, ...], place: str, findings: Findings) -> None:
    """Say when none or more than one of the fields is there."""
    only_one(body, names, place, findings)
    if not any(name in body for name in names):
        findings.error(f"There should be one of the following fields: [{', '.join(names)}]", place)


@dataclass(frozen=True, slots=True)
class Number:
    """The bounds of a numeric field, and whether it must be whole."""

    least: float
    most: float | None = None
    whole: bool = True

    def check(self, value: Any, place: str, findings: Findings) -> None:
        wanted = int if self.whole else int | float
        if isinstance(value, bool) or not isinstance(value, wanted):
            findings.error(f"Expected value of type {'Integer' if self.whole else 'Number'}", place)
        elif value < self.least:
            findings.error(f"Minimum value is {self._shown(self.least)}", place)
        elif self.most is not None and value > self.most:
            findings.error(f"Maximum value is {self._shown(self.most)}", place)

    def _shown(self, bound: float) -> str:
        return str(int(bound)) if self.whole else str(float(bound))


_NUMBERS = {
    "TimeoutSeconds": Number(1, _LONGEST_SECONDS),
    "HeartbeatSeconds": Number(1, _LONGEST_SECONDS),
    "Seconds": Number(0, _LONGEST_SECONDS),
    "IntervalSeconds": Number(1, _LONGEST_SECONDS),
    "MaxAttempts": Number(0, _LONGEST_SECONDS),
    "MaxDelaySeconds": Number(1, _LONGEST_DELAY),
    "BackoffRate": Number(1, whole=False),
    "MaxConcurrency": Number(0),
    "ToleratedFailureCount": Number(0),
    "ToleratedFailurePercentage": Number(0, 100, whole=False),
    "MaxItems": Number(0, _MOST_ITEMS),
    "MaxItemsPerBatch": Number(0),
    "MaxInputBytesPerBatch": Number(0, 262_144),
}
_CHOICES = {
    "QueryLanguage": ("JSONPath", "JSONata"),
    "JitterStrategy": ("NONE", "FULL"),
    "Mode": ("INLINE", "DISTRIBUTED"),
    "ExecutionType": ("STANDARD", "EXPRESS"),
    "InputType": ("JSON", "JSONL", "CSV", "MANIFEST", "PARQUET"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "OutputType": ("JSON", "JSONL"),
}
_TEXTS = frozenset({"StartAt", "Next", "Default", "Resource", "Comment", "Label", "Error", "Cause"})
_OBJECTS = frozenset(
    {"Assign", "Credentials", "ProcessorConfig"}
    | {"ItemReader", "ReaderConfig", "ItemBatcher", "ResultWriter", "WriterConfig"}
)


def check_values(body: Mapping[str, Any], language: str, place: str, findings: Findings) -> None:
    """Check the values of the fields that hold one value of a known kind."""
    for name, value in body.items():
        here = f"{place}/{name}"
        if language == "JSONata" and is_expression(value) and name in {*_NUMBERS, "Credentials"}:
            continue
        if name in _NUMBERS:
            _NUMBERS[name].check(value, here, findings)
        elif name in _CHOICES and value not in _CHOICES[name]:
            findings.error(f"Value is not one of the following: [{', '.join(_CHOICES[name])}]", here)
        elif name in _TEXTS and not isinstance(value, str):
            findings.error("Expected value of type String", here)
        elif name in _OBJECTS and not isinstance(value, dict):
            findings.error("Expected value of type Object", here)
        elif name == "End" and not isinstance(value, bool):
            findings.error("Expected value of type Boolean", here)
        elif name == "Timestamp":
            _check_timestamp(value, language, here, findings)


def _check_timestamp(value: Any, language: str, place: str, findings: Findings) -> None:
    if language == "JSONata" and is_expression(value):
        return
    if not isinstance(value, str) or not _RFC3339.fullmatch(value) or parse_timestamp(value) is None:
        findings.error("String does not match RFC3339 timestamp", place)


def members(
    body: Mapping[str, Any],
    name: str,
    kind: type,
    findings: Findings,
    place: str,
    *,
    may_be_empty: bool = False,
) -> list[Any]:
    """The items of an array field that are of the kind it holds; what else is there is said."""
    value = body.get(name)
    if value is None:
        return []
    here = f"{place}/{name}"
    if not isinstance(value, list):
        findings.error("Expected value of type Array", here)
        return []
    if not value and not may_be_empty:
        findings.error("Value cannot be empty", here)
    if not all(isinstance(item, kind) for item in value):
        findings.error(f"Expected items of type {'Object' if kind is dict else 'String'}", here)
        return []
    return value
