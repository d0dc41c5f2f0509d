"""Find the deployed shop: which AWS to talk to, and what the stack's tables and workflows are called.

The commands are the same against AWS and against the local stack. The endpoint comes from
TILLFLOW_ENDPOINT or AWS_ENDPOINT_URL, else from the local stack that is running here, else there is
none and the SDK goes to AWS with the operator's own credentials; TILLFLOW_ENDPOINT=aws goes there though a
local stack runs. Everything else is an output of the CloudFormation stack, under its logical id.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from local_aws.home import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, home
from tillflow.store import Item, key, unmarshal

from till.errors import OperatorError

STACK_NAME = "tillflow"

# Many buyers at once share one client: the pool must hold a connection for each of them.
CLIENT_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 4},
    connect_timeout=5,
    read_timeout=60,
    max_pool_connections=64,
    ignore_configured_endpoint_urls=True,
)


@dataclass(frozen=True)
class Stack:
    """The deployed shop: `client(service)` for AWS, `output(logical_id)` for a resource's name or ARN."""

    name: str
    endpoint: str | None
    session: botocore.session.Session

    @cache  # noqa: B019 - one Stack per command, and a client per service is what is wanted
    def client(self, service: str) -> Any:
        return self.session.create_client(service, endpoint_url=self.endpoint, config=CLIENT_CONFIG)

    @property
    def where(self) -> str:
        """Which AWS it is on, for people."""
        return self.endpoint or f"AWS in {self.session.get_config_variable('region') or 'no region'}"

    @cached_property
    def described(self) -> Mapping[str, Any]:
        """The stack as DescribeStacks has it."""
        try:
            answer = self.client("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError":
                raise OperatorError(
                    f"There is no stack called {self.name} at {self.where}.",
                    "Deploy it with `sam build && sam deploy`, or `make run` for a local one.",
                ) from error
            raise
        found: Mapping[str, Any] = answer["Stacks"][0]
        return found

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        return {output["OutputKey"]: output["OutputValue"] for output in self.described.get("Outputs", ())}

    def output(self, logical_id: str) -> str:
        """The name, URL or ARN of a resource, by its logical id in template.yaml."""
        try:
            return self.outputs[logical_id]
        except KeyError:
            raise OperatorError(
                f"The stack {self.name} has no output called {logical_id}.",
                "It was deployed from another version: deploy this one with `sam build && sam deploy`.",
            ) from None

    def row(self, table: str, pk: str, sk: str) -> Item:
        """One row of a table, read consistently; {} when there is none."""
        answer = self.client("dynamodb").get_item(
            TableName=self.output(table), Key=key(pk, sk), ConsistentRead=True
        )
        return unmarshal(answer.get("Item"))

    @property
    def workflows(self) -> dict[str, str]:
        """The ARNs of the state machines by logical id."""
        return {name: value for name, value in self.outputs.items() if ":stateMachine:" in value}

    def execution(self, workflow: str, business_id: str) -> str:
        """The ARN of the execution for a business id: executions are named after what they are about."""
        return f"{self.output(workflow).replace(':stateMachine:', ':execution:')}:{business_id}"


def find_stack(environ: Mapping[str, str] = os.environ) -> Stack:
    """The stack the environment points at, or the local one that runs here."""
    name = environ.get("TILLFLOW_STACK", STACK_NAME)
    endpoint = environ.get("TILLFLOW_ENDPOINT") or environ.get("AWS_ENDPOINT_URL")
    session = botocore.session.get_session()
    if region := environ.get("AWS_REGION"):
        # What every other SDK reads; botocore itself knows AWS_DEFAULT_REGION and profiles alone.
        session.set_config_variable("region", region)
    if endpoint:
        return Stack(name, None if endpoint == "aws" else endpoint, session)
    local = home(environ).running()
    if local is None:
        return Stack(name, None, session)
    session.set_credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    session.set_config_variable("region", REGION)
    return Stack(name, local.endpoint, session)
