"""The services a workflow acts on, in this process: the shipped handlers, and stand-ins for the data services.

DynamoDB is the local AWS's own, some ten times as fast as moto's; the rest is moto.
"""

import importlib
import json
import os
import sys
import traceback
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from moto import mock_aws
from stepfunctions_local.services import ServiceClient, ServiceError
from tillflow.aws import client

from verification.harness.dynamodb import local_dynamodb
from verification.harness.template import ACCOUNT, ENVIRONMENT, Template


@dataclass
class LocalServices(ServiceClient):
    """The handlers and stores behind the engine's services port, with a count of what was called.

    `invoked` counts Lambda invocations by function, `called` other calls by `service:Operation`, `events`
    are the entries put on a bus, in order.
    """

    template: Template
    invoked: Counter[str] = field(default_factory=Counter)
    called: Counter[str] = field(default_factory=Counter)
    events: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._functions = {function.arn: name for name, function in self.template.functions.items()}
        self._handlers: dict[str, Any] = {}

    async def call(self, service: str, operation: str, params: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        """As the port: a botocore call, here of moto's services."""
        self.called[f"{service}:{operation}"] += 1
        boto = client(service)
        method = next(name for name, api in boto.meta.method_to_api_mapping.items() if api == operation)
        try:
            response: dict[str, Any] = getattr(boto, method)(**params)
        except ClientError as error:
            raise service_error(service, operation, error) from None
        if (service, operation) == ("s3", "GetObject"):
            response["Body"] = response["Body"].read()
        if (service, operation) == ("events", "PutEvents"):
            self.events.extend(params["Entries"])
        return response

    async def invoke_lambda(self, function: str, payload: bytes, **_: Any) -> dict[str, Any]:
        """As the port: the handler's response or its exception, in the form of lambda:Invoke."""
        name = self._functions[function]
        self.invoked[name] += 1
        return self.handle(name, json.loads(payload))

    def handle(self, name: str, event: Any, alias: str = "") -> dict[str, Any]:
        """Run a function's handler on an event, invoked by an alias if one is named."""
        handler = self._handlers.get(name) or self._load(name)
        context = SimpleNamespace(
            aws_request_id=str(uuid.uuid4()),
            function_name=name,
            function_version="$LATEST",
            memory_limit_in_mb=512,
            invoked_function_arn=self.template.functions[name].arn + (f":{alias}" if alias else ""),
            get_remaining_time_in_millis=lambda: 10_000,
        )
        try:
            response = handler(event, context)
        except Exception as error:
            failure = {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "requestId": context.aws_request_id,
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
            return {
                "StatusCode": 200,
                "ExecutedVersion": "$LATEST",
                "FunctionError": "Unhandled",
                "Payload": json.dumps(failure).encode(),
            }
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.dumps(response).encode()}

    def _load(self, name: str) -> Any:
        module, _, attribute = self.template.functions[name].handler.rpartition(".")
        before = dict(os.environ)
        os.environ.update(self.template.environment(module))
        try:
            self._handlers[name] = getattr(importlib.import_module(module), attribute)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return self._handlers[name]


@contextmanager
def imported_anew(template: Template) -> Iterator[None]:
    """Import the modules of a template's handlers again, since they read its parameters; restore them at the end."""
    modules = {function.handler.rpartition(".")[0] for function in template.functions.values()}
    before = {name: sys.modules.pop(name) for name in modules & sys.modules.keys()}
    try:
        yield
    finally:
        for name in modules & sys.modules.keys():
            del sys.modules[name]
        sys.modules.update(before)


def service_error(service: str, operation: str, error: ClientError) -> ServiceError:
    """Return the error of a client as the engine receives it from AWS."""
    response = error.response
    return ServiceError(
        service,
        operation,
        response["Error"].get("Code", "Unknown"),
        response["Error"].get("Message", ""),
        status=response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400),
        details={
            name: value for name, value in response.items() if name not in ("Error", "ResponseMetadata")
        },
    )


@contextmanager
def data_services(template: Template) -> Iterator[None]:
    """An AWS with the template's tables and buses, empty."""
    before = dict(os.environ)
    os.environ.update(ENVIRONMENT)
    os.environ["MOTO_ACCOUNT_ID"] = ACCOUNT
    os.environ.pop("AWS_ENDPOINT_URL", None)
    try:
        with mock_aws(), local_dynamodb(template):
            for name in template.of_type("AWS::Events::EventBus"):
                client("events").create_event_bus(Name=template.name(name))
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
