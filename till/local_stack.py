"""The project's local AWS: its folder, its port and the Python of its Lambda handlers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local_aws import StateFolder

PROJECT = Path(__file__).parents[1]
LAMBDA_PYTHON = PROJECT / ".tools" / "lambda-runtime" / "bin" / "python"

_FOLDER_VARIABLE = "TILLFLOW_HOME"
_PORT_VARIABLE = "TILLFLOW_PORT"
_CANDIDATES = 100


def state_folder(environ: Mapping[str, str] = os.environ) -> StateFolder:
    """Return the folder that TILLFLOW_HOME names; by default .local in the project."""
    from local_aws import StateFolder

    path = environ.get(_FOLDER_VARIABLE)
    return StateFolder(Path(path).resolve() if path else PROJECT / ".local")


def choose_port(environ: Mapping[str, str] = os.environ) -> int:
    """Return the port that TILLFLOW_PORT names, else the first free one from 4566 on. Raise CannotStart."""
    from local_aws import CannotStart
    from local_aws.settings import DEFAULT_PORT
    from local_aws.supervisor import is_free

    value = environ.get(_PORT_VARIABLE)
    if not value:
        candidates = range(DEFAULT_PORT, DEFAULT_PORT + _CANDIDATES)
        return next((port for port in candidates if is_free(port)), DEFAULT_PORT)
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 65536):
        raise CannotStart(f"{_PORT_VARIABLE} must be a port from 1 to 65535; got {value!r}.")
    return int(value)
