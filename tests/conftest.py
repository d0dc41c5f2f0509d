"""Fixtures of all tests: an empty AWS account in this process, handlers imported anew; and the order of the tests."""

import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import settings

from tests.support.simulated_aws import simulated_aws

# A deadline measures the machine, not the code.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")
# A client keeps the credentials, or their absence, of the moment when it was made. A developer's are not used.
os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the seed of the order, which `-q` hides: `--randomly-seed=N` repeats it."""
    seed = getattr(config.option, "randomly_seed", None)
    if isinstance(seed, int):
        terminalreporter.write_line(f"Random order: --randomly-seed={seed}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests with a local AWS of their own first, and those of the deployed shop last.

    The tests of the shop share its data and keep the order of their files; on two processes they are the first group
    of one, and the other begins with its longest tests.
    """
    shared = [item for item in items if item.get_closest_marker("e2e")]
    in_order = sorted(shared, key=lambda item: (str(item.path), item.location[1] or 0))
    others = [item for item in items if not item.get_closest_marker("e2e")]
    items[:] = sorted(others, key=lambda item: item.path.parent.name != "e2e") + in_order


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry contention without waiting for the jitter."""
    monkeypatch.setattr("tillflow.store.time.sleep", lambda _: None)


@pytest.fixture
def reimported_handlers() -> Iterator[None]:
    """Import handlers anew in the test, and leave those of other tests: a handler keeps the tables of its import."""
    earlier = _take_handlers()
    yield
    _take_handlers()
    sys.modules.update(earlier)


def _take_handlers() -> dict[str, ModuleType]:
    """Remove the imported modules of handlers, and return them by name."""
    names = [name for name in sys.modules if name.endswith(".handlers")]
    return {name: sys.modules.pop(name) for name in names}


@pytest.fixture
def dynamodb(no_pauses: None, reimported_handlers: None) -> Iterator[Any]:
    """A DynamoDB client on an empty account; whatever endpoint the developer has set is not used."""
    with simulated_aws() as client:
        yield client


@pytest.fixture
def table(dynamodb: Any) -> str:
    """The name of a table with the key every service uses: pk and sk, both text."""
    dynamodb.create_table(
        TableName="service",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    )
    return "service"
