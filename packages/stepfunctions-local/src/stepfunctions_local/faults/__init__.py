"""Fault injection: mock files of AWS Step Functions Local, and fault plans.

Both intercept the delivery of tasks (`Engine.invoker`), without changes to definitions or handlers.
"""

from .mocks import MockConfigError, Mocks, mocked
from .plan import Fault, FaultPlan

__all__ = ["Fault", "FaultPlan", "MockConfigError", "Mocks", "mocked"]
