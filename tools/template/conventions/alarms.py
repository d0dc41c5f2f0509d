"""Alarms for every queue, function, workflow, table and stream of the template, each with a section of the runbook.

A stack has at most 500 resources and an alarm at most ten metrics: up to ten functions, or five tables, share an alarm.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from tools.template.conventions import deployments
from tools.template.conventions.model import (
    FUNCTION,
    QUEUE,
    STATE_MACHINE,
    TABLE,
    Resource,
    Resources,
    kind_of,
    ref,
    sub,
)

RUNBOOK = "docs/runbook.md"
_METRICS_OF_AN_ALARM = 10
_DEFAULT_TIMEOUT = 10
_ERRORS = 20
_AGE_SECONDS = 900
_ITERATOR_AGE_MILLISECONDS = 60_000
_REFUSALS = 20
_UNEXPECTED = ("ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled")


def alarms(resources: Resources) -> Resources:
    """Return the alarms of all deployed resources that no deployment refers to."""
    return dict(pair for make in (_queues, _functions, _streams, _tables) for pair in make(resources))


def rollback_alarms(resources: Resources) -> Resources:
    """Return the alarms that end a gradual deployment: those of workflows and of functions of a sale."""
    return dict(pair for make in (_workflows, _sales) for pair in make(resources))


def _queues(resources: Resources) -> Iterator[tuple[str, Resource]]:
    for name in _of_kind(resources, QUEUE):
        dimension = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}]
        if name.endswith("DeadLetterQueue"):
            metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible", dimension, "Maximum")
            text = f"{_words(name.removesuffix('Queue'))} wait to be redriven"
            yield f"{name}Alarm", _single(text, "dead-letters", metric, 1, 1)
        else:
            metric = ("AWS/SQS", "ApproximateAgeOfOldestMessage", dimension, "Maximum")
            text = f"The oldest message of {_words(name)} is over {_AGE_SECONDS} s old"
            yield f"{name}AgeAlarm", _single(text, "queue-age", metric, _AGE_SECONDS, 3)


def _functions(resources: Resources) -> Iterator[tuple[str, Resource]]:
    for number, part in enumerate(_parts(_of_kind(resources, FUNCTION), _METRICS_OF_AN_ALARM), start=1):
        services = {resources[name]["Properties"]["Handler"].split(".")[0] for name in part}
        title = f"Functions of {', '.join(sorted(services))}"
        yield (
            f"FunctionErrors{number}Alarm",
            _combined(f"{title}: {_ERRORS} errors in 5 minutes", "function-errors", part, "Errors", _ERRORS),
        )
        yield (
            f"FunctionThrottles{number}Alarm",
            _combined(f"{title} are throttled", "function-throttles", part, "Throttles", 1),
        )
        yield f"FunctionDuration{number}Alarm", _duration(title, part, resources)


def _sales(resources: Resources) -> Iterator[tuple[str, Resource]]:
    """Yield the alarms that end a gradual deployment. Theirs are functions that refer to no workflow.

    The alarms of all functions cannot: functions of the HTTP API refer to workflows, and these to what is deployed.
    """
    sale = sorted(
        name
        for name in _of_kind(resources, FUNCTION)
        if "DeploymentPreference" in resources[name]["Properties"]
    )
    for alarm, part in deployments.sale_alarms(sale).items():
        text = f"Functions of a sale: {_ERRORS} errors in 5 minutes"
        yield alarm, _combined(text, "function-errors", part, "Errors", _ERRORS)


def _streams(resources: Resources) -> Iterator[tuple[str, Resource]]:
    for name in _of_kind(resources, FUNCTION):
        events = resources[name]["Properties"].get("Events", {}).values()
        if any(event["Type"] == "DynamoDB" for event in events):
            metric = ("AWS/Lambda", "IteratorAge", [_function_dimension(name)], "Maximum")
            text = f"{_words(name)} is over {_ITERATOR_AGE_MILLISECONDS // 1000} s behind its stream"
            yield (
                f"{name}IteratorAgeAlarm",
                _single(text, "stream-age", metric, _ITERATOR_AGE_MILLISECONDS, 3),
            )


def _workflows(resources: Resources) -> Iterator[tuple[str, Resource]]:
    for name in _of_kind(resources, STATE_MACHINE):
        # A workflow that refuses requests fails its execution: only many failures are unusual, and count for less.
        refuses = resources[name].get("Metadata", {}).get("RefusesRequests", False)
        divisor = f" / {_REFUSALS}" if refuses else ""
        dimensions = [{"Name": "StateMachineArn", "Value": ref(name)}]
        metrics = [
            _metric(f"m{number}", "AWS/States", metric, dimensions, "Sum")
            for number, metric in enumerate(("ExecutionsFailed", *_UNEXPECTED))
        ]
        expression = " + ".join(
            [f"FILL(m0, 0){divisor}", *(f"FILL({metric['Id']}, 0)" for metric in metrics[1:])]
        )
        failed = f"{_REFUSALS} failed" if refuses else "failed"
        text = f"{_words(name)}: executions {failed}, timed out, were aborted or throttled"
        yield (
            f"{name}Alarm",
            _alarm(text, "failed-workflow", 1, 1, Metrics=[_result(expression, "failures"), *metrics]),
        )


def _tables(resources: Resources) -> Iterator[tuple[str, Resource]]:
    parts = _parts(_of_kind(resources, TABLE), _METRICS_OF_AN_ALARM // 2)
    for number, part in enumerate(parts, start=1):
        metrics = [
            _metric(f"m{table}{metric[0].lower()}", "AWS/DynamoDB", metric, [_table_dimension(name)], "Sum")
            for table, name in enumerate(part)
            for metric in ("ReadThrottleEvents", "WriteThrottleEvents")
        ]
        text = f"Requests are throttled by one of {', '.join(_words(name) for name in part)}"
        yield (
            f"TableThrottles{number}Alarm",
            _alarm(text, "table-throttles", 10, 2, Metrics=[_sum(metrics), *metrics]),
        )


def _duration(title: str, functions: list[str], resources: Resources) -> Resource:
    metrics = [
        _metric(f"m{number}", "AWS/Lambda", "Duration", [_function_dimension(name)], "p99")
        for number, name in enumerate(functions)
    ]
    shares = [
        f"m{number} / {10 * resources[name]['Properties'].get('Timeout', _DEFAULT_TIMEOUT)}"
        for number, name in enumerate(functions)
    ]
    expression = shares[0] if len(shares) == 1 else f"MAX([{', '.join(shares)}])"
    percent = {
        "Id": "result",
        "Expression": expression,
        "Label": "percent of the timeout",
        "ReturnData": True,
    }
    return _alarm(
        f"{title}: p99 duration over 80 % of the timeout",
        "function-duration",
        80,
        3,
        Metrics=[percent, *metrics],
    )


def _combined(text: str, anchor: str, functions: list[str], metric: str, threshold: int) -> Resource:
    metrics = [
        _metric(f"m{number}", "AWS/Lambda", metric, [_function_dimension(name)], "Sum")
        for number, name in enumerate(functions)
    ]
    return _alarm(text, anchor, threshold, 1, Metrics=[_sum(metrics), *metrics])


def _sum(metrics: Iterable[dict[str, Any]]) -> dict[str, Any]:
    # A metric without data points counts as 0.
    return _result(" + ".join(f"FILL({metric['Id']}, 0)" for metric in metrics), "sum")


def _result(expression: str, label: str) -> dict[str, Any]:
    return {"Id": "result", "Expression": expression, "Label": label, "ReturnData": True}


def _metric(
    name: str, namespace: str, metric: str, dimensions: list[dict[str, Any]], statistic: str
) -> dict[str, Any]:
    return {
        "Id": name,
        "ReturnData": False,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            "Period": 300,
            "Stat": statistic,
        },
    }


def _single(
    text: str, anchor: str, metric: tuple[str, str, list[dict[str, Any]], str], threshold: int, periods: int
) -> Resource:
    namespace, name, dimensions, statistic = metric
    return _alarm(
        text,
        anchor,
        threshold,
        periods,
        Namespace=namespace,
        MetricName=name,
        Dimensions=dimensions,
        Statistic=statistic,
        Period=300,
    )


def _alarm(text: str, anchor: str, threshold: int, periods: int, **metric: Any) -> Resource:
    # The local AWS has no metric math.
    condition = {"Condition": "OnAws"} if "Metrics" in metric else {}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        **condition,
        "Properties": {
            "AlarmDescription": sub(f"${{AWS::StackName}} - {text} - {RUNBOOK}#{anchor}"),
            **metric,
            "EvaluationPeriods": periods,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [ref("OperatorAlerts")],
        },
    }


def _function_dimension(name: str) -> dict[str, Any]:
    return {"Name": "FunctionName", "Value": ref(name)}


def _table_dimension(name: str) -> dict[str, Any]:
    return {"Name": "TableName", "Value": ref(name)}


def _parts(names: list[str], size: int) -> list[list[str]]:
    return [names[start : start + size] for start in range(0, len(names), size)]


def _of_kind(resources: Resources, kind: str) -> list[str]:
    return [name for name, resource in resources.items() if kind_of(resource) == kind]


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
