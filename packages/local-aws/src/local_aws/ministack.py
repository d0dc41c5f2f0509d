"""Every seam with MiniStack 1.5.33: what it is told, what is put in its place, what is read from its inside.

packages/local-aws/tests/stack has a test for each, so an upgrade that moves one fails there and says which.
"""

from __future__ import annotations

import asyncio
import contextvars
import hashlib
import importlib
import json
import logging
import os
import sys
import types
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any

from stepfunctions_local.errors import ApiError

from .home import ACCESS_KEY_ID, ACCOUNT, REGION, SECRET_ACCESS_KEY, Home, endpoint_url
from .lambda_runner import Archive, Function, LogEvent, Outcome, Request
from .ports import StepFunctions

VERSION = "1.5.33"

# A log stream keeps its newest events: MiniStack holds them in memory and writes them all at every save.
_EVENTS_PER_STREAM = 5_000

# Every sandbox has a stream of its own, so a function's streams are many: the newest are enough to look at.
_STREAMS_PER_GROUP = 50
_EVENTS_KEPT = 1_000

type Response = tuple[int, dict[str, str], bytes]
type Invoke = Callable[[Function, Request], Outcome]

_invocation_headers: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("invocation_headers")


def configure(home: Home, port: int) -> None:
    """Set what MiniStack reads from the environment. Before anything of it is imported.

    The developer's own AWS settings are dropped, or they would decide who counts as root.
    """
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url(port),
        "DOCKER_HOST": f"unix://{home.path}/no-docker.sock",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(home.objects),
        "S3_PERSIST": "1",
        "SFTP_ENABLED": "0",
        "STATE_DIR": str(home.state),
        "TMPDIR": str(home.scratch),
    }
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def application() -> Any:
    """MiniStack's ASGI application."""
    return importlib.import_module("ministack.app").app


# --- Step Functions -----------------------------------------------------------------------------------------


def install_step_functions(engine: StepFunctions) -> None:
    """Put our engine where MiniStack's own Step Functions module is looked up. Before the app serves."""
    services = importlib.import_module("ministack.services")
    module = _StepFunctionsModule(engine)
    sys.modules[module.__name__] = module
    services.stepfunctions = module  # type: ignore[attr-defined]


class _StepFunctionsModule(types.ModuleType):
    """Stands for `ministack.services.stepfunctions`: what the router, CloudFormation, EventBridge and Pipes use."""

    _ENCRYPTION_TYPES = ("AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY")

    def __init__(self, engine: StepFunctions) -> None:
        super().__init__("ministack.services.stepfunctions")
        self._engine = engine
        self._state_machines = _StateMachines(engine)
        self._tags: dict[str, Any] = {}

    async def handle_request(
        self, method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
    ) -> Response:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        try:
            params = json.loads(body or b"{}")
        except ValueError:
            return _error(ApiError("SerializationException", "Invalid JSON"))
        try:
            answer = self._engine.submit(operation, params, headers.get("x-amzn-trace-id"))
            return _ok(await asyncio.wrap_future(answer))
        except ApiError as error:
            return _error(error)

    def _call(self, operation: str, params: dict[str, Any]) -> Response:
        try:
            return _ok(self._engine.call(operation, params))
        except ApiError as error:
            return _error(error)

    def _start_execution(self, params: dict[str, Any]) -> Response:
        return self._call("StartExecution", params)

    def _update_state_machine(self, params: dict[str, Any]) -> Response:
        try:
            return _ok(self._engine.call("UpdateStateMachine", _api_shape(params)))
        except ApiError as error:
            raise _refused(error) from error

    def _tag_resource(self, params: dict[str, Any]) -> Response:
        return self._call("TagResource", params)

    def _untag_resource(self, params: dict[str, Any]) -> Response:
        return self._call("UntagResource", params)

    def _resolve_state_machine_arn(self, arn: str) -> dict[str, Any] | None:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError:
            return None

    def _default_encryption(self) -> dict[str, Any]:
        return {"type": "AWS_OWNED_KEY"}

    def _stored_encryption(self, encryption: dict[str, Any]) -> dict[str, Any]:
        return encryption

    def _encryption_configuration_error(self, encryption: dict[str, Any]) -> Response | None:
        return None

    def get_state(self) -> None:
        """Nothing for MiniStack to save: the engine keeps its own books, as it goes."""

    def load_persisted_state(self, data: Any) -> None:
        """Nothing was saved."""

    def reset(self) -> None:
        for machine in list(self._state_machines):
            del self._state_machines[machine]


