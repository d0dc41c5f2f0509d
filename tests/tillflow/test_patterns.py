"""Each pattern of a model has words for the errors of it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, Field
from tillflow import fields
from tillflow.errors import InvalidRequest, problems_in
from tillflow.parsing import parse
from tillflow.patterns import WORDS

PROJECT = Path(__file__).parents[2]


def patterns() -> Iterator[str]:
    """Return the pattern of each field in the source of the functions."""
    for directory in ("functions", "layers/common"):
        for path in (PROJECT / directory).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.keyword) and node.arg == "pattern":
                    name = node.value
                    yield getattr(fields, name.id) if isinstance(name, ast.Name) else ast.literal_eval(name)


def test_each_pattern_of_a_field_has_words_and_no_other() -> None:
    assert set(patterns()) == set(WORDS)


@pytest.mark.parametrize("pattern", WORDS)
def test_message_of_two_problems_is_read_back(pattern: str) -> None:
    class Document(BaseModel):
        first: Annotated[str, Field(pattern=pattern)]
        second: Annotated[str, Field(pattern=pattern)]

    with pytest.raises(InvalidRequest) as refusal:
        parse(Document, {"first": "\v#", "second": "\v#"})
    read = [(problem.field, problem.expected) for problem in problems_in(str(refusal.value))]
    assert read == [("first", WORDS[pattern]), ("second", WORDS[pattern])]
