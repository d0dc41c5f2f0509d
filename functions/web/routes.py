"""The routes of the API, as its OpenAPI document has them."""

import json
import re
from functools import cache
from pathlib import Path

_DOCUMENT = Path(__file__).parent / "pages" / "openapi.json"
_PARAMETER = re.compile(r"\{\w+\}")


def allowed_methods(path: str) -> list[str]:
    """Return the methods that the API has for a path, in alphabetical order; [] for a path that it does not have."""
    return sorted({method for pattern, methods in _routes() if pattern.fullmatch(path) for method in methods})


@cache
def _routes() -> list[tuple[re.Pattern[str], list[str]]]:
    """Return a pattern of each path, and its methods. Only requests without a route need it: it is read late."""
    paths = json.loads(_DOCUMENT.read_text(encoding="utf-8"))["paths"]
    return [(_pattern(path), [method.upper() for method in methods]) for path, methods in paths.items()]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, _PARAMETER.split(path))))
