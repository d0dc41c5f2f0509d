"""Installation of the parts of HTTP APIs."""

from __future__ import annotations

from .apis import install_documents
from .events import install_http_events
from .routes import install_compiled_routes


def install_http_apis() -> None:
    """Read the routes of documents, complete the events of functions, find routes by compiled expressions."""
    install_documents()
    install_http_events()
    install_compiled_routes()
