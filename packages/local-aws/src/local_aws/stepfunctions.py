"""The embedded Step Functions beside MiniStack: on a thread and loop of its own, callable from any other."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from stepfunctions_local.api.dispatch import dispatch
from stepfunctions_local.aws_services import AwsServices
from stepfunctions_local.engine import Config, Engine
from stepfunctions_local.errors import StoreError
from stepfunctions_local.observers.logs import LogDelivery
from stepfunctions_local.observers.metrics import MetricDelivery
from stepfunctions_local.storage.store import Store

from . import ministack
from .agreement import Machine
from .home import ACCESS_KEY_ID, ACCOUNT, REGION, SECRET_ACCESS_KEY, CannotStart
from .ports import Answer
from .saving import LastSave
from .telling import StatusChanges


class EmbeddedStepFunctions:
    """Answers the API from the start; goes on with what was running when `resume` is called."""

    def __init__(self, database: Path, endpoint_url: str) -> None:
        self._services = AwsServices(
            endpoint_url=endpoint_url, region=REGION, access_key=(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
        )
        try:
            self._store = Store(database)
        except StoreError as refusal:
            raise CannotStart(f"{refusal} `till reset` starts afresh.") from None
        self._changes = StatusChanges(ministack.publish_aws_event)
        config = Config(REGION, ACCOUNT)
        # No `own_api`: tasks that call Step Functions go by MiniStack too, which holds them to their machine's role.
        self._engine = Engine(self._store, self._services, config=config, observers=[self._changes])
        self._engine.observers += [LogDelivery(self._engine), MetricDelivery(self._engine)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="step-functions", daemon=True)
        self._thread.start()
        self._on_loop(self._engine.load)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def submit(self, operation: str, params: Answer, trace_header: str | None = None) -> Future[Answer]:
        """As ports.StepFunctions."""
        work = dispatch(self._engine, operation, params, trace_header)
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, operation: str, params: Answer) -> Answer:
        """As ports.StepFunctions. Not from the engine's own thread, which would wait for itself."""
        return self.submit(operation, params).result()

    def machines(self) -> list[Machine]:
        found = []
        for document in self._on_loop(lambda: list(self._store.scan("state_machine"))):
            arn = document["stateMachineArn"]
            tags = self.call("ListTagsForResource", {"resourceArn": arn})["tags"]
            stacks = [tag["value"] for tag in tags if tag["key"] == "aws:cloudformation:stack-name"]
            found.append(Machine(arn, document["roleArn"], stacks[0] if stacks else None))
        return found

    def active_since(self, save: LastSave) -> list[str]:
        """Names of executions that did something after a save; the newest of each machine."""
        found = []
        for machine in self.machines():
            for row in self._on_loop(lambda arn=machine.arn: self._store.executions(machine=arn, limit=1000)):
                if self._last_event(row) > save.at:
                    found.append(row["name"])
        return found

    def _last_event(self, row: dict[str, Any]) -> float:
        if row["status"] != "RUNNING":
            return max(row.get("startDate", 0), row.get("stopDate", 0))
        newest = {"executionArn": row["executionArn"], "reverseOrder": True, "maxResults": 1}
        return max(
            (event["timestamp"] for event in self.call("GetExecutionHistory", newest)["events"]), default=0
        )

    def resume(self) -> None:
        """Go on with every execution that was running. Their tasks call the services: have these up first."""
        self._on_loop(self._engine.resume)

    def close(self) -> None:
        """Stop working; running executions go on after the next start."""
        asyncio.run_coroutine_threadsafe(self._engine.close(), self._loop).result(timeout=15)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=15)
        self._services.close()
        self._changes.close()

    def _on_loop(self, work: Any) -> Any:
        async def run() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()
