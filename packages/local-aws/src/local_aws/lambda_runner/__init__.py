"""Lambda functions in warm local processes under AWS's own runtime client, awslambdaric.

Knows nothing of the emulator it serves nor of the functions it runs; see README.md in this folder.
"""

from .model import Archive, Credentials, Function, LogEvent, Outcome, Request
from .packages import PackageStore
from .processes import Processes
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
    "Processes",
    "Request",
]
