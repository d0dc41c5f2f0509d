"""Upload a file to S3 by a form that the API has signed."""

from collections.abc import Mapping
from pathlib import Path

import urllib3

from till.errors import OperatorError


def upload(url: str, fields: Mapping[str, str], file: Path, kind: str, advice: str) -> Mapping[str, str]:
    """Upload a file of a content type; return the headers of the response. OperatorError, with `advice`."""
    content: dict[str, str | tuple[str, bytes, str]] = {"file": (file.name, file.read_bytes(), kind)}
    response = urllib3.request("POST", url, fields={**fields, **content})
    if response.status >= 300:
        text = response.data.decode(errors="replace")
        code = text.partition("<Code>")[2].partition("</Code>")[0] or text[:100]
        raise OperatorError(f"S3 refused {file}: {response.status} {code}.", advice)
    return response.headers
