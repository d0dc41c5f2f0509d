"""Every function, for any JSON as its event, returns a result or raises an error by name.

The events are the samples of events/, with one value replaced, removed or added at every place, and values that are not
events at all.
"""

import copy
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tillflow.aws import client
from tillflow.errors import errors_by_name

from audit import check
from audit.reader import read_snapshot
from verification.harness.image_buckets import make_buckets
from verification.harness.import_bucket import make_bucket
from verification.harness.services import LocalServices, data_services
from verification.harness.template import Template

ROOT = Path(__file__).parents[2]
TEMPLATE = Template.read()
# The functions of the HTTP API respond to an error.
FUNCTIONS = sorted(
    name
    for name, function in TEMPLATE.functions.items()
    if not function.handler.endswith(".api.handle") and not function.handler.startswith("identity.")
)
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    float("nan"),
    10**30,
    10**15,
    "",
    " ",
    "x" * 1_000_000,
    "[" * 10_000,
    "a#b",
    "a/b\n",
    "\ud800",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "1e-99999999",
    [],
    [None],
    [[]] * 3,
    {},
    {"": None},
)
REMOVED = object()

type Place = tuple[str | int, ...]


@pytest.fixture(scope="module")
def services() -> Iterator[LocalServices]:
    with data_services(TEMPLATE), ExitStack() as patches:
        make_bucket()
        make_buckets()
        # For a function that starts a workflow whatever its event says: none is deployed here.
        states = client("stepfunctions")
        patches.enter_context(patch.object(states, "start_execution", return_value={"executionArn": "arn"}))
        yield LocalServices(TEMPLATE)
        # Whatever was stored, the audit reads it.
        check(read_snapshot(client("dynamodb"), lambda table: table, lambda: frozenset(), threads=1))


def sample(function: str) -> Any:
    handler = TEMPLATE.functions[function].handler.rpartition(".")[2]
    return json.loads((ROOT / "events" / f"{handler}.json").read_text())


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value; of a list its first member stands for all."""
    yield place
    if isinstance(value, dict):
        for name, member in value.items():
            yield from places(member, (*place, name))
    if isinstance(value, list) and value:
        yield from places(value[0], (*place, 0))


def replaced(event: Any, place: Place, value: Any) -> Any:
    """The event with the value at a place replaced, or removed."""
    if not place:
        return value
    changed = copy.deepcopy(event)
    parent = changed
    for step in place[:-1]:
        parent = parent[step]
    if value is REMOVED:
        del parent[place[-1]]
    else:
        parent[place[-1]] = value
    return changed


def unnamed(services: LocalServices, function: str, event: Any) -> str:
    """Return the name and message of an error that is not a domain error, "" for one that is and for a result."""
    response = services.handle(function, event)
    if "FunctionError" not in response:
        return ""
    failure = json.loads(response["Payload"])
    if failure["errorType"] in errors_by_name():
        return ""
    where = "".join(failure["stackTrace"][-1:])
    return f"{failure['errorType']}: {failure['errorMessage'][:200]} {where}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_changed_sample_is_processed_or_refused_by_name(function: str, services: LocalServices) -> None:
    event = sample(function)
    found: dict[str, str] = {}
    for place in places(event):
        for value in (*HOSTILE, *((REMOVED,) if place else ())):
            error = unnamed(services, function, replaced(event, place, value))
            if error:
                shown = "removed" if value is REMOVED else repr(value)[:40]
                found.setdefault(re.sub(r"0x\w+", "", error), f"{place} = {shown}")
    assert not found, "\n".join(f"{place}: {error}" for error, place in found.items())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda members: (
        st.lists(members, max_size=4) | st.dictionaries(st.text(max_size=20), members, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("function", FUNCTIONS)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(event=json_values)
def test_any_json_is_processed_or_refused_by_name(function: str, services: LocalServices, event: Any) -> None:
    assert unnamed(services, function, event) == ""
