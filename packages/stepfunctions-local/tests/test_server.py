"""The API over HTTP, called with boto3."""

import asyncio
import http.client
import json
import threading
from collections.abc import Iterator

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from stepfunctions_local.api.server import serve
from stepfunctions_local.engine import Engine
from stepfunctions_local.storage.store import Store
from stepfunctions_local.testing import FakeServices, VirtualEngine

ROLE = "arn:aws:iam::000000000000:role/test"
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    ready, stop, found = threading.Event(), asyncio.Event(), []

    async def main() -> None:
        engine = Engine(Store(), FakeServices())
        engine.start()
        server = await serve(engine, "127.0.0.1", 0)
        found.append((server.sockets[0].getsockname()[1], asyncio.get_running_loop()))
        ready.set()
        await stop.wait()
        server.close()
        await engine.close()

    thread = threading.Thread(target=asyncio.run, args=(main(),))
    thread.start()
    ready.wait()
    number, loop = found[0]
    yield number
    loop.call_soon_threadsafe(stop.set)
    thread.join()


@pytest.fixture
def client(port: int):
    return boto3.client(
        "stepfunctions",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(inject_host_prefix=False),
    )


def test_machine_is_created_run_and_described_over_http(client) -> None:
    arn = client.create_state_machine(name="http", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    started = client.start_execution(stateMachineArn=arn, name="one", input='{"é": 1}')
    described = client.describe_execution(executionArn=started["executionArn"])
    assert described["status"] == "SUCCEEDED"
    assert described["startDate"] == started["startDate"]
    assert json.loads(described["output"]) == {"é": 1}
    events = client.get_execution_history(executionArn=started["executionArn"])["events"]
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_execution_inherits_trace_header_of_caller(client) -> None:
    arn = client.create_state_machine(name="traced", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    client.meta.events.register(
        "before-sign.sfn",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", "Root=1-5-9;Sampled=1"),
    )
    started = client.start_execution(stateMachineArn=arn)["executionArn"]
    own = client.start_execution(stateMachineArn=arn, traceHeader="Root=1-2-3")["executionArn"]
    assert client.describe_execution(executionArn=started)["traceHeader"] == "Root=1-5-9;Sampled=1"
    assert client.describe_execution(executionArn=own)["traceHeader"] == "Root=1-2-3"


def test_errors_are_boto3_exceptions(client) -> None:
    with pytest.raises(client.exceptions.InvalidArn) as refused:
        client.describe_execution(executionArn="not_an_arn")
    assert refused.value.response["Error"]["Message"] == "Invalid Arn: 'Invalid ARN prefix: not_an_arn'"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    with pytest.raises(ClientError) as too_many:
        client.list_state_machines(maxResults=1001)
    assert too_many.value.response["Error"]["Code"] == "ValidationException"


def request(port: int, body: bytes, **headers: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/", body, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_unknown_requests_are_rejected(port: int) -> None:
    status, response = request(port, b"{}", **{"X-Amz-Target": "DynamoDB_20120810.PutItem"})
    assert (status, response["__type"]) == (404, "UnknownOperationException")
    status, response = request(port, b"{", **{"X-Amz-Target": "AWSStepFunctions.ListStateMachines"})
    assert (status, response["__type"]) == (400, "SerializationException")
    status, response = request(port, b"{}", **{"X-Amz-Target": "AWSStepFunctions.Nothing"})
    assert (status, response["__type"]) == (400, "UnknownOperationException")


def test_connection_is_reused_for_requests(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for _ in range(3):
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "AWSStepFunctions.ListActivities"})
        response = connection.getresponse()
        assert "activities" in json.loads(response.read())
        assert response.getheader("Content-Type") == "application/x-amz-json-1.0"


def client_of(port: int, access_key: str):
    return boto3.client(
        "stepfunctions",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key="test",
    )


def test_account_is_the_access_key_of_twelve_digits(port: int) -> None:
    names = {}
    for account, access_key in (("111111111111", "111111111111"), ("000000000000", "AKIAEXAMPLE")):
        client = client_of(port, access_key)
        machine = client.create_state_machine(name="shared", definition=PASS, roleArn=ROLE)["stateMachineArn"]
        activity = client.create_activity(name="shared")["activityArn"]
        execution = client.start_execution(stateMachineArn=machine)["executionArn"]
        for arn in (machine, activity, execution):
            assert arn.split(":")[4] == account
        names[account] = [item["stateMachineArn"] for item in client.list_state_machines()["stateMachines"]]
        assert all(arn.split(":")[4] == account for arn in names[account])
        assert [item["activityArn"] for item in client.list_activities()["activities"]] == [activity]
    assert len(names["111111111111"]) == 1


def test_resources_of_another_account_are_denied(port: int) -> None:
    theirs, ours = client_of(port, "333333333333"), client_of(port, "444444444444")
    machine = theirs.create_state_machine(name="theirs", definition=PASS, roleArn=ROLE)["stateMachineArn"]
    for operation in ("DescribeStateMachine", "StartExecution", "DeleteStateMachine", "ListExecutions"):
        with pytest.raises(ours.exceptions.ClientError) as denied:
            getattr(ours, xform_name(operation))(stateMachineArn=machine)
        assert denied.value.response["Error"] == {
            "Code": "AccessDeniedException",
            "Message": "User: arn:aws:iam::444444444444:root is not authorized to perform: "
            f"states:{operation} on resource: {machine} because no resource-based policy allows the "
            f"states:{operation} action",
        }
    assert theirs.describe_state_machine(stateMachineArn=machine)["name"] == "theirs"


def test_task_of_a_role_of_another_account_starts_machines_of_the_engine() -> None:
    with VirtualEngine() as engine:
        inner = engine.create(json.loads(PASS))
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync:2",
            "Parameters": {"StateMachineArn": inner},
            "End": True,
        }
        definition = {"StartAt": "T", "States": {"T": task}}
        assert engine.run(definition, role_arn="arn:aws:iam::555555555555:role/any").status == "SUCCEEDED"
        definition["States"]["T"]["Parameters"]["StateMachineArn"] = inner.replace(
            "000000000000", "666666666666"
        )
        result = engine.run(definition, role_arn="arn:aws:iam::555555555555:role/any")
        assert result.error == "StepFunctions.AWSStepFunctionsException"
        assert "is not authorized to perform: states:StartExecution on resource: " in (result.cause or "")
