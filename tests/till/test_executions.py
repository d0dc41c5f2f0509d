"""`till execution` and `till history` over workflows that ran on the embedded engine."""

import base64
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from getpass import getuser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from executions import api
from executions.errors import UnknownExecution
from executions.models import EventPage
from executions.operations import ExecutionOperations
from tillflow.executions import execution_arn
from typer.testing import CliRunner

from tests.support.http_api import EngineClient
from till.demo.order_checkout import BASKET, card, order
from till.main import app
from till.services.client import Service
from till.services.executions import Executions
from till.services.images import Images
from till.shop import ESPRESSO, MUG
from till.stack import Stack
from verification.harness.fixture import WorkflowFixture, seed_stock, workflow_fixture


class Functions:
    """A client of Lambda that runs the function of executions here."""

    def invoke(self, FunctionName: str, Payload: bytes, Qualifier: str) -> dict[str, Any]:
        assert FunctionName == "ExecutionsApiFunction"
        arn = f"arn:aws:lambda:eu-central-1:123456789012:function:executions:{Qualifier}"
        response = api.handle(json.loads(Payload), SimpleNamespace(invoked_function_arn=arn))
        return {"Payload": io.BytesIO(json.dumps(response).encode())}


@pytest.fixture
def shop() -> Iterator[WorkflowFixture]:
    with workflow_fixture() as built:
        seed_stock({ESPRESSO: 10, MUG: 10})
        yield built


@pytest.fixture
def workflows(shop: WorkflowFixture) -> dict[str, str]:
    """The state machines by logical id."""
    return {"OrderCheckout": shop.machine}


