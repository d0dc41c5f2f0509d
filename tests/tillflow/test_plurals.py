"""Numbers with nouns."""

import pytest
from tillflow.plurals import counted


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 units"), (1, "1 unit"), (-1, "-1 unit"), (2, "2 units"), (11, "11 units"), (1000, "1,000 units")],
)
def test_noun_is_singular_after_one_alone(number: int, text: str) -> None:
    assert counted(number, "unit") == text
    assert counted(number, "entry") == text.replace("units", "entries").replace("unit", "entry")
