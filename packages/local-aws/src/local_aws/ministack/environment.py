"""The environment variables that MiniStack reads when it is imported."""

from __future__ import annotations

import os

from ..settings import ACCESS_KEY_ID, ACCOUNT, REGION, SECRET_ACCESS_KEY, endpoint_url
from ..state_folder import StateFolder

# The version whose internals the adapter was written for.
VERSION = "1.5.33"


def configure(folder: StateFolder, port: int) -> None:
    """Set MiniStack's variables. Remove AWS settings of the developer, which would decide who is root."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "DOCKER_HOST": f"unix://{folder.path}/no-docker.sock",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(folder.objects),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(folder.state),
        "TMPDIR": str(folder.scratch),
    }
    os.environ.setdefault("LOG_LEVEL", "WARNING")
