"""The web page of the engine, and the page of one execution as a single file.

`engine-page.js` and `standalone.js` are built from `packages/execution-inspector` (`npm run build`).
"""

import base64
import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any, NamedTuple

_SECURITY = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Step Functions, local</title>'
    '<meta name="viewport" content="width=device-width"></head>'
    '<body><script src="engine-page.js"></script></body></html>'
)


class Asset(NamedTuple):
    """A file of the page: its media type, its headers and its bytes."""

    media_type: str
    headers: Mapping[str, str]
    body: bytes


@cache
def asset(path: str) -> Asset | None:
    """Return the response to GET of `path`; None for an unknown path."""
    if path == "/":
        return Asset("text/html; charset=utf-8", _SECURITY, _PAGE.encode())
    if path == "/engine-page.js":
        return Asset("text/javascript; charset=utf-8", _SECURITY, _script("engine-page.js").encode())
    return None


def execution_page(
    definition: Mapping[str, Any],
    execution: Mapping[str, Any],
    events: list[Any],
    *,
    children: Mapping[str, Any] | None = None,
    map_runs: Mapping[str, Any] | None = None,
) -> str:
    """Return one self-contained HTML page that shows an execution without any network.

    `execution` is DescribeExecution's response, `events` GetExecutionHistory's, timestamps as datetimes or ISO texts.
    `children` has for each child execution's ARN its own definition, execution and events; `map_runs` for each map
    run's ARN the children as ListExecutions returns them.
    """
    data = {
        "definition": definition,
        "execution": execution,
        "events": events,
        "children": children or {},
        "mapRuns": map_runs or {},
    }
    packed = base64.b64encode(gzip.compress(json.dumps(data, default=_as_json).encode())).decode()
    script = _script("standalone.js").replace("</script", "<\\/script")
    style = "html,body{margin:0;height:100%}"
    policy = f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'"
    title = escape(str(execution.get("name", "Execution")))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{style}</style></head><body>'
        f'<script type="application/octet-stream" id="data">{packed}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _script(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
