"""The embedded Step Functions: an engine on a thread and event loop of its own, callable from any thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import uvloop
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.aws_services import AwsServices
from stepfunctions_local.engine import Config, Engine
from stepfunctions_local.errors import StoreError
from stepfunctions_local.interpreter.tokens import parse_token
from stepfunctions_local.observers.logs import LogDelivery
from stepfunctions_local.observers.metrics import MetricDelivery
from stepfunctions_local.storage.store import Store

from .consistency import StateMachine
from .errors import UnreadableState
from .settings import ACCESS_KEY_ID, ACCOUNT, REGION, SECRET_ACCESS_KEY
from .status_events import Publish, StatusChanges

type Send = Callable[[AWSPreparedRequest], AWSResponse]

# A task that calls a service keeps a core busy for most of its time, here or in a function's process.
_MAX_CONCURRENT_TASKS = 6 * (os.cpu_count() or 1)


class EmbeddedStepFunctions:
    """Serves the API from the start; continues running executions when `resume` is called."""

    def __init__(self, database: Path, endpoint_url: str, publish: Publish, send: Send) -> None:
        self._services = AwsServices(
            endpoint_url=endpoint_url,
            region=REGION,
            access_key=(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
            send=send,
        )
        try:
            self._store = Store(database)
        except StoreError as error:
            raise UnreadableState(str(error)) from None
        self._changes = StatusChanges(publish)
        config = Config(REGION, ACCOUNT, max_concurrent_tasks=_MAX_CONCURRENT_TASKS)
        # No `own_api`: tasks that call Step Functions go through MiniStack, which enforces their machine's role.
        self._engine = Engine(self._store, self._services, config=config, observers=[self._changes])
        self._engine.observers += [LogDelivery(self._engine), MetricDelivery(self._engine)]
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="step-functions", daemon=True)
        self._thread.start()
        self._on_loop(self._engine.load)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def submit(
        self,
        operation: str,
        params: dict[str, Any],
        trace_header: str | None = None,
        account: str | None = None,
    ) -> Future[dict[str, Any]]:
        """Start an operation of the API; the future raises ApiError.

        `trace_header` is the caller's X-Ray trace, for the execution that it may start. `account` is the account of
        the caller's credentials, by default the engine's.
        """
        work = dispatch(self._engine, operation, params, trace_header, account)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """Run an operation of the API. Must not be called on the engine's thread, which would block itself."""
        return self.submit(operation, params).result()

    def machines(self) -> list[StateMachine]:
        machines = []
        for document in self._on_loop(lambda: list(self._store.scan("state_machine"))):
            arn = document["stateMachineArn"]
            tags = self.call("ListTagsForResource", {"resourceArn": arn})["tags"]
            stacks = [tag["value"] for tag in tags if tag["key"] == "aws:cloudformation:stack-name"]
            machines.append(StateMachine(arn, document["roleArn"], stacks[0] if stacks else None))
        return machines

    def machine_of_task(self, token: str) -> str | None:
        """Return the ARN of the state machine of a task by its token; None if no execution has it.

        The execution may have ended: a late callback is refused as timed out, which needs the permission too.
        """
        ids = parse_token(token)
        if ids is None:
            return None
        execution = self._engine.running.get(ids[0])
        if execution is not None:
            return execution.machine_arn
        rows = self._on_loop(lambda: self._store.executions_after(ids[0] - 1, 1))
        return next((str(row["stateMachineArn"]) for row in rows if row["id"] == ids[0]), None)

    def resume(self) -> None:
        """Continue all executions that were running. Their tasks call the services, which must be up."""
        self._on_loop(self._engine.resume)

    def close(self) -> None:
        """Stop; running executions continue after the next start."""
        asyncio.run_coroutine_threadsafe(self._engine.close(), self._loop).result(timeout=15)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=15)
        self._services.close()
        self._changes.close()

    def _on_loop(self, work: Callable[..., Any]) -> Any:
        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()
