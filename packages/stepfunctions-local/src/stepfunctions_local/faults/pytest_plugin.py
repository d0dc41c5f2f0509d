"""A pytest fixture: engines in virtual time with a fault plan.

In a conftest.py: `from stepfunctions_local.faults.pytest_plugin import faulty_engine`. In a test:

    def test_a_lost_answer_charges_once(faulty_engine):
        engine = faulty_engine(services, Fault("Charge", "time_out_after_effect"))
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from ..services import ServiceClient
from ..testing import VirtualEngine
from .plan import Fault, FaultPlan


@pytest.fixture
def faulty_engine() -> Iterator[Callable[..., VirtualEngine]]:
    """Return a function that creates engines from services and faults; they are closed after the test."""
    with ExitStack() as opened:

        def make(services: ServiceClient, *faults: Fault) -> VirtualEngine:
            return opened.enter_context(VirtualEngine(services, invoker=FaultPlan(*faults)))

        yield make
