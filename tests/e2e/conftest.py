"""The shop, deployed by `sam deploy` onto a local AWS of the tests' own, driven from outside."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from local_aws import supervisor
from local_aws.home import Home, RunningStack, client_environment

from tests.support.local_stack import free_port
from till.deploy import Deployer

BIN = Path(sys.executable).parent


@dataclass
class Deployed:
    """A local stack with the shop on it: the operator's commands, the aws CLI and boto3 talk to it."""

    home: Home
    stack: RunningStack

    @property
    def environment(self) -> dict[str, str]:
        ours = client_environment(self.stack) | {"TILLFLOW_HOME": str(self.home.path), "COLUMNS": "120"}
        return {**os.environ, **ours, "AWS_PAGER": ""}

    def till(self, *arguments: str, code: int = 0) -> str:
        """What a command printed on stdout; it must end with `code`."""
        return self._run(str(BIN / "till"), *arguments, code=code)

    def aws(self, *arguments: str) -> Any:
        """The answer of an aws CLI command."""
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
        """End the local AWS and start it again on the same folder and port."""
        port = self.stack.port
        supervisor.stop(self.home)
        self.stack = supervisor.start(self.home, port, with_parent=True)

    def _run(self, *command: str, code: int = 0) -> str:
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == code, (
            f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        )
        return done.stdout


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Built, deployed and seeded once for all of these tests; its data goes from one to the next."""
    home = Home(tmp_path_factory.mktemp("e2e") / "home")
    deployed = Deployed(home, supervisor.start(home, free_port(), with_parent=True))
    try:
        assert Deployer(home, deployed.stack).deploy()
        deployed.till("seed")
        yield deployed
    finally:
        supervisor.stop(home)
