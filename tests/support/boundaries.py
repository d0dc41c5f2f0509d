"""Sizes around the number of rows that one transaction or call takes."""

import pytest


def around(limit: int) -> pytest.MarkDecorator:
    """Run a test with `size` one below, at and one above a limit."""
    return pytest.mark.parametrize("size", [limit - 1, limit, limit + 1])
