"""Account, region and credentials of every local stack, what its functions import, what clients need to reach it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .state_folder import RunningStack

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


def client_environment(stack: RunningStack) -> dict[str, str]:
    """Return the environment variables with which aws, sam and boto3 use a local stack."""
    return {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        # StartSyncExecution and TestState put a prefix before the host, which 127.0.0.1 cannot have.
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "SAM_CLI_TELEMETRY": "0",
    }