class _StateMachines(MutableMapping[str, Any]):
    """The dictionary CloudFormation's provisioner writes machines into, as calls of the API."""

    def __init__(self, engine: StepFunctions) -> None:
        self._engine = engine

    def __getitem__(self, arn: str) -> dict[str, Any]:
        try:
            return self._engine.call("DescribeStateMachine", {"stateMachineArn": arn})
        except ApiError as error:
            raise KeyError(arn) from error

    def __setitem__(self, arn: str, record: dict[str, Any]) -> None:
        wanted = ("name", "definition", "roleArn", "type", "loggingConfiguration", "encryptionConfiguration")
        params = _api_shape({key: record[key] for key in wanted if key in record})
        try:
            self._engine.call("CreateStateMachine", params)
        except ApiError as error:
            raise _refused(error) from error

    def __delitem__(self, arn: str) -> None:
        self._engine.call("DeleteStateMachine", {"stateMachineArn": arn})

    def __iter__(self) -> Iterator[str]:
        page: dict[str, Any] = {}
        while True:
            page = self._engine.call("ListStateMachines", page)
            yield from (machine["stateMachineArn"] for machine in page["stateMachines"])
            if not page.get("nextToken"):
                return
            page = {"nextToken": page["nextToken"]}

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _refused(error: ApiError) -> ValueError:
    """CloudFormation shows its text as the reason the resource failed."""
    return ValueError(f'Resource handler returned message: "{error.message}" ({error.code})')


def _api_shape(params: dict[str, Any]) -> dict[str, Any]:
    """CloudFormation's property names as the API's: logging comes as {Level, Destinations: [...]}."""
    logging = params.get("loggingConfiguration")
    return params | {"loggingConfiguration": _lower_first(logging)} if logging else params


