"""Services of the proof: an event bus that accepts everything, and functions that can be called directly."""

import importlib
import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from stepfunctions_local.errors import StateError

from verification.harness.services import LocalServices
from verification.harness.template import Template

Before = Callable[[str, dict[str, Any]], None]


class ProofServices(LocalServices):
    """`before` is called before each request of a function to its stores; `resources` are closed with the prover."""

    def __init__(self, template: Template, before: list[Before], resources: ExitStack) -> None:
        super().__init__(template)
        self.before, self.resources = before, resources

    def watch(self, name: str, client_of: Callable[[Any], Any]) -> None:
        """Call `before` for the requests of a client that a function's module creates itself."""
        self._load(name)
        module = importlib.import_module(self.template.functions[name].handler.rpartition(".")[0])

        def observe(model: Any, params: dict[str, Any], **_: Any) -> None:
            for interposed in list(self.before):
                interposed(model.name, params)

        events = client_of(module).meta.events
        events.register("before-call", observe)
        self.resources.callback(events.unregister, "before-call", observe)

    async def call(self, service: str, operation: str, params: Any, **more: Any) -> dict[str, Any]:
        if service != "events":
            return await super().call(service, operation, params, **more)
        self.events.extend(params["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "proof"} for _ in params["Entries"]]}

    def invoke_now(self, function: str, event: Any) -> Any:
        """Call a function by its ARN and return its response. Raises StateError when it fails."""
        response = self.handle(self._functions[function], json.loads(json.dumps(event)))
        payload = json.loads(response["Payload"])
        if "FunctionError" in response:
            raise StateError(payload["errorType"], payload["errorMessage"])
        return payload

    def call_task(self, name: str, **event: Any) -> Any:
        """Call the function of a task, by the name of the task, and return its response."""
        return self.invoke_now(self.template.functions[f"{name}Function"].arn, event)
