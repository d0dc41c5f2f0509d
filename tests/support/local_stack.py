"""A local AWS of a test's own: a free port, and the few things a deployment test makes on it."""

import json
import socket
import time
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
from local_aws import RunningStack
from local_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
_TIMEOUT_SECONDS = 30


def free_port() -> int:
    """Return a port on 127.0.0.1 that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class LocalStack:
    """boto3 clients of a running local stack."""

    running: RunningStack

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.running.endpoint,
            region_name=REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    def create_state_machine(self, definition: dict[str, Any]) -> str:
        """Create a state machine with a role of its own; return its ARN."""
        name = f"machine-{uuid.uuid4().hex[:12]}"
        role = self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))
        created = self.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(definition), roleArn=role["Role"]["Arn"]
        )
        arn: str = created["stateMachineArn"]
        return arn

    def run(self, state_machine: str, request: Any) -> dict[str, Any]:
        """Start an execution and return its description once it has ended."""
        states = self.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=state_machine, input=json.dumps(request))["executionArn"]
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            execution: dict[str, Any] = states.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.02)
        raise AssertionError(f"{arn} did not end within {_TIMEOUT_SECONDS} s")
