"""The variables that each state reads, as DescribeStateMachine lists them."""

import json
import re
from collections.abc import Iterator
from typing import Any

from ..expressions.jsonata import compile_expression
from ..expressions.template import expression_text, is_expression
from .jsonata_fields import expression_fields
from .strings import nested_strings

_FLOWS = ("Branches", "ItemProcessor", "Iterator")
_VARIABLE = re.compile(r"(?<![\w$])\$([A-Za-z_]\w*)")
_QUOTED = re.compile(r"'(?:\\.|[^'\\])*'")


def variable_references(definition: str) -> dict[str, list[str]]:
    """Return the sorted names of the variables read by each state that reads any."""
    document = json.loads(definition)
    references: dict[str, list[str]] = {}
    _collect(document, document.get("QueryLanguage", "JSONPath"), references)
    return references


def _collect(flow: dict[str, Any], language: str, references: dict[str, list[str]]) -> None:
    for name, body in flow.get("States", {}).items():
        own_fields = {field: value for field, value in body.items() if field not in _FLOWS}
        read = _jsonata if body.get("QueryLanguage", language) == "JSONata" else jsonpath_variables
        names = sorted(set(read(own_fields)))
        if names:
            references[name] = names
        for branch in body.get("Branches", []):
            _collect(branch, language, references)
        for field in ("ItemProcessor", "Iterator"):
            if field in body:
                _collect(body[field], language, references)


def _jsonata(fields: dict[str, Any]) -> Iterator[str]:
    for value, _, _ in expression_fields(fields, ""):
        for text, _ in nested_strings(value, ""):
            if is_expression(text):
                variables = compile_expression(expression_text(text)).variables
                yield from (name for name in variables if name != "states")


def jsonpath_variables(value: Any, field: str = "") -> Iterator[str]:
    """Yield the names of the variables that a value's paths and intrinsic functions read."""
    if isinstance(value, str):
        if field.endswith((".$", "Path")) or field == "Variable":
            yield from _VARIABLE.findall(_QUOTED.sub("''", value))
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in ("Result", "Comment"):
                yield from jsonpath_variables(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from jsonpath_variables(item, field)
