"""The goods-in desk and the suppliers of a bench: purchasing's operations, calling back into its engine."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError
from purchasing.operations import PurchaseOperations
from purchasing.store import PurchaseStore
from stepfunctions_local.errors import ApiError
from tillflow.aws import client

from verification.harness.harness import Bench


class Callbacks:
    """The engine's callbacks as a botocore client makes them; the engine a bench has at the moment."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            try:
                return getattr(self._bench.engine, name)(**request)
            except ApiError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from None

        return call


def purchases() -> PurchaseStore:
    return PurchaseStore(client("dynamodb"), "PurchasingTable")


def desk(bench: Bench) -> PurchaseOperations:
    return PurchaseOperations(client("dynamodb"), Callbacks(bench), "PurchasingTable")
