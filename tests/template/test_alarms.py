"""Alarms of the deployed template: one for everything that can fail, each with a section of the runbook."""

import re
from typing import Any

import pytest

from tests.template.deployed import ROOT, alarms, monitoring, of_type, references, resources

ALARMS = alarms()
MOST_PARAMETERS = 200


def watched(metric: str) -> set[str]:
    """Return the logical ids that alarms on a metric refer to."""
    found: set[str] = set()
    for resource in ALARMS.values():
        properties: dict[str, Any] = resource["Properties"]
        stats = [
            entry["MetricStat"]["Metric"] for entry in properties.get("Metrics", ()) if "MetricStat" in entry
        ]
        for stat in [*stats, properties]:
            if stat.get("MetricName") == metric:
                found |= references(stat["Dimensions"])
    return found


def test_failed_requests_of_the_http_api_raise_an_alarm() -> None:
    """A permission that a function lacks is such a failure: a problem with status 500."""
    assert watched("5xx") == {"HttpApi"}


@pytest.mark.parametrize(
    ("kind", "metrics"),
    [
        ("AWS::Lambda::Function", ("Errors", "Throttles", "Duration")),
        (
            "AWS::StepFunctions::StateMachine",
            ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"),
        ),
        ("AWS::DynamoDB::Table", ("ReadThrottleEvents", "WriteThrottleEvents")),
    ],
)
def test_every_resource_has_alarms_on_its_metrics(kind: str, metrics: tuple[str, ...]) -> None:
    for metric in metrics:
        assert set(of_type(kind)) <= watched(metric), metric


def test_every_dead_letter_queue_has_an_alarm_on_its_messages() -> None:
    dead_letters = {name for name in of_type("AWS::SQS::Queue") if name.endswith("DeadLetterQueue")}
    assert dead_letters == watched("ApproximateNumberOfMessagesVisible")


def test_every_other_queue_has_an_alarm_on_the_age_of_its_messages() -> None:
    queues = {name for name in of_type("AWS::SQS::Queue") if not name.endswith("DeadLetterQueue")}
    assert queues == watched("ApproximateAgeOfOldestMessage")


def test_every_reader_of_a_stream_has_an_alarm_on_its_delay() -> None:
    readers = {
        re.sub(r"Alias\w+$", "", next(iter(references(mapping["Properties"]["FunctionName"]))))
        for mapping in resources("AWS::Lambda::EventSourceMapping").values()
        if "DestinationConfig" in mapping["Properties"]
    }
    assert readers and readers <= watched("IteratorAge")


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_notifies_operators_and_names_a_section_of_the_runbook(name: str) -> None:
    properties = ALARMS[name]["Properties"]
    assert properties["AlarmActions"] == [{"Ref": "OperatorAlerts"}]
    text = properties["AlarmDescription"]
    match = re.search(r"docs/runbook\.md#([\w-]+)$", text["Fn::Sub"] if isinstance(text, dict) else text)
    assert match, text
    assert f'<a id="{match[1]}"></a>' in (ROOT / "docs" / "runbook.md").read_text()


def test_nested_stack_gets_the_name_of_each_resource_that_it_watches() -> None:
    stack, nested = resources()["Monitoring"]["Properties"]["Parameters"], monitoring()
    assert stack.keys() == nested["Parameters"].keys()
    assert len(stack) <= MOST_PARAMETERS
    assert references(nested["Resources"]) - {"AWS::Region"} <= stack.keys()
    for name, value in stack.items():
        if name not in ("Stage", "Deployment"):
            assert references(value) == {name}
    assert {name for name, value in stack.items() if "Fn::GetAtt" in value} == set(of_type("AWS::SQS::Queue"))


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_uses_at_most_ten_metrics(name: str) -> None:
    metrics = ALARMS[name]["Properties"].get("Metrics", ())
    assert sum("MetricStat" in entry for entry in metrics) <= 10
    assert sum(entry.get("ReturnData", True) for entry in metrics) == (1 if metrics else 0)
