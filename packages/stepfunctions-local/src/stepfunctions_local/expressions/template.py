"""Payload templates: JSON that contains expressions, in either query language.

JSONata: a string `{% … %}` anywhere is replaced by its value. JSONPath: a field whose name ends in `.$`
takes the value of its path or intrinsic function and loses the suffix.
Sources: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
https://docs.aws.amazon.com/step-functions/latest/dg/input-output-inputpath-params.html
"""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import QueryEvaluationFailure
from .intrinsics import compile_intrinsic, is_intrinsic
from .json_values import dumps
from .jsonata import UNDEFINED, EvaluationError, Expression, InternalError, compile_expression
from .jsonpath import compile_path
from .scope import Scope

_Evaluate = Callable[[Scope], Any]


def is_expression(value: Any) -> bool:
    """Return whether a value is a JSONata expression: a string between `{%` and `%}`."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def expression_text(value: str) -> str:
    """Return the text between `{%` and `%}`, as AWS shows it in messages."""
    return value[2:-2].strip()


class Template:
    """A compiled template; `constant` when it has no expression, so that `evaluate` returns the literal."""

    __slots__ = ("_evaluate", "constant", "value", "variables")

    def __init__(self, value: Any, evaluate: _Evaluate | None, variables: frozenset[str]):
        self.value = value
        self.constant = evaluate is None
        self._evaluate = evaluate
        self.variables = variables

    def evaluate(self, scope: Scope) -> Any:
        """Return the template's value in a scope; callers must not modify it.

        Raises RuntimeFailure (JSONPath) or QueryEvaluationFailure (JSONata).
        """
        return self.value if self._evaluate is None else self._evaluate(scope)


def compile_template(value: Any, language: str, field: str) -> Template:
    """Compile a template of the query language "JSONata" or "JSONPath".

    `field` is AWS's name of the field in its messages ("Output", "Arguments", "Catch[0]/Output").

    Raises jsonata.ExpressionSyntaxError, PathSyntaxError or IntrinsicSyntaxError (all ValueError).
    """
    variables: set[str] = set()
    evaluate = _jsonata(value, field, variables) if language == "JSONata" else _jsonpath(value, variables)
    return Template(value, evaluate, frozenset(variables))


def evaluate_expression(expression: Expression, text: str, field: str, scope: Scope) -> Any:
    """Return a JSONata expression's value.

    Raises QueryEvaluationFailure with AWS's message when it fails or returns nothing.
    """
    subject = f"The JSONata expression '{text}' specified for the field '{field}' "
    try:
        value = expression.evaluate_in(scope)
    except InternalError:
        raise QueryEvaluationFailure(
            f"{subject}threw an internal error during evaluation. {uuid.uuid4()}", field
        ) from None
    except EvaluationError as error:
        separator = ". " if error.code else ": "
        raise QueryEvaluationFailure(
            f"{subject}threw an error during evaluation{separator}{error}", field
        ) from None
    if value is UNDEFINED:
        raise QueryEvaluationFailure(f"{subject}returned nothing (undefined).", field)
    return value


def _jsonata(value: Any, field: str, variables: set[str]) -> _Evaluate | None:
    if is_expression(value):
        text = expression_text(value)
        expression = compile_expression(text)
        variables |= expression.variables
        return lambda scope: evaluate_expression(expression, text, field, scope)
    if isinstance(value, dict):
        members = {key: _jsonata(item, f"{field}/{key}", variables) for key, item in value.items()}
        return _object([(key, key, value[key], part) for key, part in members.items()])
    if isinstance(value, list):
        parts = [_jsonata(item, f"{field}[{index}]", variables) for index, item in enumerate(value)]
        return _array(value, parts)
    return None


def _jsonpath(value: Any, variables: set[str]) -> _Evaluate | None:
    if isinstance(value, dict):
        return _object(list(_jsonpath_fields(value, variables)))
    if isinstance(value, list):
        return _array(value, [_jsonpath(item, variables) for item in value])
    return None


def _jsonpath_fields(
    value: dict[str, Any], variables: set[str]
) -> Iterator[tuple[str, str, Any, _Evaluate | None]]:
    for key, item in value.items():
        if key.endswith(".$") and isinstance(item, str):
            yield key, key[:-2], None, jsonpath_value(item, key, variables)
        else:
            yield key, key, item, _jsonpath(item, variables)


def jsonpath_value(text: str, field: str, variables: set[str] | None = None) -> _Evaluate:
    """Compile a path or an intrinsic function for the field of that name.

    Adds the names of the variables it reads to `variables`.
    """
    names = variables if variables is not None else set()
    if is_intrinsic(text):
        call = compile_intrinsic(text)
        names |= call.variables
        return call.evaluate
    path = compile_path(text)
    if path.variable:
        names.add(path.variable)
    return lambda scope: path.read_template(scope, field)


def _object(fields: list[tuple[str, str, Any, _Evaluate | None]]) -> _Evaluate | None:
    if all(part is None and source == name for source, name, _, part in fields):
        return None
    base = {name: literal for _, name, literal, _ in fields}
    parts = [(name, part) for _, name, _, part in fields if part is not None]

    def evaluate(scope: Scope) -> Any:
        built = dict(base)
        for name, part in parts:
            built[name] = part(scope)
        return built

    return evaluate


def _array(items: list[Any], parts: list[_Evaluate | None]) -> _Evaluate | None:
    if not any(parts):
        return None
    return lambda scope: [part(scope) if part else item for item, part in zip(items, parts, strict=True)]


_TYPE_NAMES: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def type_name(value: Any) -> str:
    """Return JSON's name of a value's type, as AWS writes it."""
    return _TYPE_NAMES.get(type(value), "object")


def compile_field(value: Any, field: str, expected: str) -> Template:
    """Compile a JSONata field whose value must be an "array", "boolean", "number", "string" or "object".

    Evaluation raises QueryEvaluationFailure for a value of another type.
    """
    template = compile_template(value, "JSONata", field)
    if template.constant:
        return template
    text = expression_text(value) if isinstance(value, str) else ""

    def evaluate(scope: Scope) -> Any:
        value = template.evaluate(scope)
        if type_name(value) != expected:
            raise QueryEvaluationFailure(
                f"The JSONata expression '{text}' specified for the field '{field}' "
                f"returned an unexpected result type. "
                f"Expected '{expected}', but was '{type_name(value)}' for value: {dumps(value)}",
                field,
            )
        return value

    return Template(value, evaluate if text else template.evaluate, template.variables)
