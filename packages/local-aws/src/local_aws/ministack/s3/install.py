"""Installation of what MiniStack's S3 lacks."""

from __future__ import annotations

from .encoded_listings import install_encoded_listings
from .multipart_checksums import install_multipart_checksums
from .object_checks import install_object_checks


def install_s3() -> None:
    """Check requests for objects and the checksums of multipart uploads; encode listings."""
    install_encoded_listings()
    install_multipart_checksums()
    install_object_checks()
