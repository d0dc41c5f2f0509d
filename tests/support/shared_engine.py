"""An engine that runs as one of the processes of a test that interleaves them.

The requests of its workflows' functions are interleaved with those of the other processes. It takes a call of its API
between two of its steps: the engine belongs to one thread.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from botocore.exceptions import ClientError
from stepfunctions_local.errors import ApiError

from tests.support.turns import Turns
from verification.harness.fixture import WorkflowFixture


class SharedEngine:
    """A botocore client of Step Functions for other processes, and the process that runs the engine of a fixture."""

    def __init__(self, fixture: WorkflowFixture, turns: Turns) -> None:
        self._fixture, self._turns = fixture, turns
        self._calls: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self._others = 0
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            response: Future[Any] = Future()
            self._calls.put((response, lambda: getattr(self._fixture.engine, name)(**request)))
            while not response.done():
                self._turns.before(name, request)
            try:
                return response.result()
            except ApiError as error:
                raise ClientError({"Error": {"Code": error.code, "Message": error.message}}, name) from None

        return call

    def run(self, arns: list[str], *others: Callable[[], Any]) -> list[Any]:
        """Run the other processes to their ends while executions run; return what each returned or raised."""
        self._others = len(others)
        outcomes = self._turns.run([*map(self._counted, others), lambda: self._run_engine(arns)])
        if isinstance(outcomes[-1], Exception):
            raise outcomes[-1]
        return outcomes[:-1]

    def _counted(self, process: Callable[[], Any]) -> Callable[[], Any]:
        def run() -> Any:
            try:
                return process()
            finally:
                with self._lock:
                    self._others -= 1

        return run

    def _run_engine(self, arns: list[str]) -> None:
        while self._others or not self._calls.empty():
            self._turns.before("run", {})
            while not self._calls.empty():
                response, call = self._calls.get()
                try:
                    response.set_result(call())
                except ApiError as error:
                    response.set_exception(error)
            for arn in arns:
                self._fixture.run_until_settled(arn)
