"""The world of the sagas' tests with a bus that takes everything, and functions that answer at once."""

import json
from typing import Any

from local.stepfunctions.errors import StateError
from tests.sagas.world import World


class ProofWorld(World):
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
