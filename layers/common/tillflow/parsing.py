"""Parse a request into its model, or raise one error that names every problem."""

from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from tillflow.errors import InvalidRequest, Problem

_EXPECTED = {
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
    "string_pattern_mismatch": "text that matches {pattern}",
    "literal_error": "{expected}",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "too_short": "at least {min_length} item(s)",
    "bool_type": "true or false",
    "decimal_parsing": 'a decimal number as text, such as "7.5"',
    "decimal_type": 'a decimal number as text, such as "7.5"',
    "date_from_datetime_parsing": "a day such as 2026-11-23",
    "date_parsing": "a day such as 2026-11-23",
    "datetime_parsing": "an ISO 8601 time such as 2026-11-23T10:00:00Z",
    "datetime_from_date_parsing": "an ISO 8601 time such as 2026-11-23T10:00:00Z",
    "timezone_aware": "a time with its zone, such as 2026-11-23T10:00:00Z",
}


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
    first, *others = problems
    raise error(first.field, first.value, first.expected, others)


def _innermost(problems: list[Any]) -> list[Any]:
    """Drop the problem of a container that only repeats the problems of its members."""
    return [
        problem
        for problem in problems
        if not any(
            len(other["loc"]) > len(problem["loc"]) and other["loc"][: len(problem["loc"])] == problem["loc"]
            for other in problems
        )
    ]


def _value(problem: Any) -> object:
    if problem["type"] == "missing":
        return None
    # The value of a token field may be a card number: never repeat it.
    return "(hidden)" if "token" in problem["loc"] else problem["input"]


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else step
    return path or "request"


def _expected(problem: Any) -> str:
    context = problem.get("ctx", {})
    if problem["type"] == "value_error":
        return str(context["error"])
    template = _EXPECTED.get(problem["type"])
    return template.format(**context) if template else str(problem["msg"])
