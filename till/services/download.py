"""Files at signed or public URLs of the services."""

import urllib3

from till.errors import OperatorError


def download(url: str) -> bytes:
    """Return the file at a URL; OperatorError."""
    response = urllib3.request("GET", url)
    if response.status != 200:
        raise OperatorError(f"The file cannot be downloaded: status {response.status}.", "Try again.")
    return response.data
