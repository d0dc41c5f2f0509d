"""The API's own pages: where they are, its OpenAPI document, and the documentation that is drawn from it."""

from pathlib import Path

from pydantic import BaseModel
from tillflow.api import Api, Call, Reply

api = Api("web")
handle = api.handle

_PAGES = Path(__file__).parent / "pages"
_HEADERS = {
    "cache-control": "public, max-age=300",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Link(BaseModel):
    """An address below the API's."""

    href: str


class Start(BaseModel):
    """What the API is, and where it is described: `openapi` for programs, `docs` for people."""

    title: str
    links: dict[str, Link]


def _page(name: str, media_type: str) -> Reply:
    return Reply(
        (_PAGES / name).read_text(encoding="utf-8"), headers={**_HEADERS, "content-type": media_type}
    )


@api.route("GET ", "", response=Start)
def get_start(call: Call) -> Reply:
    """Return the addresses of the API's documentation."""
    pages = (("openapi", "openapi.json"), ("docs", "docs"))
    start = Start(title="Tillflow", links={name: Link(href=f"/api/{page}") for name, page in pages})
    return Reply(start, headers=_HEADERS)


@api.route("GET /openapi.json", "", response=str)
def get_openapi(call: Call) -> Reply:
    """Return this document."""
    return _page("openapi.json", "application/json")


@api.route("GET /docs", "", response=str)
def get_docs(call: Call) -> Reply:
    """Return the documentation page."""
    return _page("docs.html", "text/html; charset=utf-8")


@api.route("GET /docs.js", "", response=str)
def get_docs_script(call: Call) -> Reply:
    """Return the documentation page's script."""
    return _page("docs.js", "text/javascript; charset=utf-8")


@api.route("GET /docs.css", "", response=str)
def get_docs_style(call: Call) -> Reply:
    """Return the documentation page's style sheet."""
    return _page("docs.css", "text/css; charset=utf-8")
