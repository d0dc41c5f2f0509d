"""A local AWS for the tests, with a free port and a folder of its own."""

from __future__ import annotations

import io
import json
import socket
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws import RunningStack, StateFolder, supervisor
from local_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

from ..support import LAMBDA_PYTHON

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {
                "Service": ["lambda.amazonaws.com", "states.amazonaws.com", "events.amazonaws.com"]
            },
            "Action": "sts:AssumeRole",
        }
    ],
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Aws:
    """boto3 clients of a local stack, and resources that tests create."""

    stack: RunningStack

    def client(self, service: str, **credentials: str) -> Any:
        root = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
        return boto3.client(
            service,
            endpoint_url=self.stack.endpoint,
            region_name=REGION,
            config=Config(retries={"total_max_attempts": 1}),
            **root | credentials,
        )

    def role(self, *statements: dict[str, Any]) -> str:
        iam, name = self.client("iam"), f"role-{uuid.uuid4().hex[:12]}"
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | each for each in statements]}
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=json.dumps(document))
        return arn

    def function(self, source: str, *, role: str | None = None, **settings: Any) -> str:
        name = f"function-{uuid.uuid4().hex[:12]}"
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as zipped:
            zipped.writestr("app.py", source)
        self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=role or self.role(),
            Code={"ZipFile": buffer.getvalue()},
            **settings,
        )
        return name

    def invoke(self, function: str, event: Any = None, **options: Any) -> tuple[Any, str | None]:
        response = self.client("lambda").invoke(
            FunctionName=function, Payload=json.dumps(event).encode(), **options
        )
        return json.loads(response["Payload"].read()), response.get("FunctionError")

    def machine(self, definition: dict[str, Any], *, role: str | None = None) -> str:
        arn: str = self.client("stepfunctions").create_state_machine(
            name=f"machine-{uuid.uuid4().hex[:12]}",
            definition=json.dumps(definition),
            roleArn=role or self.role(),
        )["stateMachineArn"]
        return arn

    def run(self, machine: str, request: Any = None) -> dict[str, Any]:
        steps = self.client("stepfunctions")
        arn = steps.start_execution(stateMachineArn=machine, input=json.dumps(request))["executionArn"]
        return eventually(lambda: _ended(steps.describe_execution(executionArn=arn)))

    def queue(self) -> tuple[str, str]:
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=f"queue-{uuid.uuid4().hex[:12]}")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        return url, attributes["QueueArn"]

    def messages(self, url: str, count: int) -> list[dict[str, Any]]:
        """Receive `count` messages; return their bodies, parsed."""
        sqs, messages = self.client("sqs"), []

        def receive() -> list[dict[str, Any]] | None:
            response = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            messages.extend(json.loads(message["Body"]) for message in response.get("Messages", ()))
            return messages if len(messages) >= count else None

        return eventually(receive)


def _ended(execution: dict[str, Any]) -> dict[str, Any] | None:
    return None if execution["status"] == "RUNNING" else execution


def eventually[T](condition: Callable[[], T | None]) -> T:
    """Return the first true value of a condition; fail after 90 s."""
    deadline = time.monotonic() + 90
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, "the condition did not become true within 90 s"
        time.sleep(0.02)


def start(folder: StateFolder, port: int | None = None, *, with_parent: bool = False) -> Aws:
    """Start a stack, by default on a free port."""
    stack = supervisor.start(
        folder, port or free_port(), lambda_python=LAMBDA_PYTHON, with_parent=with_parent
    )
    return Aws(stack)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    folder = StateFolder(tmp_path_factory.mktemp("aws") / "state")
    yield start(folder, with_parent=True)
    supervisor.stop(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    """Yield the folder of a stack that the test starts and stops itself."""
    folder = StateFolder(tmp_path / "state")
    yield folder
    supervisor.stop(folder)
