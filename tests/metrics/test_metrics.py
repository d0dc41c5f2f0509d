"""Metrics of the business: what each event measures, without ids and personal data."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from metrics.handlers import record_metrics
from metrics.models import Envelope
from metrics.rules import Measurement, measurements
from tillflow.errors import InvalidRequest

from tests.template.deployed import monitoring, resources

ORDER: dict[str, Any] = {
    "event_id": "ord-7#paid",
    "order_id": "ord-7",
    "location": "store-1",
    "register": "till-1",
    "customer_id": "cus-7",
    "placed_at": "2026-11-23T10:00:00Z",
    "currency": "EUR",
}
LINE = {"sku": "COF-ESP-1KG", "quantity": 3, "net": 1042, "tax": 208, "total": 1250}
TOTALS = {"subtotal": 1250, "discount": 0, "net": 1042, "tax": 208, "rounding": 0, "total": 1250}
PAID = ORDER | {"fulfilment": "carry_out", "invoice_number": "INV-1", "totals": TOTALS, "lines": [LINE]}
REJECTED = ORDER | {"total": 1250, "reason": "PaymentDeclined"}
CANCELLED = ORDER | {
    "reason": "customer Ann Example changed her mind",
    "was_paid": True,
    "credit_note_number": None,
    "total": 1250,
    "lines": [LINE],
}
RETURNED = ORDER | {
    "return_id": "ret-1",
    "credit_note_number": None,
    "total": 1250,
    "refunds": [],
    "lines": [LINE | {"condition": "resell"}],
}
CROSSED = {
    "event_id": "crossing-1",
    "location": "store-1",
    "sku": "COF-ESP-1KG",
    "available": 2,
    "on_order": 0,
    "reorder_point": 3,
}
RECONCILED = {
    "event_id": "2026-11-22#reconciled",
    "run_id": "2026-11-22",
    "day": "2026-11-22",
    "compared": 40,
    "unsettled": 2,
    "foreign": 3,
    "differences": 1,
}
IMAGE = {"id": "img-1", "key": "originals/COF.png", "sku": "COF-ESP-1KG"}
DETAILS: dict[str, dict[str, Any]] = {
    "OrderPaid": PAID,
    "OrderRejected": REJECTED,
    "OrderCancelled": CANCELLED,
    "OrderReturned": RETURNED,
    "PaymentsReconciled": RECONCILED,
    "StockBelowReorderPoint": CROSSED | {"available": 0},
    "ImageReady": IMAGE,
    "ImageRejected": IMAGE,
    "ImageDeleted": IMAGE,
}


def envelope(kind: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"id": "1", "detail-type": kind, "time": "2026-11-23T10:00:02Z", "detail": detail}


def measured(kind: str, detail: dict[str, Any]) -> list[Measurement]:
    return measurements(envelope(kind, detail))


def test_paid_order_measures_units_revenue_and_latency() -> None:
    assert measured("OrderPaid", PAID) == [
        Measurement("OrdersPaid"),
        Measurement("UnitsSold", 3),
        Measurement("Revenue", 1042, dimensions={"currency": "EUR"}),
        Measurement("OrderLatency", 2000, "Milliseconds"),
    ]


def test_order_placed_by_a_clock_that_is_ahead_has_no_negative_latency() -> None:
    late = PAID | {"placed_at": "2026-11-23T10:00:05Z"}
    assert measured("OrderPaid", late)[-1] == Measurement("OrderLatency", 0, "Milliseconds")


@pytest.mark.parametrize(
    ("reason", "dimension"),
    [
        ("PaymentDeclined", "PaymentDeclined"),
        ("States.Timeout", "States.Timeout"),
        ("customer 4711 is blocked", "Other"),
        ("ord-7", "Other"),
        ("A" * 65, "Other"),
    ],
)
def test_rejected_order_is_counted_by_the_name_of_its_error(reason: str, dimension: str) -> None:
    assert measured("OrderRejected", REJECTED | {"reason": reason}) == [
        Measurement("OrdersRejected", dimensions={"reason": dimension}),
        Measurement("Compensations", dimensions={"workflow": "OrderCheckout"}),
    ]


def test_reconciliation_measures_what_it_compared_and_found() -> None:
    assert measured("PaymentsReconciled", RECONCILED) == [
        Measurement("PaymentsCompared", 40),
        Measurement("PaymentsUnsettled", 2),
        Measurement("PaymentDifferences", 1),
    ]


def test_return_measures_its_refund() -> None:
    refunded = Measurement("Refunded", 1250, dimensions={"currency": "EUR"})
    assert measured("OrderReturned", RETURNED) == [Measurement("OrdersReturned"), refunded]


@pytest.mark.parametrize(("available", "out"), [(2, False), (0, True), (-1, True)])
def test_level_without_available_units_is_a_stock_out(available: int, out: bool) -> None:
    counted = measured("StockBelowReorderPoint", CROSSED | {"available": available})
    assert (Measurement("StockOuts") in counted) is out
    assert Measurement("ReorderPointsCrossed") in counted


def test_image_is_counted_by_its_result_and_a_rejected_one_is_compensated() -> None:
    assert measured("ImageReady", IMAGE) == [Measurement("Images", dimensions={"result": "ready"})]
    compensated = Measurement("Compensations", dimensions={"workflow": "ImageIngest"})
    assert compensated in measured("ImageRejected", IMAGE)


@pytest.mark.parametrize(
    "event",
    [envelope("OrderShipped", {}), envelope("OrderPaid", {}), {"detail-type": "OrderPaid", "detail": PAID}],
)
def test_malformed_event_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        measurements(event)


def test_metrics_are_written_in_the_embedded_format_without_ids(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Tillflow")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "metrics")
    for kind, detail in DETAILS.items():
        record_metrics(envelope(kind, detail), SimpleNamespace(aws_request_id="request-1"))
    written = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    named = {metric["Name"] for line in written for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    assert {"OrdersPaid", "Revenue", "OrdersRejected", "StockOuts", "Images"} <= named
    dimensions = {name for line in written for name in line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]}
    assert dimensions == {"service", "currency", "reason", "workflow", "result"}
    text = json.dumps(written)
    assert not any(value in text for value in ("ord-7", "cus-7", "img-1", "ret-1", "Ann Example", "COF"))


def test_rule_sends_exactly_the_events_that_the_function_measures() -> None:
    sent = resources()["MetricsRule"]["Properties"]["EventPattern"]["detail-type"]
    kinds = Envelope.model_fields["detail_type"].annotation
    assert set(sent) == set(DETAILS) == set(kinds.__args__)  # type: ignore[union-attr]


def test_dashboard_shows_every_metric_that_an_event_measures() -> None:
    produced = {each.metric for kind, detail in DETAILS.items() for each in measured(kind, detail)}
    assert produced == {name for name in shown() if "Case" not in name}


def shown() -> Iterator[str]:
    """Yield the names of the stack's own metrics on the business dashboard."""
    body = monitoring()["Resources"]["BusinessDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"][0]
    for widget in json.loads(body)["widgets"]:
        for metric in widget["properties"]["metrics"]:
            match metric:
                case ["${Deployment}", str(name), "service", "metrics", *_]:
                    yield name
                case [{"expression": str(expression)}]:
                    assert ",service}" in expression
                    yield expression.split('MetricName="')[1].split('"')[0]
