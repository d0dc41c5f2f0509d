"""What clients need to reach a local stack."""

from __future__ import annotations

from .settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from .state_folder import RunningStack


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
