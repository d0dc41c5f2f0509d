"""Dashboards of everything in the template: the business, its workflows, and the platform they run on."""

import json
from collections.abc import Iterator
from typing import Any

from tools.template.conventions.model import (
    FUNCTION,
    QUEUE,
    SALE,
    STATE_MACHINE,
    TABLE,
    Resource,
    Resources,
    kind_of,
    ref,
)

type Metrics = list[list[Any]]

_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
_ENDS = ("ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")


REORDERED = "PurchaseOrder"
# Metrics of functions/metrics and functions/cases. Powertools adds the dimension `service` to each.
_BY_EVENTS = ("service", "metrics")
_MEASURED = {
    "Orders": ("OrdersPaid", "OrdersCancelled", "OrdersReturned"),
    "Units sold": ("UnitsSold",),
    "Stock": ("ReorderPointsCrossed", "StockOuts"),
    "Reconciliation of payments": ("PaymentsCompared", "PaymentsUnsettled", "PaymentDifferences"),
}
_MEASURED_BY = {
    "Revenue, net, in minor units": ("Revenue", "currency", "Sum"),
    "Refunds, in minor units": ("Refunded", "currency", "Sum"),
    "Rejected orders by reason": ("OrdersRejected", "reason", "Sum"),
    "Compensations": ("Compensations", "workflow", "Sum"),
    "Images": ("Images", "result", "Sum"),
    "Cases opened by step": ("CasesOpenedByStep", "workflow,step", "Sum"),
    "Age of decided cases, in s": ("CaseAge", "workflow", "Maximum"),
}


def dashboards(resources: Resources) -> Resources:
    """Return the three dashboards. Names of resources are variables of Fn::Sub in the body."""
    if SALE not in resources:
        return {}
    made = {
        "Business": _business(resources),
        "Workflows": _workflows(resources),
        "Platform": _platform(resources),
    }
    return {
        f"{title}Dashboard": _dashboard(title, list(widgets), resources) for title, widgets in made.items()
    }


def _business(resources: Resources) -> Iterator[dict[str, Any]]:
    for name in _of_kind(resources, STATE_MACHINE):
        yield _widget(f"{name}: ended", [["AWS/States", metric, *_machine(name)] for metric in _ENDS])
    for title, names in _MEASURED.items():
        yield _widget(title, [["${Deployment}", name, *_BY_EVENTS] for name in names])
    for title, (name, dimension, stat) in _MEASURED_BY.items():
        yield _widget(title, [_search(name, dimension, stat)])
    latency = [["${Deployment}", "OrderLatency", *_BY_EVENTS, {"stat": stat}] for stat in ("p50", "p99")]
    yield _widget("From an order to its payment, in ms", latency)
    if REORDERED in resources:
        yield _widget("Purchase orders", [["AWS/States", "ExecutionsStarted", *_machine(REORDERED)]])
    yield _widget("Cases opened", [["${Deployment}", "CasesOpened", "service", "cases"]])


def _workflows(resources: Resources) -> Iterator[dict[str, Any]]:
    for name in _of_kind(resources, STATE_MACHINE):
        times = [["AWS/States", "ExecutionTime", *_machine(name), {"stat": stat}] for stat in ("p50", "p99")]
        yield _widget(f"{name}: duration in ms", times)
        started = [
            ["AWS/States", metric, *_machine(name)] for metric in ("ExecutionsStarted", "ExecutionThrottled")
        ]
        yield _widget(f"{name}: started", started)


def _platform(resources: Resources) -> Iterator[dict[str, Any]]:
    services: dict[str, list[str]] = {}
    for name in _of_kind(resources, FUNCTION):
        services.setdefault(resources[name]["Properties"]["Handler"].split(".")[0], []).append(name)
    for service, functions in services.items():
        for metric, stat in (
            ("Invocations", "Sum"),
            ("Errors", "Sum"),
            ("Throttles", "Sum"),
            ("Duration", "p99"),
        ):
            metrics = [
                ["AWS/Lambda", metric, "FunctionName", f"${{{name}}}", {"stat": stat, "label": name}]
                for name in functions
            ]
            yield _widget(f"Functions of {service}: {metric} ({stat})", metrics)
    for name in _of_kind(resources, TABLE):
        capacity = (
            "ConsumedReadCapacityUnits",
            "ConsumedWriteCapacityUnits",
            "ReadThrottleEvents",
            "WriteThrottleEvents",
        )
        yield _widget(name, [["AWS/DynamoDB", metric, "TableName", f"${{{name}}}"] for metric in capacity])
    for name in _of_kind(resources, QUEUE):
        waiting = ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
        metrics = [
            ["AWS/SQS", metric, "QueueName", f"${{{name}}}", {"stat": "Maximum"}] for metric in waiting
        ]
        yield _widget(name, metrics)


def _dashboard(title: str, widgets: list[dict[str, Any]], resources: Resources) -> Resource:
    placed = [
        {
            **widget,
            "x": _WIDTH * (number % _COLUMNS),
            "y": _HEIGHT * (number // _COLUMNS),
            "width": _WIDTH,
            "height": _HEIGHT,
        }
        for number, widget in enumerate(widgets)
    ]
    body = json.dumps({"widgets": placed})
    names = {
        name: {"Fn::GetAtt": [name, "QueueName"]} if kind_of(resource) == QUEUE else ref(name)
        for name, resource in resources.items()
        if f"${{{name}}}" in body
    }
    return {
        "Type": "AWS::CloudWatch::Dashboard",
        "Condition": "OnAws",
        "Properties": {
            # Names of dashboards are unique in an account, whose regions share them.
            "DashboardName": {"Fn::Sub": f"${{AWS::StackName}}-${{AWS::Region}}-{title.lower()}"},
            "DashboardBody": {"Fn::Sub": [body, names]},
        },
    }


def _widget(title: str, metrics: Metrics) -> dict[str, Any]:
    properties = {
        "title": title,
        "metrics": metrics,
        "region": "${AWS::Region}",
        "stat": "Sum",
        "period": 300,
    }
    return {"type": "metric", "properties": properties}


def _search(metric: str, dimensions: str, stat: str) -> list[Any]:
    """Return a metric by each value of its dimensions."""
    expression = (
        f"SEARCH('{{\"${{Deployment}}\",{dimensions},service}} MetricName=\"{metric}\"', '{stat}', 300)"
    )
    return [{"expression": expression}]


def _machine(name: str) -> list[str]:
    return ["StateMachineArn", f"${{{name}}}"]


def _of_kind(resources: Resources, kind: str) -> list[str]:
    return [name for name, resource in resources.items() if kind_of(resource) == kind]