@pytest.fixture
def till(
    shop: WorkflowFixture, workflows: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    operations = ExecutionOperations(EngineClient(shop), workflows)
    monkeypatch.setattr("executions.api._executions", lambda: operations)
    monkeypatch.setattr(Stack, "client", lambda self, service: Functions())
    monkeypatch.setattr(Stack, "output", lambda self, name: name)
    monkeypatch.setattr(Stack, "outputs", workflows)
    monkeypatch.setattr(Stack, "identity", "arn:aws:iam::123456789012:user/tests")
    monkeypatch.setattr(Images, "find", lambda self, key: None)
    stack = Stack("tillflow", None, None)  # type: ignore[arg-type]
    for module in ("execution", "history"):
        monkeypatch.setattr(f"till.commands.{module}.find_stack", lambda: stack)

    def run(*arguments: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200"})
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    return run


def sell(shop: WorkflowFixture, token: str, order_id: str) -> None:
    shop.run(order(BASKET, card(token), order_id=order_id, placed_at="2026-11-23T10:00:00Z"))


def test_list_shows_executions_by_status(shop: WorkflowFixture, till: Callable[..., str]) -> None:
    sell(shop, "tok_visa", "ord-1")
    sell(shop, "tok_declined", "ord-2")
    every = json.loads(till("execution", "list", "--json"))
    assert {one["name"] for one in every} == {"ord-1", "ord-2"}
    failed = json.loads(till("execution", "list", "OrderCheckout", "--status", "FAILED", "--json"))
    assert [one["name"] for one in failed] == ["ord-2"]
    assert "No executions." in till("execution", "list", "--status", "ABORTED")


def test_list_refuses_an_unknown_workflow_and_status(till: Callable[..., str]) -> None:
    assert "workflow is 'Nope'; expected one of OrderCheckout" in till("execution", "list", "Nope", code=2)
    assert "BOGUS" in till("execution", "list", "--status", "BOGUS", code=2)


def test_executions_of_a_return_id_have_the_return_of_its_exchange(shop: WorkflowFixture) -> None:
    """The return has a name that no return without a sale has."""
    sell(shop, "tok_visa", "ord-1")
    workflows = {name: shop.deploy(name) for name in ("OrderCheckout", "OrderReturn", "OrderExchange")}
    unit = {"line_no": 2, "sku": MUG, "quantity": 1}
    returned = {"return_id": "ret-1", "order_id": "ord-1", "currency": "EUR", "lines": [unit]}
    sale = order({MUG: 1}, order_id="ord-2", placed_at="2026-11-23T10:00:00Z")
    shop.run({"return_id": "ret-1", "return": returned, "sale": sale}, workflow="OrderExchange")
    named = ExecutionOperations(EngineClient(shop), workflows).find_all("ret-1")
    assert sorted((one.workflow, one.name, one.status) for one in named) == [
        ("OrderExchange", "ret-1", "SUCCEEDED"),
        ("OrderReturn", "ret-1.exchange", "SUCCEEDED"),
    ]


def test_redrive_of_a_rejected_order_is_refused_with_the_reason(
    shop: WorkflowFixture, till: Callable[..., str]
) -> None:
    sell(shop, "tok_declined", "ord-1")
    assert "ended in the Fail state OrderRejected" in till("execution", "redrive", "ord-1", code=2)
    arn = shop.machine.replace(":stateMachine:", ":execution:") + ":ord-1"
    assert shop.engine.describe_execution(executionArn=arn).get("redriveCount", 0) == 0


def test_redrive_and_stop_refuse_an_execution_that_succeeded(
    shop: WorkflowFixture, till: Callable[..., str]
) -> None:
    sell(shop, "tok_visa", "ord-1")
    assert "there is nothing to redrive" in till("execution", "redrive", "ord-1", code=2)
    assert "there is nothing to stop" in till(
        "execution", "stop", "ord-1", "--reason", "test", "--yes", code=2
    )


def test_history_with_io_masks_card_tokens(shop: WorkflowFixture, till: Callable[..., str]) -> None:
    sell(shop, "tok_visa", "ord-1")
    shown = till("history", "ord-1", "--io")
    assert "PriceOrder input: {" in shown
    assert "tok_visa" not in shown


def test_history_with_io_shows_the_variables_that_a_state_assigned(
    shop: WorkflowFixture, till: Callable[..., str]
) -> None:
    sell(shop, "tok_visa", "ord-1")
    shown = till("history", "ord-1", "--io").splitlines()
    (priced,) = (line for line in shown if line.startswith("PriceOrder $order: "))
    assert json.loads(priced.removeprefix("PriceOrder $order: "))["totals"]["total"] > 0


def test_history_of_a_cancelled_order_names_the_workflow_of_each_execution(
    shop: WorkflowFixture, workflows: dict[str, str], till: Callable[..., str]
) -> None:
    workflows["OrderCancel"] = shop.deploy("OrderCancel")
    sell(shop, "tok_visa", "ord-1")
    shop.run({"order_id": "ord-1", "reason": "test"}, workflow="OrderCancel")
    shown = till("history", "ord-1")
    assert "OrderCheckout ord-1  SUCCEEDED" in shown
    assert "OrderCancel ord-1  SUCCEEDED" in shown


def test_follow_prints_every_state_and_the_outcome(shop: WorkflowFixture, till: Callable[..., str]) -> None:
    sell(shop, "tok_declined", "ord-1")
    lines = till("history", "ord-1", "--follow").splitlines()
    assert any("AuthorisePayment: failed, caught" in line for line in lines)
    assert lines[-1] == "FAILED PaymentDeclined"


def test_html_page_has_the_history_without_secrets(
    shop: WorkflowFixture, till: Callable[..., str], tmp_path: Path
) -> None:
    sell(shop, "tok_visa", "ord-1")
    till("history", "ord-1", "--html", str(tmp_path / "order.html"))
    page = (tmp_path / "order.html").read_text()
    data = page_data(page)
    assert data["execution"]["name"] == "ord-1"
    assert data["events"][-1]["type"] == "ExecutionSucceeded"
    assert "tok_visa" not in json.dumps(data)


def test_html_page_that_cannot_be_written_is_an_error(
    shop: WorkflowFixture, till: Callable[..., str], tmp_path: Path
) -> None:
    sell(shop, "tok_visa", "ord-1")
    assert "Cannot write" in till("history", "ord-1", "--html", str(tmp_path / "none" / "order.html"), code=2)


def test_follow_with_json_is_refused(till: Callable[..., str]) -> None:
    assert "cannot be combined" in till("history", "ord-1", "--follow", "--json", code=2)


def test_stop_aborts_a_running_execution(
    shop: WorkflowFixture, till: Callable[..., str], workflows: dict[str, str]
) -> None:
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 999, "End": True}}}
    workflows["Waiting"] = shop.engine.create(json.dumps(waiting), "Waiting")
    arn = shop.engine.start(workflows["Waiting"], {}, "w-1")
    till("execution", "stop", arn, "--reason", "entered twice", "--yes")
    described = shop.engine.describe_execution(executionArn=arn)
    assert (described["status"], described["cause"]) == ("ABORTED", f"entered twice ({getuser()})")


