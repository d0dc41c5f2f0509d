"""Validation of the JSONata expressions in a state's fields."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..expressions.jsonata import ExpressionSyntaxError, compile_expression
from ..expressions.template import expression_text, is_expression
from .diagnostics import Findings
from .jsonata_references import unsupported_references
from .strings import nested_strings

_CONSTANT_FIELDS = frozenset(
    {"Comment", "Type", "Next", "Default", "Resource", "QueryLanguage", "Label", "ErrorEquals", "Retry"}
)
_CONSTANT_RULE_FIELDS = frozenset({"Comment", "Next"})
_WITH_RESULT = frozenset({"Task", "Parallel", "Map"})
_NONE: frozenset[str] = frozenset()
_RESULT = frozenset({"result"})
_ERROR_OUTPUT = frozenset({"errorOutput"})


def check_jsonata_fields(body: Mapping[str, Any], location: str, findings: Findings) -> None:
    """Check every expression of a state's own fields."""
    for value, field_location, states_fields in expression_fields(body, location):
        for text, text_location in nested_strings(value, field_location):
            if is_expression(text):
                _check_expression(text, text_location, states_fields, findings)
            elif text.startswith("{%") or text.endswith("%}"):
                findings.error("JSONata string must start with {% and end with %}", text_location)


def expression_fields(body: Mapping[str, Any], location: str) -> Iterator[tuple[Any, str, frozenset[str]]]:
    """Yield a state's fields that may contain expressions, with the fields of `$states` that exist there."""
    has_result = body.get("Type") in _WITH_RESULT
    for name, value in body.items():
        field_location = f"{location}/{name}"
        if name == "Catch" and isinstance(value, list):
            for index, catcher in enumerate(value):
                if isinstance(catcher, dict):
                    for key in ("Assign", "Output"):
                        yield catcher.get(key), f"{field_location}[{index}]/{key}", _ERROR_OUTPUT
        elif name == "Choices" and isinstance(value, list):
            for index, rule in enumerate(value):
                for key, part in rule.items() if isinstance(rule, dict) else ():
                    if key not in _CONSTANT_RULE_FIELDS:
                        yield part, f"{field_location}[{index}]/{key}", _NONE
        elif name not in _CONSTANT_FIELDS:
            yield value, field_location, _RESULT if has_result and name in ("Assign", "Output") else _NONE


def _check_expression(text: str, location: str, states_fields: frozenset[str], findings: Findings) -> None:
    try:
        expression = compile_expression(expression_text(text))
    except ExpressionSyntaxError as error:
        findings.error(error.message, location, "INVALID_JSONATA_EXPRESSION")
        return
    for message in unsupported_references(expression, states_fields):
        findings.error(message, location, "UNSUPPORTED_JSONATA_EXPRESSION")
