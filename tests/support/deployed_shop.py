"""A shop that is deployed on a local AWS of the tests' own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from local_aws import RunningStack, StateFolder, client_environment, supervisor

from till.local_stack import LAMBDA_PYTHON

BIN = Path(sys.executable).parent


@dataclass
class Deployed:
    """A local stack with the shop, for `till`, the aws CLI and boto3."""

    folder: StateFolder
    stack: RunningStack
    expected_violations: set[tuple[str, str]] = field(default_factory=set)

    @property
    def environment(self) -> dict[str, str]:
        settings = {"TILLFLOW_HOME": str(self.folder.path), "COLUMNS": "120", "AWS_PAGER": ""}
        return os.environ | client_environment(self.stack) | settings

    def till(self, *arguments: str, code: int = 0) -> str:
        """Run a command of till, check its exit code and return its stdout."""
        return self._run(str(BIN / "till"), *arguments, code=code)

    def till_error(self, *arguments: str, code: int) -> str:
        """Run a command of till that fails, check its exit code and return its stderr."""
        command = [str(BIN / "till"), *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, done
        return done.stderr

    def violations(self) -> list[dict[str, str]]:
        """Return what `till audit` finds, without what is expected."""
        command = [str(BIN / "till"), "audit", "--json"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1), done.stderr
        found = json.loads(done.stdout)["violations"]
        return [one for one in found if (one["name"], one["subject"]) not in self.expected_violations]

    def expect_violations(self) -> None:
        """Expect the present violations from now on: tests share the shop and run in any order."""
        self.expected_violations |= {(one["name"], one["subject"]) for one in self.violations()}

    def aws(self, *arguments: str) -> Any:
        """Run a command of the aws CLI and return its response."""
        return json.loads(self._run(str(BIN / "aws"), *arguments, "--output", "json"))

    def client(self, service: str) -> Any:
        environment = client_environment(self.stack)
        return boto3.client(
            service,
            endpoint_url=self.stack.endpoint,
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )

    def outputs(self) -> dict[str, str]:
        described = self.client("cloudformation").describe_stacks(StackName="tillflow")["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def restart(self) -> None:
        """Stop the local AWS and start it on the same folder and port."""
        port = self.stack.port
        supervisor.stop(self.folder)
        self.stack = supervisor.start(self.folder, port, lambda_python=LAMBDA_PYTHON, with_parent=True)

    def _run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, (
            f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout
