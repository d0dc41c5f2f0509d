"""Clients of AWS services, created once per process, and which of their errors can pass."""

from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError
from botocore.parsers import JSONParser, ResponseParserFactory

# Timeouts nest: two attempts of a client end within the Lambda's 10 s, and that within the state's 15 s.
CLIENT_CONFIG = Config(
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 2},
    # Requests are built by this project's code, and the service validates them: to do it here too, and to compose a
    # user agent for each request, is two fifths of the CPU time of a small transaction.
    parameter_validation=False,
    user_agent="tillflow",
)

THROTTLING = frozenset(
    {
        "BandwidthLimitExceeded",
        "KMSThrottling",
        "KMSThrottlingException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequests",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The codes of throttled requests, over all services."""

_FAILED = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
    }
)
CONFLICT = "TransactionConflictException"
"""DynamoDB refuses a write without a transaction while a transaction holds the row; its client does not retry."""

_BROKEN_CONNECTION = (ConnectionError, HTTPClientError, IncompleteReadError)


@cache
def client(service: str) -> Any:
    """Return the client of an AWS service, e.g. ``client("dynamodb")``.

    botocore without boto3: the same client, some 40 ms less of a cold start. Endpoint, region and credentials come
    from the environment.
    """
    session = botocore.session.get_session()
    session.register_component("response_parser_factory", ParserFactory())
    return session.create_client(service, config=CLIENT_CONFIG)


class _Parser(JSONParser):
    """Keep attribute values of DynamoDB as they are in the response: parsing them changes binary values alone.

    It takes a fifth of the CPU time of a page of rows. Rows have no binary values.
    """

    def _handle_structure(self, shape: Any, value: Any) -> Any:
        return value if shape.name == "AttributeValue" else super()._handle_structure(shape, value)


class ParserFactory(ResponseParserFactory):
    """The parsers of botocore, with a faster one for DynamoDB."""

    def create_parser(self, protocol_name: str) -> Any:
        return _Parser(**self._defaults) if protocol_name == "json" else super().create_parser(protocol_name)


def s3_client() -> Any:
    """Return a new S3 client: objects are larger than rows, so that a read may take longer than of `client`."""
    config = Config(
        signature_version="s3v4",
        connect_timeout=1,
        read_timeout=8,
        retries={"mode": "standard", "total_max_attempts": 3},
        # A presigned URL of the global endpoint is redirected or refused outside us-east-1.
        s3={"us_east_1_regional_endpoint": "regional", "addressing_style": "virtual"},
    )
    return botocore.session.get_session().create_client("s3", config=config)


def can_pass(error: Exception) -> bool:
    """Return True for an AWS error that can pass by waiting: throttling, a 5xx, a held row, a broken connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return status >= 500 or status == 429 or code in THROTTLING | _FAILED | {CONFLICT}
    return isinstance(error, _BROKEN_CONNECTION)
