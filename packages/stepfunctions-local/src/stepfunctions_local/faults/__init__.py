"""Faults from outside: mock files of AWS Step Functions Local, and plans of what goes wrong with which task.

Both stand where the engine delivers a task (`Engine.invoker`); neither definitions nor handlers know of them.
"""

from .mocks import MockConfigError, Mocks, mocked
from .plan import Fault, FaultPlan

__all__ = ["Fault", "FaultPlan", "MockConfigError", "Mocks", "mocked"]
