"""The environment of Lambda handlers in tests."""

from __future__ import annotations

import os
from pathlib import Path

# An environment with boto3 and awslambdaric alone; a checkout of the workspace has one in .tools.
LAMBDA_PYTHON = Path(
    os.environ.get("LAMBDA_PYTHON") or Path(__file__).parents[3] / ".tools/lambda-runtime/bin/python"
)
