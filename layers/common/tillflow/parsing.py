"""Parse a request into its model, or raise one error that names every problem."""

import re
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from tillflow.errors import InvalidRequest, Problem
from tillflow.patterns import WORDS
from tillflow.plurals import counted

EXPECTED = {
    "missing": "a value",
    "extra_forbidden": "no such field",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "string_type": "text",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} characters",
    "literal_error": "{expected}",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "too_short": "at least {min_length} item(s)",
    "too_long": "at most {max_length} items",
    "string_unicode": "text without lone surrogates",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "finite_number": "a number",
    "decimal_parsing": 'a decimal number as text, such as "7.5"',
    "decimal_max_places": "a number of at most {decimal_places} decimal places",
    "decimal_type": 'a decimal number as text, such as "7.5"',
    "date_from_datetime_parsing": "a day such as 2026-11-23",
    "date_parsing": "a day such as 2026-11-23",
    "datetime_parsing": "an ISO 8601 time such as 2026-11-23T10:00:00Z",
    "datetime_from_date_parsing": "an ISO 8601 time such as 2026-11-23T10:00:00Z",
    "timezone_aware": "a time with its zone, such as 2026-11-23T10:00:00Z",
}


_HIDDEN = "(hidden)"
_CARD_NUMBER = re.compile(r"\d{14,19}")


def parse[M: BaseModel](
    model: type[M],
    data: Any,
    error: type[InvalidRequest] = InvalidRequest,
    *,
    extra: Literal["forbid"] | None = None,
    texts: bool = False,
) -> M:
    """Return the model of the data; raise `error` with every problem when it does not fit.

    The validators of a model raise ValueError with the text that follows "expected". extra: refuse fields that no
    model has, whatever the model says of them; texts: every value is text, as in a query string.
    """
    try:
        if texts:
            return model.model_validate_strings(data, extra=extra)
        return model.model_validate(data, extra=extra)
    except ValidationError as invalid:
        problems = [
            Problem(_path(problem["loc"]), _value(problem), _expected(problem))
            for problem in _innermost(invalid.errors(include_url=False))
        ]
    raise error.of(problems)


def _innermost(problems: list[Any]) -> list[Any]:
    """Drop the problem of a container that only repeats the problems of its members."""
    containers = {problem["loc"][:depth] for problem in problems for depth in range(len(problem["loc"]))}
    innermost = [problem for problem in problems if problem["loc"] not in containers]
    return innermost or problems


def _value(problem: Any) -> object:
    if problem["type"] == "missing":
        return None
    return _HIDDEN if _is_token(problem["loc"]) else _redacted(problem["input"])


def _redacted(value: object) -> object:
    """Return a value without tokens and card numbers, as far as a message shows it."""
    match value:
        case dict():
            return {
                name: _HIDDEN if _is_token((name,)) else _redacted_text(part) for name, part in value.items()
            }
        case list() if value:
            return f"a list of {counted(len(value), 'item')}"
        case str() | int() | float():
            return _redacted_text(value)
    return value


def _redacted_text(value: object) -> object:
    if isinstance(value, dict | list):
        return "..."
    digits = re.sub(r"[ .-]", "", str(value)[:200])
    number = _CARD_NUMBER.search(digits)
    return _HIDDEN if number and _passes_luhn(number.group()) else value


def _is_token(location: tuple[object, ...]) -> bool:
    """Return whether a field is a token, or the code of a gift card."""
    return any("token" in step or step == "code" for step in location if isinstance(step, str))


def _passes_luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(digits), 1)]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "request"


def _expected(problem: Any) -> str:
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return str(context["error"])
    if words := WORDS.get(context.get("pattern", "")):
        return words
    template = EXPECTED.get(problem["type"])
    return template.format(**context) if template else str(problem["msg"])
