"""Days that are typed on the command line."""

from datetime import date

import pytest

from till.days import typed_day
from till.errors import OperatorError


def test_typed_day_is_read() -> None:
    assert typed_day("--from", "2026-11-23") == date(2026, 11, 23)


@pytest.mark.parametrize("text", ["tomorrow", "2026-02-30", "23.11.2026"])
def test_text_that_is_not_a_day_is_refused_with_its_option(text: str) -> None:
    with pytest.raises(OperatorError, match=f"Invalid --from '{text}'") as refused:
        typed_day("--from", text)
    assert "2026-11-23" in refused.value.advice
