"""EngineCallbacks into the engine of a fixture, and the purchase operations that use them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from purchasing.operations import PurchaseOperations
from purchasing.store import PurchaseStore
from stepfunctions_local.errors import ApiError
from tillflow.aws import client

from verification.harness.fixture import WorkflowFixture


class EngineCallbacks:
    """A botocore client of Step Functions whose calls go to the engine that the fixture has at the time."""

    def __init__(self, fixture: WorkflowFixture) -> None:
        self._fixture = fixture

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            try:
                return getattr(self._fixture.engine, name)(**request)
            except ApiError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from None

        return call


def purchases_store() -> PurchaseStore:
    return PurchaseStore(client("dynamodb"), "PurchasingTable")


def purchase_operations(fixture: WorkflowFixture, states: Any = None) -> PurchaseOperations:
    """Return the operations; their callbacks go to `states`, by default to the fixture's engine."""
    return PurchaseOperations(
        client("dynamodb"),
        states or EngineCallbacks(fixture),
        "PurchasingTable",
        "",
        {},  # it starts no orders
        lambda: datetime.fromtimestamp(fixture.engine.clock.now(), UTC),
    )
