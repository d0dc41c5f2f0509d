"""`sam build` and `sam deploy` onto a local stack, skipped when nothing they read has changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from local_aws.home import (
    ACCESS_KEY_ID,
    PROJECT,
    REGION,
    SECRET_ACCESS_KEY,
    Home,
    RunningStack,
    client_environment,
)

STACK_NAME = "tillflow"
_INPUTS = ("template.yaml", "samconfig.toml", "functions", "layers", "statemachines")
_GOOD = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_SHOWN_LINES = 15


class DeployFailed(RuntimeError):
    """A build or a deployment did not succeed; the message has the reason."""


@dataclass(frozen=True, slots=True)
class Deployer:
    """Builds under `home` and deploys to `stack`; `project` holds template.yaml and samconfig.toml."""

    home: Home
    stack: RunningStack
    project: Path = PROJECT

    def deploy(self) -> bool:
        """Bring the stack to what the sources say. False when it was there already. Raises DeployFailed."""
        if lost := self._lost():
            raise DeployFailed(
                f"Stack {STACK_NAME} has {lost[0]}, which the engine does not know: its executions are gone."
                " `till reset` starts afresh."
            )
        digest = self._digest()
        status = self.status()
        if status in _GOOD and self._deployed() == {"digest": digest, "generation": self._generation()}:
            return False
        if status is not None and status.endswith("ROLLBACK_FAILED"):
            raise DeployFailed(f"Stack {STACK_NAME} is in {status}: `till reset` starts afresh.")
        cache = ["--cached", "--cache-dir", str(self.home.path / "cache")]
        template = ["--template-file", str(self.project / "template.yaml"), "--base-dir", str(self.project)]
        self._sam("build", *template, "--build-dir", str(self._build), *cache)
        self._sam("deploy", "--template-file", str(self._build / "template.yaml"))
        self.home.deployed.write_text(json.dumps({"digest": digest, "generation": self._generation()}))
        return True

    @property
    def _build(self) -> Path:
        return self.home.path / "build"

    def _sam(self, command: str, *options: str) -> None:
        environment = (
            os.environ
            | client_environment(self.stack)
            | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
        )
        environment.pop("AWS_PROFILE", None)
        # sam builds layers with the python3.13 it finds first: ours, which has pip.
        environment["PATH"] = (
            f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        )
        config = ["--config-file", str(self.project / "samconfig.toml"), "--config-env", "local"]
        done = subprocess.run(
            [str(Path(sys.executable).with_name("sam")), command, *config, *options],
            # sam keeps dependencies under the folder it is called in, and clears away what other builds keep there.
            cwd=self.home.path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        (self.home.path / f"sam-{command}.log").write_text(done.stdout)
        if done.returncode:
            reasons = self._reasons() if command == "deploy" else []
            said = reasons or _errors(done.stdout.strip().splitlines())
            raise DeployFailed("\n".join([f"`sam {command}` failed:", *said]))

    def _reasons(self) -> list[str]:
        """Why resources failed, from CloudFormation's events: the first failures of the latest deployment."""
        try:
            events = self._client("cloudformation").describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        except ClientError:
            return []
        latest: list[dict[str, Any]] = []
        for event in events:
            latest.append(event)
            if event["ResourceType"] == "AWS::CloudFormation::Stack" and event["ResourceStatus"] in (
                "CREATE_IN_PROGRESS",
                "UPDATE_IN_PROGRESS",
            ):
                break
        return [
            f"{event['LogicalResourceId']} ({event['ResourceType']}): {event.get('ResourceStatusReason', '')}"
            for event in reversed(latest)
            if event["ResourceStatus"].endswith("_FAILED")
            and "cancelled" not in event.get("ResourceStatusReason", "")
            and event["ResourceType"] != "AWS::CloudFormation::Stack"
        ]

    def status(self) -> str | None:
        """The stack's status as CloudFormation has it, None when there is no stack."""
        stack = self._described()
        return str(stack["StackStatus"]) if stack else None

    def _lost(self) -> list[str]:
        """State machines of the stack that the engine forgot, as when its file was removed."""
        outputs = (self._described() or {}).get("Outputs", ())
        pages = self._client("stepfunctions").get_paginator("list_state_machines").paginate()
        known = {machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]}
        arns = [output["OutputValue"] for output in outputs if ":stateMachine:" in output["OutputValue"]]
        return [arn.rpartition(":")[2] for arn in arns if arn not in known]

    def _generation(self) -> str:
        """Names this state of the stack: another after every deployment, or when one was lost by a crash."""
        stack = self._described() or {}
        return f"{stack.get('StackId')} {stack.get('LastUpdatedTime') or stack.get('CreationTime')}"

    def _described(self) -> dict[str, Any] | None:
        try:
            stacks = self._client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return None
        return dict(stacks[0])

    def _client(self, service: str) -> Any:
        session = botocore.session.get_session()
        session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
        return session.create_client(service, region_name=REGION, endpoint_url=self.stack.endpoint)

    def _deployed(self) -> Any:
        try:
            return json.loads(self.home.deployed.read_text())
        except (OSError, ValueError):
            return None

    def _digest(self) -> str:
        digest = hashlib.sha256(str(self.stack.port).encode())
        for path in self._files():
            digest.update(f"{path.relative_to(self.project)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()

    def _files(self) -> Iterator[Path]:
        for name in _INPUTS:
            root = self.project / name
            if root.is_file():
                yield root
            else:
                yield from sorted(
                    path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts
                )


def _errors(lines: list[str]) -> list[str]:
    """What sam says went wrong, from its first word of an error on; its last lines when there is none."""
    first = next((number for number, line in enumerate(lines) if line.startswith("Error:")), None)
    return lines[-_SHOWN_LINES:] if first is None else lines[first:][:_SHOWN_LINES]
