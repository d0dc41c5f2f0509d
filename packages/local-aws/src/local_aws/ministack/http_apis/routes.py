"""The route of a request to an HTTP API, by expressions that are compiled once.

MiniStack builds the expression of each route anew for each request, twice: with the 300 routes of an API that is a
sixth of the CPU time of a read.
"""

from __future__ import annotations

import functools
import re
from typing import Any, NamedTuple

from ministack.services import apigateway

# An API has up to 300 routes.
_MAX_PATHS = 4_096
# Each change of an API's routes is another tuple of keys.
_MAX_APIS = 64


class _Path(NamedTuple):
    """What a path with parameters matches, and their names."""

    expression: re.Pattern[str]
    parameters: list[str]


def install_compiled_routes() -> None:
    """Match paths by compiled expressions. A changed route has another key, so none is stale."""
    apigateway._extract_path_params = _path_parameters
    apigateway._match_route = _matching_route


def _path_parameters(route_path: str, request_path: str) -> dict[str, str] | None:
    """Return the parameters of a request's path; None if it is not that of the route."""
    path = _compiled(route_path)
    match = path.expression.fullmatch(request_path)
    return None if match is None else dict(zip(path.parameters, match.groups(), strict=True))


def _matching_route(api_id: str, method: str, path: str) -> dict[str, Any] | None:
    """Return the most specific route of a method and path, else the default route; None if there is none."""
    routes: list[dict[str, Any]] = list(apigateway._routes.get(api_id, {}).values())
    keys = tuple([route.get("routeKey", "") for route in routes])
    for expression, place in _by_specificity(keys, method):
        if expression.fullmatch(path):
            return routes[place]
    return routes[keys.index("$default")] if "$default" in keys else None


@functools.lru_cache(_MAX_APIS)
def _by_specificity(keys: tuple[str, ...], method: str) -> list[tuple[re.Pattern[str], int]]:
    """Return the expressions and places of the routes of a method, the most specific first."""
    candidates = []
    for place, key in enumerate(keys):
        route_method, space, path = key.partition(" ")
        if space and route_method in ("ANY", method):
            specificity = apigateway._route_specificity(route_method, path)
            candidates.append((specificity, _compiled(path).expression, place))
    candidates.sort(key=lambda candidate: candidate[0], reverse=True)
    return [(expression, place) for _, expression, place in candidates]


@functools.lru_cache(_MAX_PATHS)
def _compiled(route_path: str) -> _Path:
    expressions, parameters = [], []
    for part in re.split(r"(\{[^}]+\})", route_path):
        if part.startswith("{") and part.endswith("}"):
            name = part[1:-1]
            parameters.append(name.removesuffix("+"))
            expressions.append("(.+)" if name.endswith("+") else "([^/]+)")
        else:
            expressions.append(re.escape(part))
    return _Path(re.compile("".join(expressions)), parameters)
