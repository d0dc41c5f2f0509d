"""The differences from AWS that docs/differences.md lists, a test per row."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stepfunctions_local.engine import Config
from stepfunctions_local.errors import ApiError, StateError
from stepfunctions_local.integrations import UnknownResource, item_reader, resolve
from stepfunctions_local.interpreter.map_run import DEFAULT_CONCURRENCY
from stepfunctions_local.observers.status_events import StatusEventDelivery
from stepfunctions_local.observers.traces import TraceDelivery
from stepfunctions_local.services import HttpResponse
from stepfunctions_local.testing import FakeServices, VirtualEngine

TABLE = Path(__file__).parent.parent / "docs" / "differences.md"
ROLE = "arn:aws:iam::000000000000:role/r"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
DAY = 86_400


def wait(seconds: int) -> dict:
    return {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": seconds, "End": True}}}


def task(resource: str, **arguments: object) -> dict:
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "QueryLanguage": "JSONata",
        "Arguments": arguments,
    }
    return {"StartAt": "T", "States": {"T": {**state, "End": True}}}


def test_each_row_names_a_test_of_this_module_and_each_test_a_row() -> None:
    rows = [line for line in TABLE.read_text().splitlines() if line.startswith("| ")][1:]
    named = [re.findall(r"`(test_\w+)` \|$", row) for row in rows]
    assert all(len(tests) == 1 for tests in named)
    own = "test_each_row_names_a_test_of_this_module_and_each_test_a_row"
    tests = {name for name in globals() if name.startswith("test_")} - {own}
    assert sorted(test for [test] in named) == sorted(tests)


def test_payloads_are_stored_unencrypted(tmp_path: Path) -> None:
    store = tmp_path / "states.db"
    services = FakeServices(calls={"kms:GenerateDataKey": lambda _: {"Plaintext": b"key"}})
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/data"}
    with VirtualEngine(services, store) as engine:
        machine = engine.create_state_machine(
            name="m", definition=json.dumps(PASS), roleArn=ROLE, encryptionConfiguration=key
        )
        engine.start_execution(stateMachineArn=machine["stateMachineArn"], input='"visible payload"')
    assert any(b"visible payload" in path.read_bytes() for path in tmp_path.iterdir())


def test_every_execution_is_traced() -> None:
    documents: list[str] = []

    def put(params: dict) -> dict:
        documents.extend(params["TraceSegmentDocuments"])
        return {}

    with VirtualEngine(FakeServices(calls={"xray:PutTraceSegments": put})) as engine:
        engine.engine.observers.append(TraceDelivery(engine.engine))
        machine = engine.create_state_machine(
            name="m", definition=json.dumps(PASS), roleArn=ROLE, tracingConfiguration={"enabled": True}
        )["stateMachineArn"]
        for _ in range(20):
            engine.finish(engine.start(machine))
        engine.pass_time(1)
    assert sum("origin" in json.loads(text) for text in documents) == 20


def test_callers_need_no_permission() -> None:
    with VirtualEngine() as engine:
        assert engine.start(engine.create(PASS))


def test_requests_are_not_throttled() -> None:
    with VirtualEngine() as engine:
        machine = engine.create(PASS)
        for _ in range(2_000):
            engine.describe_state_machine(stateMachineArn=machine)


def test_execution_may_run_for_two_years() -> None:
    state = {"Type": "Wait", "Seconds": 99_999_999, "End": True}
    with VirtualEngine() as engine:
        result = engine.run({"StartAt": "W", "States": {"W": state}})
    assert result.status == "SUCCEEDED"
    assert result.elapsed > 2 * 365 * DAY


def test_executions_are_listed_by_start() -> None:
    with VirtualEngine() as engine:
        path = {"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$.s", "End": True}}}
        machine = engine.create(path)
        engine.start(machine, {"s": 100}, name="long")
        engine.pass_time(1)
        engine.start(machine, {"s": 1}, name="short")
        engine.pass_time(200)
        listed = engine.list_executions(stateMachineArn=machine)["executions"]
    assert [execution["name"] for execution in listed] == ["short", "long"]


def test_default_concurrency_of_map_run_is_1000() -> None:
    assert DEFAULT_CONCURRENCY == 1000
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **wait(10)}
    state = {"Type": "Map", "Items": list(range(1001)), "ItemProcessor": processor, "End": True}
    definition = {"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": state}}
    with VirtualEngine() as engine:
        assert engine.run(definition).elapsed == 20


def test_zstd_files_are_not_read() -> None:
    reading = item_reader.Reading({"InputType": "JSON"}, FakeServices())  # type: ignore[arg-type]
    with pytest.raises(StateError, match="not valid JSON"):
        item_reader.parse_items(b"\x28\xb5\x2f\xfd\x04\x00", reading, "S3://b/k")


def test_inventory_in_parquet_is_rejected() -> None:
    manifest = {
        "destinationBucket": "arn:aws:s3:::b",
        "fileSchema": "Bucket, Key",
        "fileFormat": "Parquet",
        "files": [{"key": "k"}],
    }
    services = FakeServices(calls={"s3:GetObject": lambda _: {"Body": json.dumps(manifest).encode()}})
    state = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "MANIFEST", "ManifestType": "S3_INVENTORY"},
            "Arguments": {"Bucket": "b", "Key": "manifest.json"},
        },
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **PASS},
        "End": True,
    }
    with VirtualEngine(services) as engine:
        result = engine.run({"QueryLanguage": "JSONata", "StartAt": "M", "States": {"M": state}})
    assert result.error == "States.ItemReaderFailed"
    assert "format Parquet are not supported" in (result.cause or "")


def test_oauth_token_is_requested_for_every_task() -> None:
    class Services(FakeServices):
        def __init__(self, **calls: Any) -> None:
            super().__init__(**calls)
            self.sent: list[tuple[str, str | None]] = []

        async def http(self, request, **_):  # type: ignore[no-untyped-def]
            self.sent.append((request.url, request.headers.get("Authorization")))
            return HttpResponse(200, "OK", {}, b'{"access_token": "t", "expires_in": 3600}')

    connection = {
        "SecretArn": "arn:secret",
        "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
        "AuthParameters": {
            "OAuthParameters": {"AuthorizationEndpoint": "https://auth.example.com", "HttpMethod": "POST"}
        },
    }
    secret = {"SecretString": '{"client_id": "c", "client_secret": "s"}'}
    services = Services(
        calls={
            "events:DescribeConnection": lambda _: connection,
            "secretsmanager:GetSecretValue": lambda _: secret,
        }
    )
    arguments = {
        "ApiEndpoint": "https://api.example.com",
        "Method": "GET",
        "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:000000000000:connection/c/1"},
    }
    with VirtualEngine(services) as engine:
        for _ in range(2):
            assert engine.run(task("http:invoke", **arguments)).status == "SUCCEEDED"
    assert services.sent == [("https://auth.example.com", None), ("https://api.example.com", "Bearer t")] * 2


@pytest.mark.parametrize("action", ["call", "runJob.sync"])
def test_eks_call_and_run_job_are_rejected(action: str) -> None:
    with pytest.raises(UnknownResource):
        resolve(f"arn:aws:states:::eks:{action}")


def test_bedrock_input_in_s3_is_rejected() -> None:
    arguments = {"ModelId": "m", "Input": {"S3Uri": "s3://b/k"}}
    with VirtualEngine() as engine, pytest.raises(ApiError) as error:
        engine.create(task("bedrock:invokeModel", **arguments))
    assert error.value.code == "InvalidDefinition"


def test_rejected_status_events_are_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[dict] = []

    def put_events(params: dict) -> dict:
        calls.append(params)
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException"}]}

    with VirtualEngine(FakeServices(calls={"events:PutEvents": put_events})) as engine:
        engine.engine.observers.append(StatusEventDelivery(engine.engine))
        for _ in range(3):
            engine.run(PASS)
            engine.pass_time(1)
    assert len(calls) == 1
    assert caplog.text.count("Status changes are not published") == 1


def test_resources_have_the_region_of_the_server() -> None:
    with VirtualEngine(config=Config(region="eu-central-1")) as engine:
        assert engine.create(PASS).split(":")[3] == "eu-central-1"
