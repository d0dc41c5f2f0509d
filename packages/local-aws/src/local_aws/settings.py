"""Account, region, credentials and addresses of every local stack, and what its functions import."""

from __future__ import annotations

REGION = "us-east-1"
ACCOUNT = "000000000000"
DEFAULT_PORT = 4566
ENGINE_PAGE_PATH = "/_stepfunctions/"
PRELOADED_MODULES = (
    "boto3",
    "botocore.session",
    "botocore.client",
    "pydantic",
    "pydantic.types",
    "pydantic.fields",
    "pydantic.functional_validators",
    "pydantic.type_adapter",
)
"""What fork servers of the Lambda runner import: modules that nearly every function imports, and that do not read the
environment when they are imported. pydantic imports its own ones when their names are first used."""

# MiniStack's root user. All other callers are roles and have the permissions of their policies.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - a published constant of the emulator


def endpoint_url(port: int) -> str:
    """Return the URL of all services of the stack on a port."""
    return f"http://127.0.0.1:{port}"
