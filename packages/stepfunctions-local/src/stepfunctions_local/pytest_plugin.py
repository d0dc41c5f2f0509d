"""The pytest plugin: engines in virtual time, with fault plans.

def test_lost_response_charges_once(virtual_engine):
    engine = virtual_engine(services, Fault("Charge", "time_out_after_effect"))
    assert engine.run(definition).status == "SUCCEEDED"
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from .faults import Fault
    from .services import ServiceClient
    from .testing import VirtualEngine


class CreateEngine(Protocol):
    """Creates an engine with fake services and faults; further options are VirtualEngine's."""

    def __call__(
        self, services: "ServiceClient | None" = None, *faults: "Fault", **options: Any
    ) -> "VirtualEngine": ...


@pytest.fixture
def virtual_engine() -> Iterator[CreateEngine]:
    """Return a function that creates engines in virtual time; they are closed after the test."""
    # pytest loads the plugin in every run: import the engine only for tests that use it.
    from .faults import FaultPlan
    from .testing import VirtualEngine

    with ExitStack() as engines:

        def create(
            services: "ServiceClient | None" = None, *faults: "Fault", **options: Any
        ) -> "VirtualEngine":
            if faults:
                options["invoker"] = FaultPlan(*faults)
            return engines.enter_context(VirtualEngine(services, **options))

        yield create
