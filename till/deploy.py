"""Run `sam build` and `sam deploy` onto a local stack, unless nothing that they read has changed."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from local_aws import RunningStack, client_environment
from local_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

from till.local_stack import PROJECT
from till.stack import is_state_machine
from tools.template import document

STACK_NAME = "tillflow"
_INPUTS = (
    "template.yaml",
    "template-api.yaml",
    "template-consumers.yaml",
    "template-routes.yaml",
    "template-monitoring.yaml",
    "samconfig.toml",
    "functions",
    "layers",
    "statemachines",
)
_COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_QUOTED_LINES = 15
_MAIL_SENDER = "shop@example.com"


class DeployFailed(RuntimeError):
    """A build or deployment that failed; the message has the reason."""


@dataclass(frozen=True, slots=True)
class Deployer:
    """Deploys a project to a stack. Builds in `folder`; `project` has template.yaml and samconfig.toml."""

    folder: Path
    stack: RunningStack
    project: Path = PROJECT

    def deploy(self) -> bool:
        """Build and deploy; return False if the stack was up to date. Raise DeployFailed."""
        if missing := self._missing_state_machines():
            raise DeployFailed(
                f"Stack {STACK_NAME} has state machine {missing[0]}, but Step Functions does not:"
                " its executions are lost. `till reset` deletes all local state."
            )
        digest = self._digest()
        status = self.status()
        if status in _COMPLETE and self._last_deployment() == {
            "digest": digest,
            "generation": self._generation(),
        }:
            return False
        if status is not None and status.endswith("ROLLBACK_FAILED"):
            raise DeployFailed(
                f"Stack {STACK_NAME} has status {status}. `till reset` deletes all local state."
            )
        cache = ["--cached", "--cache-dir", str(self.folder / "cache")]
        template = ["--template-file", str(self.project / "template.yaml"), "--base-dir", str(self.project)]
        self._sam("build", *template, "--build-dir", str(self._build), *cache)
        self._write_templates_as_json()
        # The console's sign-in returns to an address that has the port.
        values = f"Stage=local LocalPort={self.stack.port} MailSender={_MAIL_SENDER}"
        parameters = ["--parameter-overrides", values]
        self._verify_sender()
        self._sam("deploy", "--template-file", str(self._build / "template.yaml"), *parameters)
        self._record.write_text(json.dumps({"digest": digest, "generation": self._generation()}))
        return True

    @property
    def _build(self) -> Path:
        return self.folder / "build"

    @property
    def _record(self) -> Path:
        return _record_file(self.folder)

    def _write_templates_as_json(self) -> None:
        """Rewrite the built templates as JSON: `sam deploy` reads each several times, JSON 70 times as fast as YAML."""
        for template in self._build.rglob("template.yaml"):
            template.write_text(json.dumps(document.read(template.read_text())))

    def _sam(self, command: str, *options: str) -> None:
        environment = (
            os.environ
            | client_environment(self.stack)
            | {"SAM_CLI_TELEMETRY": "0", "SAM_CLI_POLL_DELAY": "0.2"}
        )
        environment.pop("AWS_PROFILE", None)
        # sam builds layers with the first python3.13 on PATH: the project's, which has pip.
        environment["PATH"] = (
            f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        )
        config = ["--config-file", str(self.project / "samconfig.toml"), "--config-env", "local"]
        # sam leaves an empty temporary folder for each package.
        with TemporaryDirectory(prefix=f"sam-{command}-", dir=self.folder) as temporary:
            done = subprocess.run(
                [str(Path(sys.executable).with_name("sam")), command, *config, *options],
                # sam keeps dependencies in the working folder and deletes those of other builds.
                cwd=self.folder,
                env=environment | {"TMPDIR": temporary},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                check=False,
            )
        (self.folder / f"sam-{command}.log").write_text(done.stdout)
        if done.returncode:
            reasons = self._failure_reasons() if command == "deploy" else []
            reasons = reasons or _error_lines(done.stdout.strip().splitlines())
            raise DeployFailed("\n".join([f"`sam {command}` failed:", *reasons]))

    def _failure_reasons(self) -> list[str]:
        """Return why resources of the latest deployment failed, from CloudFormation's events."""
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

    def _verify_sender(self) -> None:
        """Make the sender of mails an identity; the local SES verifies each at once, and sends nothing outside."""
        client = self._client("sesv2")
        with suppress(client.exceptions.AlreadyExistsException):
            client.create_email_identity(EmailIdentity=_MAIL_SENDER)

    def status(self) -> str | None:
        """Return the status of the CloudFormation stack; None if there is none."""
        stack = self._description()
        return str(stack["StackStatus"]) if stack else None

    def _missing_state_machines(self) -> list[str]:
        """Return the state machines of the stack that Step Functions does not have."""
        outputs = (self._description() or {}).get("Outputs", ())
        pages = self._client("stepfunctions").get_paginator("list_state_machines").paginate()
        known = {machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]}
        arns = [output["OutputValue"] for output in outputs if is_state_machine(output["OutputValue"])]
        return [arn.rpartition(":")[2] for arn in arns if arn not in known]

    def _generation(self) -> str:
        """Return an identifier that changes with every deployment of the stack."""
        stack = self._description() or {}
        return f"{stack.get('StackId')} {stack.get('LastUpdatedTime') or stack.get('CreationTime')}"

    def _description(self) -> dict[str, Any] | None:
        try:
            stacks = self._client("cloudformation").describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return None
        return dict(stacks[0])

    def _client(self, service: str) -> Any:
        session = botocore.session.get_session()
        session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
        return session.create_client(service, region_name=REGION, endpoint_url=self.stack.endpoint)

    def _last_deployment(self) -> Any:
        try:
            return json.loads(self._record.read_text())
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


def delete_builds(folder: Path) -> None:
    """Delete what Deployer keeps in a folder."""
    for name in ("build", "cache"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in (_record_file(folder), *folder.glob("sam-*.log")):
        file.unlink(missing_ok=True)


def _record_file(folder: Path) -> Path:
    return folder / "deployed.json"


def _error_lines(lines: list[str]) -> list[str]:
    """Return sam's output from its first error on; its last lines if there is none."""
    first = next((number for number, line in enumerate(lines) if line.startswith("Error:")), None)
    return lines[-_QUOTED_LINES:] if first is None else lines[first:][:_QUOTED_LINES]
