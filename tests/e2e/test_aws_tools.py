"""The AWS command line after `till env`, and `till aws` for what it does not take from the environment."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployed_shop import BIN, Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

SAY = {"StartAt": "Say", "States": {"Say": {"Type": "Pass", "Result": "hello", "End": True}}}


def in_shell(shop: Deployed, command: str) -> Any:
    """Run a command as a user does: in a shell that has evaluated `till env`."""
    settings = {
        "TILLFLOW_HOME": str(shop.folder.path),
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "AWS_PAGER": "",
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(
        ["sh", "-c", f'eval "$(till env)"; {command} --output json'],
        env=inherited | settings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "null")


def test_host_prefix_is_not_added(shop: Deployed, tmp_path: Path) -> None:
    definition = tmp_path / "state.json"
    definition.write_text(json.dumps(SAY["States"]["Say"]))  # type: ignore[index]
    role = shop.client("iam").list_roles()["Roles"][0]["Arn"]
    tested = in_shell(
        shop,
        f"aws stepfunctions test-state --definition file://{definition} --role-arn {role} --input '{{}}'",
    )
    assert json.loads(tested["output"]) == "hello"


def test_express_execution_is_started_and_awaited(shop: Deployed) -> None:
    role = shop.client("iam").list_roles()["Roles"][0]["Arn"]
    machine = shop.client("stepfunctions").create_state_machine(
        name="say", definition=json.dumps(SAY), roleArn=role, type="EXPRESS"
    )["stateMachineArn"]
    ended = in_shell(shop, f"aws stepfunctions start-sync-execution --state-machine-arn {machine}")
    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "hello")


@pytest.mark.parametrize(
    "command", ["sqs list-queues", "dynamodb list-tables", "s3api list-buckets", "cloudformation list-stacks"]
)
def test_till_aws_uses_the_local_aws(shop: Deployed, command: str) -> None:
    response = in_shell(shop, f"till aws {command}")
    assert "tillflow" in json.dumps(response)
