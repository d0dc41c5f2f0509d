"""The pytest plugin: engines in virtual time, with fault plans.

def test_lost_response_charges_once(virtual_engine):
    engine = virtual_engine(services, Fault("Charge", "time_out_after_effect"))
    assert engine.run(definition).status == "SUCCEEDED"

A fault that no delivery had, for example of a misspelt state, fails the test.
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

    plans: list[FaultPlan] = []
    with ExitStack() as engines:

        def create(
            services: "ServiceClient | None" = None, *faults: "Fault", **options: Any
        ) -> "VirtualEngine":
            if faults:
                plans.append(FaultPlan(*faults))
                options["invoker"] = plans[-1]
            return engines.enter_context(VirtualEngine(services, **options))

        yield create
    for plan in plans:
        if unused := plan.unused():
            names = ", ".join(f"{fault.kind} of {fault.state}" for fault in unused)
            called = (
                ", ".join(f"{state} ({count})" for state, count in sorted(plan.deliveries.items())) or "none"
            )
            pytest.fail(f"No delivery had these faults: {names}. Tasks that were delivered: {called}.")
