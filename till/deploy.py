"""Run `sam deploy` onto a local stack, unless nothing that it reads has changed."""

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import botocore.session
from botocore.exceptions import ClientError
from local_aws import RunningStack, client_environment
from local_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

from till.build import Build, delete_build
from till.sam import DeployFailed, SamProcess
from till.stack import is_state_machine

STACK_NAME = "tillflow"
_COMPLETE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
_MAIL_SENDER = "shop@example.com"


@dataclass(frozen=True, slots=True)
class Deployer:
    """Deploys a build to a stack; `folder` has the record of the last deployment."""

    folder: Path
    stack: RunningStack

    def deploy(self, build: Build) -> bool:
        """Finish the build and deploy it; return False if the stack was up to date. Raise DeployFailed."""
        if missing := self._missing_state_machines():
            raise DeployFailed(
                f"Stack {STACK_NAME} has state machine {missing[0]}, but Step Functions does not:"
                " its executions are lost. `till reset` deletes all local state."
            )
        status = self.status()
        if status in _COMPLETE and self._last_deployment() == self._deployment(build):
            return False
        if status is not None and status.endswith("ROLLBACK_FAILED"):
            raise DeployFailed(
                f"Stack {STACK_NAME} has status {status}. `till reset` deletes all local state."
            )
        build.finish()
        self._verify_sender()
        self._sam_deploy(build)
        self._record.write_text(json.dumps(self._deployment(build)))
        return True

    @property
    def _record(self) -> Path:
        return _record_file(self.folder)

    def _deployment(self, build: Build) -> dict[str, Any]:
        generation = self._generation()
        return {"digest": build.digest, "parameters": self._parameters, "generation": generation}

    @property
    def _parameters(self) -> str:
        # The console's sign-in returns to an address that has the port; no browser reaches a local distribution.
        local = f"Stage=local LocalPort={self.stack.port} ThumbnailDelivery=presigned"
        return f"{local} MailSender={_MAIL_SENDER}"

    def _sam_deploy(self, build: Build) -> None:
        parameters = ["--parameter-overrides", self._parameters]
        options = ["--template-file", str(build.template), *parameters]
        sam = SamProcess(self.folder, build.project, "deploy", options, client_environment(self.stack))
        try:
            if not sam.wait():
                raise sam.failure(self._failure_reasons())
        finally:
            sam.stop()

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


def delete_deployment(folder: Path) -> None:
    """Delete what builds and deployments left in a folder."""
    delete_build(folder)
    _record_file(folder).unlink(missing_ok=True)


def _record_file(folder: Path) -> Path:
    return folder / "deployed.json"
