"""The world of the sagas' tests with a bus that takes everything, and functions that answer at once."""

import importlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from stepfunctions_local.errors import StateError

from verification.harness.template import Template
from verification.harness.world import World

Before = Callable[[str, dict[str, Any]], None]


class ProofWorld(World):
    """`before` is called before each request a function makes of its stores; `open` closes with the prover."""

    def __init__(self, template: Template, before: list[Before], resources: ExitStack) -> None:
        super().__init__(template)
        self.before, self.open = before, resources

    def watch(self, name: str, client_of: Callable[[Any], Any]) -> None:
        """Have `before` hear of the requests of a client that a function's module keeps to itself."""
        self._load(name)
        module = importlib.import_module(self.template.functions[name].handler.rpartition(".")[0])

        def hear(model: Any, params: dict[str, Any], **_: Any) -> None:
            for interposed in list(self.before):
                interposed(model.name, params)

        events = client_of(module).meta.events
        events.register("before-call", hear)
        self.open.callback(events.unregister, "before-call", hear)

    async def call(self, service: str, operation: str, params: Any, **more: Any) -> dict[str, Any]:
        if service != "events":
            return await super().call(service, operation, params, **more)
        self.events.extend(params["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "proof"} for _ in params["Entries"]]}

    def invoke_now(self, function: str, event: Any) -> Any:
        """A function's answer, at once. Raises StateError when it fails."""
        answer = self.handle(self._functions[function], json.loads(json.dumps(event)))
        payload = json.loads(answer["Payload"])
        if "FunctionError" in answer:
            raise StateError(payload["errorType"], payload["errorMessage"])
        return payload

    def ask(self, name: str, **event: Any) -> Any:
        """What the function of a task answers, by the task's name."""
        return self.invoke_now(self.template.functions[f"{name}Function"].arn, event)
