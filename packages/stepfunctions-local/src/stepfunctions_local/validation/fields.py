"""The fields of states, by query language, and the types of their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..expressions.template import is_expression
from ..expressions.timestamps import parse_timestamp
from .diagnostics import Findings

_MAX_SECONDS = 99_999_999
_MAX_DELAY_SECONDS = 31_622_400
_MAX_ITEMS = 100_000_000
_MAX_WAIT_SECONDS = 2_147_483_647

_EVERY_STATE = frozenset({"Type", "Comment", "QueryLanguage"})
_TRANSITION = frozenset({"Next", "End", "Assign"})
_PATHS = frozenset({"InputPath", "OutputPath"})
_RESULT = frozenset({"ResultSelector", "ResultPath"})
_ERRORS = frozenset({"Retry", "Catch"})


@dataclass(frozen=True, slots=True)
class Allowed:
    """The fields of a state type: in both query languages, in JSONPath only, in JSONata only, and required."""

    both: frozenset[str]
    jsonpath: frozenset[str]
    jsonata: frozenset[str]
    required: tuple[str, ...] = ()


STATE_FIELDS: Mapping[str, Allowed] = {
    "Pass": Allowed(
        _EVERY_STATE | _TRANSITION,
        _PATHS | {"Parameters", "Result", "ResultPath"},
        frozenset({"Output"}),
    ),
    "Task": Allowed(
        _EVERY_STATE
        | _TRANSITION
        | _ERRORS
        | {"Resource", "TimeoutSeconds", "HeartbeatSeconds", "Credentials"},
        _PATHS | _RESULT | {"Parameters", "TimeoutSecondsPath", "HeartbeatSecondsPath"},
        frozenset({"Arguments", "Output"}),
        ("Resource",),
    ),
    "Choice": Allowed(
        _EVERY_STATE | {"Choices", "Default", "Assign"}, _PATHS, frozenset({"Output"}), ("Choices",)
    ),
    "Wait": Allowed(
        _EVERY_STATE | _TRANSITION | {"Seconds", "Timestamp"},
        _PATHS | {"SecondsPath", "TimestampPath"},
        frozenset({"Output"}),
    ),
    "Succeed": Allowed(_EVERY_STATE, _PATHS, frozenset({"Output"})),
    "Fail": Allowed(_EVERY_STATE | {"Error", "Cause"}, frozenset({"ErrorPath", "CausePath"}), frozenset()),
    "Parallel": Allowed(
        _EVERY_STATE | _TRANSITION | _ERRORS | {"Branches"},
        _PATHS | _RESULT | {"Parameters"},
        frozenset({"Arguments", "Output"}),
        ("Branches",),
    ),
    "Map": Allowed(
        _EVERY_STATE
        | _TRANSITION
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

# Fields of parts of a state.
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
WRITER_CONFIG = Allowed(frozenset({"OutputType", "Transformation"}), frozenset(), frozenset())
WRITER = Allowed(frozenset({"Resource", "WriterConfig"}), frozenset({"Parameters"}), frozenset({"Arguments"}))


def check_fields(
    body: Mapping[str, Any], allowed: Allowed, language: str, location: str, findings: Findings
) -> None:
    """Report fields that are not supported, of the other query language, or missing."""
    own, other = allowed.jsonpath, allowed.jsonata
    other_language = "JSONata"
    if language == "JSONata":
        own, other, other_language = other, own, "JSONPath"
    for name in body:
        if name in other and name not in own:
            findings.error(
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the "
                f"'{other_language}' QueryLanguage",
                location,
            )
        elif name not in allowed.both and name not in own:
            findings.error(f"Field '{name}' is not supported", location)
    require(body, allowed.required, location, findings)


def require(body: Mapping[str, Any], names: tuple[str, ...], location: str, findings: Findings) -> None:
    """Report the fields that are missing."""
    missing = [name for name in names if name not in body]
    if missing:
        findings.error(f"These fields are required: [{', '.join(missing)}]", location)


def only_one(body: Mapping[str, Any], names: tuple[str, ...], location: str, findings: Findings) -> None:
    """Report when more than one of the fields is present."""
    if sum(name in body for name in names) > 1:
        findings.error(f"There should only be one of the following fields: [{', '.join(names)}]", location)


def one_of(body: Mapping[str, Any], names: tuple[str, ...], location: str, findings: Findings) -> None:
    """Report when none or more than one of the fields is present."""
    only_one(body, names, location, findings)
    if not any(name in body for name in names):
        findings.error(
            f"This object should have only one of the following fields: [{', '.join(names)}]", location
        )


@dataclass(frozen=True, slots=True)
class Number:
    """The bounds of a numeric field, and whether it must be an integer."""

    minimum: float
    maximum: float | None = None
    integer: bool = True

    def check(self, value: Any, location: str, findings: Findings) -> None:
        """Report a value of the wrong type or out of bounds."""
        if isinstance(value, bool) or not isinstance(value, int if self.integer else int | float):
            findings.error(f"Expected value of type {'Integer' if self.integer else 'Number'}", location)
        elif value < self.minimum:
            findings.error(f"Minimum value is {self._format(self.minimum)}", location)
        elif self.maximum is not None and value > self.maximum:
            findings.error(f"Maximum value is {self._format(self.maximum)}", location)

    def _format(self, bound: float) -> str:
        return str(int(bound)) if self.integer else str(float(bound))


_NUMBERS = {
    "TimeoutSeconds": Number(1, _MAX_SECONDS),
    "HeartbeatSeconds": Number(1, _MAX_SECONDS),
    "Seconds": Number(0, _MAX_SECONDS),
    "IntervalSeconds": Number(0, _MAX_SECONDS),
    "MaxAttempts": Number(0, _MAX_SECONDS),
    "MaxDelaySeconds": Number(1, _MAX_DELAY_SECONDS),
    "BackoffRate": Number(1, integer=False),
    "MaxConcurrency": Number(0),
    "ToleratedFailureCount": Number(0),
    "ToleratedFailurePercentage": Number(0, 100, integer=False),
    "MaxItems": Number(0, _MAX_ITEMS),
    "MaxItemsPerBatch": Number(0),
    "MaxInputBytesPerBatch": Number(0, 262_144),
}
_CHOICES = {
    "Version": ("1.0",),
    "QueryLanguage": ("JSONPath", "JSONata"),
    "JitterStrategy": ("NONE", "FULL"),
    "Mode": ("INLINE", "DISTRIBUTED"),
    "ExecutionType": ("STANDARD", "EXPRESS"),
    "InputType": ("JSON", "JSONL", "CSV", "MANIFEST", "PARQUET"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
    "ManifestType": ("S3_INVENTORY", "ATHENA_DATA"),
    "OutputType": ("JSON", "JSONL"),
}
_STRINGS = frozenset({"StartAt", "Next", "Default", "Resource", "Comment", "Label", "Error", "Cause"})
_OBJECTS = frozenset(
    {"Assign", "Credentials", "ProcessorConfig"}
    | {"ItemReader", "ReaderConfig", "ItemBatcher", "ResultWriter", "WriterConfig"}
)


def check_values(body: Mapping[str, Any], language: str, location: str, findings: Findings) -> None:
    """Check the values of the fields that hold a single value of a known type."""
    for name, value in body.items():
        field_location = f"{location}/{name}"
        if language == "JSONata" and is_expression(value) and name in {*_NUMBERS, "Credentials"}:
            continue
        if name in _NUMBERS:
            _NUMBERS[name].check(value, field_location, findings)
        elif name in _CHOICES:
            check_choice(value, _CHOICES[name], field_location, findings)
        elif name in _STRINGS and not isinstance(value, str):
            findings.error("Expected value of type String", field_location)
        elif name in _OBJECTS and not isinstance(value, dict):
            findings.error("Expected value of type Object", field_location)
        elif name == "End" and not isinstance(value, bool):
            findings.error("Expected value of type Boolean", field_location)
        elif name == "Timestamp":
            _check_timestamp(value, language, field_location, findings)


def check_choice(value: Any, choices: tuple[str, ...], location: str, findings: Findings) -> None:
    """Report a value that is not one of the choices."""
    if value not in choices:
        findings.error(f"Value should be one of the following: [{', '.join(choices)}]", location)


def _check_timestamp(value: Any, language: str, location: str, findings: Findings) -> None:
    if language == "JSONata" and is_expression(value):
        return
    moment = parse_timestamp(value)
    if moment is None:
        findings.error("String does not match RFC3339 timestamp", location)
    elif (moment - datetime.now(UTC)).total_seconds() > _MAX_WAIT_SECONDS:
        findings.error("Timestamp is too far in the future", location)


def members(
    body: Mapping[str, Any],
    name: str,
    item_type: type,
    findings: Findings,
    location: str,
    *,
    may_be_empty: bool = False,
) -> list[Any]:
    """Return the items of an array field; report and return none of them when a type is wrong."""
    if name not in body:
        return []
    value = body[name]
    field_location = f"{location}/{name}"
    if not isinstance(value, list):
        findings.error("Expected value of type Array", field_location)
        return []
    if not value and not may_be_empty:
        findings.error("Value cannot be empty", field_location)
    if not all(isinstance(item, item_type) for item in value):
        findings.error(
            f"Expected items of type {'Object' if item_type is dict else 'String'}", field_location
        )
        return []
    return value
