"""What a definition reads from a response is checked against the return type of the function's handler."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import pytest
from pydantic import BaseModel, Field

from verification.saga_checker.inference import Inference
from verification.saga_checker.model import Workflow, load, load_template
from verification.saga_checker.rules import flow as flows
from verification.saga_checker.rules import responses
from verification.saga_checker.shapes import ABSENT, SCALAR, UNKNOWN, Array, Shape, join, record, shape_of

ROOT = Path(__file__).parents[2]


class Line(BaseModel):
    sku: str
    quantity: Annotated[int, Field(gt=0)]


class Priced(TypedDict):
    order_id: str
    lines: list[Line]
    note: NotRequired[str | None]
    kind: Literal["a", "b"]
    extra: dict[str, Any]


LINE = record("Line", {"sku": SCALAR, "quantity": SCALAR})


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (str, SCALAR),
        (int | None, SCALAR),
        (Any, UNKNOWN),
        (dict[str, Any], UNKNOWN),
        (Line, LINE),
        (Line | None, LINE),
        (tuple[Line, ...], Array(LINE)),
        (Literal["x"], SCALAR),
        (
            Priced,
            record(
                "Priced",
                {
                    "order_id": SCALAR,
                    "lines": Array(LINE),
                    "note": join((SCALAR, ABSENT)),
                    "kind": SCALAR,
                    "extra": UNKNOWN,
                },
            ),
        ),
    ],
)
def test_annotation_has_the_shape_of_its_json(annotation: Any, shape: Shape) -> None:
    assert shape_of(annotation) == shape


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("$order.order_id", []),
        ("$order.orderid", ["$order.orderid"]),
        ("$order.extra.anything.at.all", []),
        ("$order.lines.sku", []),
        ("$order.lines.price", ["$order.lines.price"]),
        ("[$order.lines.{'sku': sku, 'n': quantty}]", ["quantty"]),
        ("$order.lines[quantity > 1].sku", []),
        ("$order.lines[price > 1].sku", ["price"]),
        ("$order.lines[0].sku", []),
        ("$order.order_id.x", ["$order.order_id.x"]),
        ("$exists($order.reason) ? $order.note : 'none'", ["$order.reason"]),
        ("($first := $order.lines[0]; $first.sku & $first.name)", ["$first.name"]),
        ("$map($order.lines, function($line) { $line.sku & $order.totl })", ["$order.totl"]),
        ("$unknown.field", []),
    ],
)
def test_reads_of_missing_fields_are_inferred(expression: str, missing: list[str]) -> None:
    inference = Inference({"order": shape_of(Priced)})
    inference.infer(expression)
    assert [one.path for one in inference.missing] == missing


@pytest.mark.parametrize(
    ("expression", "absent"),
    [
        ("$order.note", True),
        ("$order.note ? $order.note : 'none'", False),
        ("$exists($order.note) ? $order.note : 'none'", False),
        ("$order.order_id ? $order.note : 'none'", True),
        ("$order.order_id = 'x' and $exists($order.note) ? $order.note : ''", False),
        ("$exists($order.note) ? $order.note", True),
        ("'note: ' & $order.note", False),
        ("$string($order.note)", True),
        ("$exists($order.note)", False),
        ("{'note': $order.note}", False),
        ("[$order.note]", False),
        ("$order.order_id", False),
    ],
)
def test_expression_that_may_have_no_value_is_inferred(expression: str, absent: bool) -> None:
    inference = Inference({"order": shape_of(Priced)})
    inference.infer_value(f"{{% {expression} %}}")
    assert bool(inference.absent) == absent


@pytest.mark.parametrize("flow", load(ROOT), ids=lambda flow: flow.file)
def test_unguarded_cause_is_found_in_every_definition(flow: Workflow) -> None:
    """A timeout has no Cause: each Catch that assigned it unguarded would end the execution."""
    definition = copy.deepcopy(flow.definition)
    caught = [state for state in definition["States"].values() if "Catch" in state]
    if not caught:
        pytest.skip("no Catch at this level")
    caught[0]["Catch"][-1].setdefault("Assign", {})["cause"] = "{% $states.errorOutput.Cause %}"
    broken = Workflow(flow.file, definition, flow.template, flow.logical_id)
    found = {finding.rule for finding in responses.responses_read_as_declared(broken)}
    assert found == {"absent-value"}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Shape]]:
    """Declare return types of handlers of the checkout, by handler."""
    shapes: dict[str, Shape] = {}
    shipped = flows.return_shape
    monkeypatch.setattr(flows, "return_shape", lambda handler: shapes.get(handler) or shipped(handler))
    yield shapes


def checkout() -> Workflow:
    definition = json.loads((ROOT / "statemachines" / "order_checkout.asl.json").read_text())
    template = load_template(ROOT / "template.yaml")
    return Workflow("order_checkout.asl.json", copy.deepcopy(definition), template, "OrderCheckout")


def test_field_of_a_response_that_is_not_declared_is_found_where_it_is_read(typed: dict[str, Shape]) -> None:
    flow = checkout()
    typed[flow.template.handler("IssueInvoiceFunction")] = record("Issued", {"invoice": SCALAR})
    found = list(responses.responses_read_as_declared(flow))
    assert {(finding.rule, finding.state) for finding in found} == {("undeclared-field", "IssueInvoice")}


def test_field_of_a_variable_is_followed_to_later_states(typed: dict[str, Shape]) -> None:
    flow = checkout()
    names = ["order_id", "currency", "location", "tenders", "totals", "taxes", "register", "placed_at"]
    typed[flow.template.handler("PriceOrderFunction")] = record(
        "PricedOrder", dict.fromkeys(names, UNKNOWN) | {"lines": Array(LINE)}
    )
    found = list(responses.responses_read_as_declared(flow))
    assert "PriceOrder" not in {finding.state for finding in found}
    assert any(finding.state == "AuthorisePayment" and "customer_id" in finding.message for finding in found)


def test_untyped_handler_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "return_shape", lambda handler: UNKNOWN)
    assert {finding.rule for finding in responses.responses_typed(checkout())} == {"untyped-response"}
