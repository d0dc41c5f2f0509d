"""A local AWS in one process: MiniStack's services, the embedded Step Functions and a Lambda runner.

folder = StateFolder(Path("state"))
stack = start(folder, port=4566, lambda_python=Path("runtime/bin/python"))
boto3.client("dynamodb", **…)  # with the variables of client_environment(stack)
stop(folder)
"""

from .clients import client_environment
from .errors import CannotStart, NotReady, PortInUse, StackInUse, UnreadableState
from .state_folder import RunningStack, StateFolder
from .supervisor import reset, start, stop

__all__ = [
    "CannotStart",
    "NotReady",
    "PortInUse",
    "RunningStack",
    "StackInUse",
    "StateFolder",
    "UnreadableState",
    "client_environment",
    "reset",
    "start",
    "stop",
]
