"""The fields of every request: their types are strict, and what is wrong is said in the API's words."""

import typing
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError
from tillflow.parsing import EXPECTED

from tests.support.http_api import ROUTES

TEXTS = ("", "x", " ", "x" * 5_000, "\ud800", "\x00", "1", "1.5", "1.123456789", "9" * 50, "NaN", "yes")
TIMES = ("20261129", "2026-13-45", "2026-11-29T25:00:00Z", "2026-11-29T10:00:00", "2026-11-29T10:00:00Z")
NOT_DATES = ("20260101", "2026-W01-1", "2026-01-01T00:00:00", "2026-1-1", "\u0662026-01-01", "1795392000")
HOSTILE = (None, True, 0, -1, 1.5, 10**30, float("nan"), [], [None], [[]], [{}] * 2, {}, {"x": None})
# ValueError of a validator has the words itself.
IN_WORDS = {*EXPECTED, "value_error", "string_pattern_mismatch"}  # a pattern: see test_patterns


def fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    """Return the fields of a model and of those in it, by name, with their types."""
    seen: set[type[BaseModel]] = set()
    pending = [model]
    while pending:
        one = pending.pop()
        if one in seen:
            continue
        seen.add(one)
        for name, field in one.model_fields.items():
            annotation = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            yield f"{one.__name__}.{name}", annotation
            pending += models(field.annotation)


def models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models in a type."""
    annotation = getattr(annotation, "__value__", annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in models(part)]


BODIES = {
    name: annotation for route in ROUTES.values() if route.body for name, annotation in fields(route.body)
}
QUERIES = {name: annotation for route in ROUTES.values() for name, annotation in fields(route.query)}


@pytest.mark.parametrize("name", sorted(BODIES))
def test_wrong_value_of_a_field_is_explained_in_words(name: str) -> None:
    adapter = TypeAdapter(BODIES[name])
    for value in (*HOSTILE, *TEXTS, *TIMES):
        try:
            adapter.validate_python(value)
        except ValidationError as invalid:
            assert {problem["type"] for problem in invalid.errors()} <= IN_WORDS, value


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_wrong_value_of_a_query_is_explained_in_words(name: str) -> None:
    adapter = TypeAdapter(QUERIES[name])
    for value in (*TEXTS, *TIMES):
        try:
            adapter.validate_strings(value)
        except ValidationError as invalid:
            assert {problem["type"] for problem in invalid.errors()} <= IN_WORDS, value


@pytest.mark.parametrize("name", sorted(BODIES))
def test_text_is_neither_a_number_nor_a_truth_value(name: str) -> None:
    adapter = TypeAdapter(BODIES[name])
    schema = adapter.json_schema()
    types = {part.get("type") for part in schema.get("anyOf", [schema])}
    if types <= {"boolean", "integer", "null"}:
        for value in ("1", "yes", "true", 1.0):
            with pytest.raises(ValidationError):
                adapter.validate_python(value)


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_number_and_time_of_a_query_are_read_strictly(name: str) -> None:
    adapter = TypeAdapter(QUERIES[name])
    schema = adapter.json_schema()
    parts = schema.get("anyOf", [schema])
    refused: tuple[str, ...] = ()
    if any(part.get("type") in ("integer", "number", "boolean") for part in parts):
        refused += ("1_0", " 5", "5 ", "+5", "\u0661", "1e2", "NaN")
    if any(part.get("format") in ("date", "date-time") for part in parts):
        refused += NOT_DATES
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_strings(value)
