"""The shop, deployed by `sam deploy` onto a local AWS of the tests' own."""

from collections.abc import Iterator

import pytest
from local_aws import StateFolder, supervisor
from playwright.sync_api import Browser, expect

from tests.support.browser import chromium
from tests.support.console import PATIENCE_MS, Console
from tests.support.deployed_shop import Deployed
from tests.support.local_stack import free_port
from till.build import Build
from till.deploy import Deployer
from till.local_stack import LAMBDA_PYTHON


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """Build, deploy and seed the shop once for all of these tests, which share its data."""
    folder = StateFolder(tmp_path_factory.mktemp("e2e") / "state")
    stack = supervisor.start(folder, free_port(), lambda_python=LAMBDA_PYTHON, with_parent=True)
    deployed = Deployed(folder, stack)
    try:
        with Build(folder.path) as build:
            assert Deployer(folder.path, stack).deploy(build)
        deployed.till("seed")
        yield deployed
    finally:
        supervisor.stop(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Run the browser for one file of tests: Playwright keeps an event loop running in its thread until it ends."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as running:
        yield running


@pytest.fixture
def console(shop: Deployed, browser: Browser) -> Iterator[Console]:
    url = f"{shop.stack.endpoint}/_aws/execute-api/{shop.outputs()['ApiId']}/$default/"
    opened = Console(url, shop, browser)
    yield opened
    for context in opened.contexts:
        context.close()