def test_hostile_text_in_an_execution_is_printed_as_text(
    shop: WorkflowFixture, till: Callable[..., str], workflows: dict[str, str]
) -> None:
    text = "[/b]\x1b[2J\u202e\r\nAll is well"
    fail = {"Type": "Fail", "Error": "E[/red]", "Cause": text}
    steps = {text[:4]: {"Type": "Pass", "Output": {text: text}, "Next": "End"}, "End": fail}
    definition = {"QueryLanguage": "JSONata", "StartAt": text[:4], "States": steps}
    workflows["Hostile"] = shop.engine.create(json.dumps(definition), "Hostile")
    arn = shop.engine.start(workflows["Hostile"], {text: text}, "h-1")
    for arguments in ((), ("--io",), ("--follow",), ("--follow", "--io"), ("--json",)):
        printed = till("history", arn, *arguments)
        assert printed.replace("\n", "").isprintable()
        assert "[/b]" in printed
        assert "\nAll is well" not in printed


def test_execution_of_another_state_machine_is_unknown(
    shop: WorkflowFixture, till: Callable[..., str]
) -> None:
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    arn = shop.engine.start(shop.engine.create(json.dumps(definition), "Another"), {}, "a-1")
    assert "does not exist" in till("history", arn, code=2)
    assert "does not exist" in till("execution", "stop", arn, "--reason", "x", "--yes", code=2)


def test_long_history_is_read_in_parts(
    shop: WorkflowFixture, till: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sell(shop, "tok_visa", "ord-1")
    whole = json.loads(till("history", "ord-1", "--json"))["events"]
    parts = []
    read = ExecutionOperations.events

    def events(self: ExecutionOperations, arn: str, after: int) -> EventPage:
        parts.append(after)
        return read(self, arn, after)

    monkeypatch.setattr(ExecutionOperations, "events", events)
    monkeypatch.setattr("executions.operations._PAGE_CHARACTERS", 5_000)
    assert json.loads(till("history", "ord-1", "--json"))["events"] == whole
    assert len(parts) > 2
    assert parts == sorted(set(parts))


def test_progress_of_a_sale_is_for_cashiers_and_of_others_for_managers(
    shop: WorkflowFixture, till: Callable[..., str], workflows: dict[str, str]
) -> None:
    waiting = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 999, "End": True}}}
    workflows["Waiting"] = shop.engine.create(json.dumps(waiting), "Waiting")
    arn = shop.engine.start(workflows["Waiting"], {}, "w-1")
    sell(shop, "tok_visa", "ord-1")
    executions = Executions(Stack("tillflow", None, None))  # type: ignore[arg-type]
    sale = executions.progress(execution_arn(shop.machine, "ord-1"))
    assert (sale.status, sale.waits) == ("SUCCEEDED", False)
    assert json.loads(sale.output or "")["order_id"] == "ord-1"
    assert (executions.progress(arn).status, executions.progress(arn).waits) == ("RUNNING", False)
    cashier = Service(Stack("tillflow", None, None), "ExecutionsApiFunction")  # type: ignore[arg-type]
    route, path = "GET /executions/{execution}/sale-progress", {"execution": arn}
    with pytest.raises(UnknownExecution):
        cashier.call(route, "read", path=path)


def test_first_page_asks_for_no_more_executions_than_it_shows() -> None:
    sizes = []

    class Recorder:
        def get_paginator(self, name: str) -> Any:
            def paginate(**request: Any) -> list[Any]:
                sizes.append(request["maxResults"])
                return [{"executions": []}]

            return SimpleNamespace(paginate=paginate)

    executions = ExecutionOperations(Recorder(), {"One": "arn:1", "Two": "arn:2"})
    assert executions.list_executions(limit=20).rows == []
    assert sizes == [21, 21]
    executions.list_executions(limit=20, after=json.dumps(["2026-11-23T10:00:00+00:00", "arn"]))
    assert sizes[2:] == [1000, 1000]


def page_data(page: str) -> Any:
    packed = re.search(r'id="data">([^<]*)<', page)
    assert packed is not None
    return json.loads(gzip.decompress(base64.b64decode(packed[1])))
