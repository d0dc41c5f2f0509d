"""The request body of an HTTP task as a URL-encoded form.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/call-https-apis.html (URL-encoding on request body)
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from .http_arguments import text


def encode_form(body: Mapping[str, Any], array_format: str) -> bytes:
    """Encode an object; `array_format` is INDICES, REPEAT, COMMAS or BRACKETS."""
    fields = [field for name, value in body.items() for field in _fields(name, value, array_format)]
    return urlencode(fields, quote_via=quote, errors="replace").encode()


def _fields(name: str, value: Any, array_format: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for member, item in value.items():
            yield from _fields(f"{name}[{member}]", item, array_format)
    elif not isinstance(value, list):
        yield name, text(value)
    elif array_format == "COMMAS":
        yield name, ",".join(map(text, value))
    else:
        marks = {"BRACKETS": "[]", "REPEAT": ""}
        for at, item in enumerate(value):
            yield from _fields(f"{name}{marks.get(array_format, f'[{at}]')}", item, array_format)
