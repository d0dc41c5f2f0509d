"""Run Lambda functions in warm local processes under AWS's own runtime client, awslambdaric.

Independent of the emulator and of the functions; see README.md in this folder.
"""

from .model import Archive, Credentials, Function, LogEvent, Outcome, Request, Throttled
from .packages import PackageStore
from .processes import ProcessStarter
from .runner import LambdaRunner
from .sandbox import Platform

__all__ = [
    "Archive",
    "Credentials",
    "Function",
    "LambdaRunner",
    "LogEvent",
    "Outcome",
    "PackageStore",
    "Platform",
    "ProcessStarter",
    "Request",
    "Throttled",
]
