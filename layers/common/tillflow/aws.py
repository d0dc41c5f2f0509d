"""Clients of AWS services, created once per process."""

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from tillflow.dynamodb import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, DynamoDB

if TYPE_CHECKING:
    from botocore.session import Session


@cache
def client(service: str) -> Any:
    """Return the client of an AWS service, e.g. ``client("dynamodb")``.

    Endpoint, region and credentials come from the environment.
    """
    # With SnapStart, credentials come from an endpoint and expire: botocore reads them anew.
    is_restored = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"
    if service == "dynamodb" and not is_restored:
        return DynamoDB()
    from botocore.config import Config

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    return _session().create_client(service, config=config)


def s3_client() -> Any:
    """Return a new S3 client: objects are larger than rows, so that a read may take longer than of `client`."""
    from botocore.config import Config

    config = Config(
        signature_version="s3v4",
        connect_timeout=CONNECT_SECONDS,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": 3},
        # A presigned URL of the global endpoint is redirected or refused outside us-east-1.
        s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
    )
    return _session().create_client("s3", config=config)


def _session() -> "Session":
    """Return a session of botocore: without boto3 the clients are the same, and take 40 ms less to import."""
    # Imported when used: its import takes longer than all else of a function that uses DynamoDB alone.
    from botocore.session import get_session

    return get_session()
