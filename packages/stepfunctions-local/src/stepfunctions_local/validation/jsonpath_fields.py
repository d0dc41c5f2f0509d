"""Validation of the JSONPath expressions in a state: path fields, reference paths and `.$` fields."""

from collections.abc import Callable, Mapping
from typing import Any

from ..expressions.intrinsics import compile_intrinsic, is_intrinsic, is_path_or_call
from ..expressions.jsonpath import compile_path, compile_reference_path
from ..expressions.timestamps import parse_timestamp
from .diagnostics import Findings
from .strings import nested_strings

_COMPARED = {
    "String": ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"),
    "Numeric": ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"),
    "Timestamp": ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"),
    "Boolean": ("Equals",),
}
_TESTS = ("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp")
_COMPARISONS = tuple(f"{kind}{how}" for kind, hows in _COMPARED.items() for how in hows)
OPERATORS = (*(f"{name}{end}" for name in _COMPARISONS for end in ("", "Path")), "StringMatches", *_TESTS)
"""Every comparison operator of a JSONPath Choice rule."""

_REFERENCES = frozenset(
    {"MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath", "MaxItemsPath"}
    | {"MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"}
)
_VALUE_PATHS = frozenset(
    {"InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath"}
    | {"HeartbeatSecondsPath", "ErrorPath", "CausePath"}
)
_NO_PATH = "Value must be a valid JSONPath."
_NO_REFERENCE = "Value is not a Reference Path"
# Paths that may be null, which means an empty object.
_NULLABLE_PATHS = frozenset({"InputPath", "OutputPath"})
_TEMPLATES = frozenset(
    {"Parameters", "ResultSelector", "ItemSelector", "Assign", "BatchInput", "Credentials", "Arguments"}
)


def check_jsonpath_fields(body: Mapping[str, Any], location: str, findings: Findings) -> None:
    """Check every path and intrinsic function of a state's own fields."""
    _check_paths(body, location, findings)
    if body.get("Type") == "Pass":
        for value, field_location in nested_strings(body.get("Result"), f"{location}/Result"):
            if value.startswith("$."):
                findings.warning(
                    "Attempt to use a path in the result of a pass state",
                    field_location,
                    "PASS_RESULT_IS_STATIC",
                )


def check_operand(operator: str, operand: Any, location: str, findings: Findings) -> None:
    """Check the type of a comparison operator's operand."""
    if operator.endswith("Path"):
        if not _is_value_path(operand):
            findings.error(_not_a_reference(operand), location)
    elif operator in _TESTS or operator == "BooleanEquals":
        if not isinstance(operand, bool):
            findings.error("Expected value of type Boolean", location)
    elif operator.startswith("Numeric"):
        if isinstance(operand, bool) or not isinstance(operand, int | float):
            findings.error("Expected value of type Number", location)
    elif not isinstance(operand, str):
        findings.error("Expected value of type String", location)
    elif operator.startswith("Timestamp") and parse_timestamp(operand) is None:
        findings.error("String does not match RFC3339 timestamp", location)


def _check_paths(value: Any, location: str, findings: Findings) -> None:
    """Check a state's own fields: path fields, reference paths and payload templates."""
    if isinstance(value, list):
        for at, item in enumerate(value):
            _check_paths(item, f"{location}[{at}]", findings)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        field_location = f"{location}/{name}"
        if name in _TEMPLATES:
            _check_template(item, field_location, findings)
        elif name in _VALUE_PATHS:
            if not (is_path_or_call(item) or (item is None and name in _NULLABLE_PATHS)):
                findings.error(_NO_PATH, field_location)
        elif name in _REFERENCES or name == "Variable":
            if not _is_value_path(item) or (name != "Variable" and item.startswith("$$")):
                findings.error(
                    _not_a_reference(item) if name == "Variable" else _not_a_path(item), field_location
                )
        elif name == "ResultPath":
            if item is not None and not _is_result_path(item):
                findings.error(_not_a_path(item), field_location)
        elif name not in ("Result", "Comment"):
            _check_paths(item, field_location, findings)


def _not_a_path(value: Any) -> str:
    """Return what a value is not that must be a path to one node: a path, or such a path."""
    return _NO_REFERENCE if isinstance(value, str) and value.startswith("$") else _NO_PATH


def _not_a_reference(value: Any) -> str:
    if isinstance(value, str) and not value.startswith("$"):
        return f"{_NO_REFERENCE}: Reference path didn't start with '$'"
    return _NO_REFERENCE


def _compiles(compile: Callable[[str], Any], text: str) -> bool:
    try:
        compile(text)
    except ValueError:
        return False
    return True


def _is_value_path(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("$") and _compiles(compile_path, value)


def _is_result_path(value: Any) -> bool:
    """Return whether the value is a reference path into the state's input, not into a variable."""
    in_input = isinstance(value, str) and (value == "$" or value.startswith(("$.", "$[")))
    return in_input and _compiles(compile_reference_path, value)


def _is_call(value: str) -> bool:
    return is_intrinsic(value) and _compiles(compile_intrinsic, value)


def _check_template(value: Any, location: str, findings: Findings) -> None:
    if isinstance(value, list):
        for at, item in enumerate(value):
            _check_template(item, f"{location}[{at}]", findings)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name.endswith(".$"):
            if not is_path_or_call(item):
                findings.error(
                    f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function "
                    "call",
                    location,
                )
        elif isinstance(item, str):
            if item.startswith(("$.", "$$.")) or _is_call(item):
                findings.warning(
                    "No '.$' on a field that appears to be a JSONPath or Intrinsic Function",
                    f"{location}/{name}",
                    "NO_DOLLAR",
                )
        else:
            _check_template(item, f"{location}/{name}", findings)
