"""Find the deployment that the commands use: its AWS endpoint, and the names of its tables and workflows.

Commands work on AWS and on the local AWS. The endpoint is TILLFLOW_ENDPOINT or AWS_ENDPOINT_URL; without these,
the local AWS if it runs, else AWS with the operator's credentials. TILLFLOW_ENDPOINT=aws selects AWS in any case.
All names are outputs of the CloudFormation stack, by logical id.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from till.errors import OperatorError
from till.local_stack import state_folder

if TYPE_CHECKING:
    import botocore.session
    from tillflow.store import Item

STACK_NAME = "tillflow"

CLIENT_SETTINGS: Mapping[str, Any] = {
    "retries": {"mode": "standard", "max_attempts": 4},
    "connect_timeout": 5,
    "read_timeout": 60,
    "max_pool_connections": 64,  # threads share one client: a connection for each
    "ignore_configured_endpoint_urls": True,
}


@dataclass(frozen=True)
class Stack:
    """A deployment: `client(service)` for AWS, `output(logical_id)` for the name or ARN of a resource."""

    name: str
    endpoint: str | None
    session: botocore.session.Session

    @cache  # noqa: B019 - one Stack per command, one client per service
    def client(self, service: str) -> Any:
        from botocore.config import Config

        config = Config(**CLIENT_SETTINGS)
        return self.session.create_client(service, endpoint_url=self.endpoint, config=config)

    @property
    def location(self) -> str:
        """The endpoint or AWS region, for messages."""
        return self.endpoint or f"AWS in {self.session.get_config_variable('region') or 'no region'}"

    @cached_property
    def identity(self) -> str:
        """The ARN of the operator's IAM identity."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    @cached_property
    def description(self) -> Mapping[str, Any]:
        """The stack as DescribeStacks returns it."""
        from botocore.exceptions import ClientError

        try:
            response = self.client("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                raise OperatorError(
                    f"There is no stack {self.name} on {self.location}.",
                    "Deploy it with `sam build && sam deploy`, or locally with `make run`.",
                ) from error
            raise
        description: Mapping[str, Any] = response["Stacks"][0]
        return description

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.description.get("Outputs", ())}

    def output(self, logical_id: str) -> str:
        """Return the name, URL or ARN of a resource by its logical id, or of a workflow's alias by `<id>Alias`."""
        try:
            return self.outputs[logical_id]
        except KeyError:
            status = str(self.description.get("StackStatus", ""))
            if status.endswith("_IN_PROGRESS"):
                raise OperatorError(
                    f"Stack {self.name} is still being deployed: its status is {status},"
                    f" and it has no output {logical_id} yet.",
                    "Try again when the deployment has ended; `till status` shows the status.",
                ) from None
            raise OperatorError(
                f"Stack {self.name} has no output {logical_id}.",
                "It was deployed from another version: deploy this version with `sam build && sam deploy`.",
            ) from None

    def parameter(self, name: str) -> str | None:
        """Return the value of a parameter of the stack; None if it was deployed by a version without it."""
        parameters = self.description.get("Parameters", ())
        values = {one["ParameterKey"]: one["ParameterValue"] for one in parameters}
        return values.get(name)

    def row(self, table: str, pk: str, sk: str) -> Item:
        """Return a row of a table, by a consistent read; {} if there is none."""
        from tillflow.store import key, unmarshal

        response = self.client("dynamodb").get_item(
            TableName=self.output(table), Key=key(pk, sk), ConsistentRead=True
        )
        return unmarshal(response.get("Item"))

    @property
    def workflows(self) -> dict[str, str]:
        """The ARNs of the state machines by logical id."""
        return {name: value for name, value in self.outputs.items() if is_state_machine(value)}

    def execution(self, workflow: str, business_id: str) -> str:
        """Return the ARN of the execution of a business id, which is the execution's name."""
        from tillflow.executions import execution_arn

        return execution_arn(self.output(workflow), business_id)


def is_state_machine(arn: str) -> bool:
    """Return whether an ARN is a state machine's, and not that of its alias or version."""
    return ":stateMachine:" in arn and arn.count(":") == 6


def find_stack(environ: Mapping[str, str] = os.environ) -> Stack:
    """Return the deployment that the environment selects, or the local one."""
    import botocore.session
    from local_aws.settings import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

    name = environ.get("TILLFLOW_STACK", STACK_NAME)
    endpoint = environ.get("TILLFLOW_ENDPOINT") or environ.get("AWS_ENDPOINT_URL")
    session = botocore.session.get_session()
    if region := environ.get("AWS_REGION"):
        # botocore itself reads AWS_DEFAULT_REGION and profiles only.
        session.set_config_variable("region", region)
    if endpoint:
        return Stack(name, None if endpoint == "aws" else endpoint, session)
    local = state_folder(environ).running()
    if local is None:
        return Stack(name, None, session)
    session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    session.set_config_variable("region", REGION)
    return Stack(name, local.endpoint, session)
