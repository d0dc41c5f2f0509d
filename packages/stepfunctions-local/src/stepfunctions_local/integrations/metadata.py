"""The HTTP metadata that optimised integrations add to a service's response."""

from typing import Any

# Spellings of services' own headers; others are capitalised after dashes.
_SPELLINGS = {
    "connection": "connection",
    "x-amzn-requestid": "x-amzn-RequestId",
    "x-amz-crc32": "x-amz-crc32",
    "x-amz-executed-version": "X-Amz-Executed-Version",
    "x-amz-function-error": "X-Amz-Function-Error",
    "x-amz-log-result": "X-Amz-Log-Result",
    "x-amzn-remapped-content-length": "x-amzn-Remapped-Content-Length",
    "x-amzn-trace-id": "X-Amzn-Trace-Id",
}
# Emulators add these to every response; AWS only to those of browsers.
_CORS = "access-control-"


def sdk_metadata(response: dict[str, Any]) -> dict[str, Any]:
    """Return `SdkHttpMetadata` and `SdkResponseMetadata` of botocore's response; nothing without HTTP metadata."""
    http = response.get("ResponseMetadata")
    if not http:
        return {}
    headers = {
        _SPELLINGS.get(name, name.title()): value
        for name, value in http.get("HTTPHeaders", {}).items()
        if not name.startswith(_CORS)
    }
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": http.get("HTTPStatusCode", 200),
        },
        "SdkResponseMetadata": {"RequestId": http.get("RequestId", "")},
    }
