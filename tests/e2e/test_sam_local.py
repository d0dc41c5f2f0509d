"""`sam local` after `till env --sam`: what SAM CLI asks a container engine to run, and what it refuses to start."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from local_aws import client_environment

from tests.support.container_engine import recording_engine
from tests.support.deployed_shop import BIN, Deployed
from tests.support.local_stack import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60


@pytest.fixture
def variables(shop: Deployed, tmp_path: Path) -> Path:
    """The file that `till env --sam` prints, where containers reach the local AWS at 172.17.0.1."""
    file = tmp_path / "env.json"
    shop.folder.announce(replace(shop.stack, container_host="172.17.0.1"))
    try:
        file.write_text(shop.till("env", "--sam"))
    finally:
        shop.folder.announce(shop.stack)
    return file


@contextlib.contextmanager
def sam_local(shop: Deployed, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], list[Any]]]:
    """Run `sam local`; yield its process, and the containers that it creates."""
    template = shop.folder.path / "build" / "template.yaml"
    config = ("--config-file", PROJECT / "samconfig.toml", "--config-env", "local")
    with tempfile.TemporaryDirectory() as sockets, recording_engine(Path(sockets) / "docker.sock") as created:
        process = subprocess.Popen(
            [BIN / "sam", "local", *arguments, "--skip-pull-image", "--template", template, *config],
            env=os.environ
            | client_environment(shop.stack)
            | {"DOCKER_HOST": f"unix://{sockets}/docker.sock", "SAM_CLI_TELEMETRY": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            try:
                yield process, created
            finally:
                process.kill()


def check_container(shop: Deployed, container: Any) -> None:
    variables = dict(variable.split("=", 1) for variable in container["Env"])
    assert variables["AWS_ENDPOINT_URL"] == f"http://172.17.0.1:{shop.stack.port}"
    assert variables["TABLE_NAME"] == shop.outputs()["CatalogTable"]
    assert variables["AWS_ACCESS_KEY_ID"] == "test"
    assert container["HostConfig"].get("NetworkMode") != "host"


def test_invoked_function_is_given_an_endpoint_that_it_can_reach(shop: Deployed, variables: Path) -> None:
    event = PROJECT / "events" / "price_order.json"
    with sam_local(shop, "invoke", "PriceOrderFunction", "--event", event, "--env-vars", variables) as (
        process,
        created,
    ):
        process.communicate(timeout=PATIENCE_SECONDS)
    [container] = created
    check_container(shop, container)


def test_started_lambda_runs_functions_on_the_local_aws(shop: Deployed, variables: Path) -> None:
    port = free_port()
    client = boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )
    with sam_local(shop, "start-lambda", "--port", str(port), "--env-vars", variables) as (process, created):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not created and process.poll() is None and time.monotonic() < deadline:
            # The engine refuses the container; before SAM CLI listens there is no connection.
            with contextlib.suppress(ClientError, BotoCoreError):
                client.invoke(FunctionName="PriceOrderFunction", Payload=b"{}")
            time.sleep(0.2)
    check_container(shop, created[0])


def test_api_cannot_be_started_from_the_template(shop: Deployed) -> None:
    with sam_local(shop, "start-api", "--port", str(free_port())) as (process, created):
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode != 0
    assert "'JWT' is currently not supported" in output
    assert "must have a valid ApiId that points to Api resource HttpApi" in output
    assert created == []
