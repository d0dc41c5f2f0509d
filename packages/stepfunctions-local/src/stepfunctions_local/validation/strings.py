"""The strings in a JSON value."""

from collections.abc import Iterator
from typing import Any


def nested_strings(value: Any, location: str) -> Iterator[tuple[str, str]]:
    """Yield every string in a value with its location."""
    if isinstance(value, str):
        yield value, location
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from nested_strings(item, f"{location}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from nested_strings(item, f"{location}[{index}]")
