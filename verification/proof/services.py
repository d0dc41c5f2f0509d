"""Services of the proof: an event bus that accepts everything, and functions that can be called directly."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Protocol
from unittest.mock import patch

from botocore.client import BaseClient
from stepfunctions_local.errors import StateError

from verification.harness.services import LocalServices
from verification.harness.template import Template


class CallsTasks(Protocol):
    """Calls functions by the names of their tasks."""

    def call_task(self, name: str, **event: Any) -> Any:
        """Call the function of a task and return its response; StateError when it fails."""


Before = Callable[[str, dict[str, Any]], None]


@contextmanager
def observed_clients(before: list[Before]) -> Iterator[None]:
    """Call `before` also for the requests of clients of services other than DynamoDB."""
    make_call = BaseClient._make_api_call

    def observed(client: Any, operation: str, params: dict[str, Any]) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            for interposed in list(before):
                interposed(operation, params)
        return make_call(client, operation, params)

    with patch.object(BaseClient, "_make_api_call", observed):
        yield


class ProofServices(LocalServices):
    """`before` is called before each request of a function to its stores; `resources` are closed with the prover."""

    def __init__(self, template: Template, before: list[Before], resources: ExitStack) -> None:
        super().__init__(template)
        self.before, self.resources = before, resources

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
