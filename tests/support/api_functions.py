"""The API functions in this process, for a command line that invokes them."""

import io
import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from tillflow.aws import client

from verification.harness.services import LocalServices
from verification.harness.template import Template


class ApiFunctions:
    """A client of Lambda that runs the API functions of a template here, as the alias that is invoked."""

    def __init__(self, template: Template) -> None:
        self._template = template
        self._services = LocalServices(template)
        self.invoked: list[tuple[str, str, Any]] = []
        for function in template.functions.values():
            if function.handler.endswith(".api.handle"):
                forget_operations(edges(function.handler.partition(".")[0]))

    def __getattr__(self, operation: str) -> Any:
        """Return any other operation, of moto's Lambda."""
        return getattr(client("lambda"), operation)

    def invoke(self, FunctionName: str, Payload: bytes, Qualifier: str = "") -> dict[str, Any]:
        """Run a function by the name that the stack's output has, its logical id."""
        event = json.loads(Payload)
        if Qualifier:
            self.invoked.append((FunctionName, Qualifier, event))
        with ExitStack() as stack:
            if Qualifier:
                # The functions that an API function invokes are run here too.
                service = self._template.functions[FunctionName].handler.partition(".")[0]
                for module in edges(service):
                    stack.enter_context(patch.object(module, "client", self._client))
            return run_here(self._services, FunctionName, event, Qualifier)

    def _client(self, service: str) -> Any:
        return self if service == "lambda" else client(service)


def deployment(template: Template) -> Any:
    """Return a stack whose resources are named by their logical ids, with its API functions in this process."""
    functions = ApiFunctions(template)
    return SimpleNamespace(
        client=lambda service: functions if service == "lambda" else client(service),
        output=lambda name: name,
        identity="arn:aws:iam::123456789012:user/tests",
    )


def run_here(services: LocalServices, function: str, event: Any, qualifier: str = "") -> dict[str, Any]:
    """Run a function, by its logical id, in this process; return the response of Lambda's Invoke."""
    with patch.dict(os.environ, environment_of(services.template, function)):
        response = services.handle(function, event, qualifier)
    return response | {"Payload": io.BytesIO(response["Payload"])}


def environment_of(template: Template, function: str) -> dict[str, str]:
    """Return the environment of a function with the ARNs of state machines; moto starts none by an alias."""

    def arn(reference: re.Match[str]) -> str:
        return str(template.resolve({"Ref": reference[1]}))

    environment = template.functions[function].environment
    named = {name: re.sub(r"\$\{(\w+)\}", arn, value) for name, value in environment.items()}
    return {
        name: value.removesuffix(":live") if ":stateMachine:" in value else value
        for name, value in named.items()
    }


def edges(service: str) -> list[ModuleType]:
    """Return the modules of a service that make the clients and operations of its API function."""
    import_module(f"{service}.api")
    return [
        module
        for name, module in sys.modules.items()
        if name.startswith(f"{service}.") and not name.endswith(".handlers") and hasattr(module, "client")
    ]


def forget_operations(modules: Iterable[ModuleType]) -> None:
    """Forget what a function keeps as long as its process runs: its operations, and with them its clients."""
    for module in modules:
        for value in vars(module).values():
            if hasattr(value, "cache_clear") and value.__module__ == module.__name__:
                value.cache_clear()
