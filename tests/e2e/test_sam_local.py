"""`sam local invoke` after `till env --sam`: what SAM CLI asks a container engine to run."""

import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from local_aws import client_environment

from tests.support.container_engine import recording_engine
from tests.support.deployed_shop import BIN, Deployed

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

PROJECT = Path(__file__).parents[2]


def test_container_is_given_an_endpoint_that_it_can_reach(shop: Deployed, tmp_path: Path) -> None:
    shop.folder.announce(replace(shop.stack, container_host="172.17.0.1"))
    try:
        (tmp_path / "env.json").write_text(shop.till("env", "--sam"))
    finally:
        shop.folder.announce(shop.stack)
    with tempfile.TemporaryDirectory() as sockets, recording_engine(Path(sockets) / "docker.sock") as created:
        subprocess.run(
            [
                BIN / "sam", "local", "invoke", "PriceOrderFunction", "--skip-pull-image",
                "--template", shop.folder.path / "build" / "template.yaml",
                "--event", PROJECT / "events" / "price_order.json",
                "--env-vars", tmp_path / "env.json",
                "--config-file", PROJECT / "samconfig.toml", "--config-env", "local",
            ],
            env=os.environ
            | client_environment(shop.stack)
            | {"DOCKER_HOST": f"unix://{sockets}/docker.sock", "SAM_CLI_TELEMETRY": "0"},
            capture_output=True,
            check=False,
        )  # fmt: skip
    [container] = created
    variables = dict(variable.split("=", 1) for variable in container["Env"])
    assert variables["AWS_ENDPOINT_URL"] == f"http://172.17.0.1:{shop.stack.port}"
    assert variables["TABLE_NAME"] == shop.outputs()["CatalogTable"]
    assert variables["AWS_ACCESS_KEY_ID"] == "test"
    assert container["HostConfig"].get("NetworkMode") != "host"
