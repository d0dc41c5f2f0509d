"""Which errors of AWS services can pass by waiting."""

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError

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
_BROKEN_CONNECTION = (ConnectionError, HTTPClientError, IncompleteReadError)


def can_pass(error: Exception) -> bool:
    """Return True for an AWS error that can pass by waiting: throttling, a 5xx, or a broken connection."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        return status >= 500 or status == 429 or code in THROTTLING | _FAILED
    return isinstance(error, _BROKEN_CONNECTION)
