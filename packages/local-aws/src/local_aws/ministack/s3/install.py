"""Installation of the checks of S3."""

from __future__ import annotations

from .multipart_checksums import install_multipart_checksums
from .object_checks import install_object_checks


def install_s3() -> None:
    """Check requests for objects and the checksums of multipart uploads."""
    install_multipart_checksums()
    install_object_checks()