def _lower_first(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower_first(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower_first(item) for item in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _ok(answer: dict[str, Any]) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()


def _error(error: ApiError) -> Response:
    body = {
        "__type": f"com.amazonaws.swf.service.v2.model#{error.code}",
        "message": error.message,
    } | error.fields
    headers = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-ErrorType": error.code}
    return error.status, headers, json.dumps(body).encode()


# --- Lambda -------------------------------------------------------------------------------------------------


def install_lambda(invoke: Invoke) -> None:
    """Send every invocation, whatever triggered it, to our runner.

    `_execute_function_dispatch` is below every trigger and MiniStack's own concurrency accounting, above its
    executors and its log writer.
    """
    service = importlib.import_module("ministack.services.lambda_svc")
    answer_invoke = service._invoke

    def execute(
        record: dict[str, Any], config: dict[str, Any], event: Any, request_id: str, started: float
    ) -> dict[str, Any]:
        headers = _invocation_headers.get({})
        request = Request(
            request_id,
            json.dumps(event).encode(),
            invoked_arn=config["FunctionArn"],
            trace_header=headers.get("x-amzn-trace-id"),
            client_context=headers.get("x-amz-client-context"),
        )
        outcome = invoke(_function(record, config), request)
        answer: dict[str, Any] = {"body": json.loads(outcome.payload or b"null"), "log": outcome.log}
        return answer | (
            {"error": True, "function_error": outcome.function_error} if outcome.function_error else {}
        )

    async def invoke_with_headers(
        name: str, event: Any, headers: dict[str, str], *rest: Any, **named: Any
    ) -> Any:
        _invocation_headers.set(headers)
        return await answer_invoke(name, event, headers, *rest, **named)

    service._execute_function_dispatch = execute  # type: ignore[attr-defined]
    service._invoke = invoke_with_headers  # type: ignore[attr-defined]


def _function(record: dict[str, Any], config: dict[str, Any]) -> Function:
    """MiniStack's record of a function (or a published version) as our runner takes it."""
    name, version = config["FunctionName"], config.get("Version", "$LATEST")
    code = record.get("code_zip") or b""
    return Function(
        arn=":".join(config["FunctionArn"].split(":")[:7]),
        name=name,
        version=version,
        handler=config["Handler"],
        runtime=config["Runtime"],
        role_arn=config["Role"],
        timeout=config.get("Timeout", 3),
        memory=config.get("MemorySize", 128),
        code=Archive(config.get("CodeSha256") or hashlib.sha256(code).hexdigest(), lambda: code),
        layers=tuple(_layer(attachment) for attachment in config.get("Layers") or ()),
        environment=tuple(sorted(((config.get("Environment") or {}).get("Variables") or {}).items())),
        log_group=(config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        traced=(config.get("TracingConfig") or {}).get("Mode") == "Active",
    )


def _layer(attachment: str | dict[str, Any]) -> Archive:
    arn = attachment["Arn"] if isinstance(attachment, dict) else attachment
    service = importlib.import_module("ministack.services.lambda_svc")
    *_, account, _, name, version = arn.split(":")
    found, _error = service._find_layer_version(
        name, int(version), account, arn.split(":")[3], include_deleted=True
    )
    digest = found["Content"]["CodeSha256"] if found else arn
    return Archive(digest, lambda: service._resolve_layer_zip(attachment) or b"")


def write_logs(group_name: str, stream_name: str, events: list[LogEvent]) -> None:
    """Put events into CloudWatch Logs as the Lambda service does: group and stream are made when missing."""
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    with _scope():
        now = events[-1].timestamp
        if group_name not in logs._log_groups:
            logs._log_groups[group_name] = {
                "arn": logs._make_group_arn(group_name),
                "creationTime": now,
                "retentionInDays": None,
                "tags": {},
                "subscriptionFilters": {},
                "streams": {},
            }
        streams = logs._log_groups[group_name]["streams"]
        if stream_name not in streams:
            for oldest in list(streams)[: max(0, len(streams) + 1 - _STREAMS_PER_GROUP)]:
                del streams[oldest]
        stream = streams.setdefault(
            stream_name,
            {
                "events": [],
                "uploadSequenceToken": "1",
                "creationTime": now,
                "firstEventTimestamp": None,
                "lastEventTimestamp": None,
                "lastIngestionTime": None,
            },
        )
        records = [{"timestamp": event.timestamp, "message": event.message} for event in events]
        logs._append_log_events(stream, [record | {"ingestionTime": now} for record in records])
        del stream["events"][:-_EVENTS_PER_STREAM]
        logs._fanout_to_subscription_filters(group_name, stream_name, records)


# --- Events, state ------------------------------------------------------------------------------------------


def publish_aws_event(source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Put an event of an AWS service on the default bus, which PutEvents refuses to callers."""
    events = importlib.import_module("ministack.services.eventbridge")
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Resources": resources,
        "Detail": json.dumps(detail),
    }
    with _scope():
        events._put_events({"Entries": [entry]}, allow_aws_source=True)


class _Failures(logging.Handler):
    """What MiniStack's persistence could not write: it says so in its log alone."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._messages.append(record.getMessage())

    def refuse(self) -> None:
        """Raises OSError with the first failure since the last time."""
        messages, self._messages = self._messages, []
        if messages:
            raise OSError(messages[0])


_failures = _Failures()


def watch_saving() -> None:
    """Listen to what MiniStack says of its saves, from now on."""
    logging.getLogger("persistence").addHandler(_failures)


def refuse_unsaved() -> None:
    """Raises OSError when MiniStack's own last save did not write everything."""
    _failures.refuse()


def save_state() -> None:
    """Write everything to the state folder, each service's file whole or not at all. Raises OSError."""
    events = importlib.import_module("ministack.services.eventbridge")
    with _scope():
        # MiniStack keeps every event it ever saw; the newest are enough to look at.
        del events._events_log_list()[:-_EVENTS_KEPT]
    app = importlib.import_module("ministack.app")
    persistence = importlib.import_module("ministack.core.persistence")
    persistence.save_all(app._build_persistence_save_dict())
    refuse_unsaved()


def rewind_streams() -> None:
    """MiniStack restores how far a table's stream was read, but not the stream: read it from its start."""
    functions = importlib.import_module("ministack.services.lambda_svc")
    with _scope(), functions._dynamodb_stream_positions_lock:
        for consumer in list(functions._dynamodb_stream_positions):
            functions._dynamodb_stream_positions[consumer] = 0


def readdress_queues() -> None:
    """MiniStack knows a queue by its URL, port and all, and polls for Lambda by the port it has now: give the queues it
    restored the URLs of now. An old URL still finds its queue, by account and name."""
    sqs = importlib.import_module("ministack.services.sqs")
    with sqs._queues_lock:
        restored = sqs._queues._data
        for account, region, url in list(restored):
            queue = restored.pop((account, region, url))
            restored[account, region, sqs._queue_url_for_account(account, url.rpartition("/")[2])] = queue
        sqs._rebuild_queue_name_index()


def deployed_state_machines() -> dict[str, str]:
    """ARN of each state machine CloudFormation believes it made, to its stack's name. After the app has started."""
    cloudformation = importlib.import_module("ministack.services.cloudformation")
    return {
        resource["PhysicalResourceId"]: stack["StackName"]
        for stack in cloudformation._stacks.all_values()
        if not str(stack.get("StackStatus", "")).startswith("DELETE")
        for resource in (stack.get("_resources") or {}).values()
        if resource.get("ResourceType") == "AWS::StepFunctions::StateMachine"
    }


def known_roles() -> set[str]:
    iam = importlib.import_module("ministack.services.iam")
    with _scope():
        return {role["Arn"] for role in iam._roles.values()}


def _scope() -> Any:
    responses = importlib.import_module("ministack.core.responses")
    return responses.request_scope(ACCOUNT, REGION)


def installed_version() -> str:
    from importlib.metadata import version

    return version("ministack")


def package_folder() -> Path:
    return Path(importlib.import_module("ministack").__file__ or "").parent
