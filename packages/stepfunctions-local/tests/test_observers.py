"""Observers: AWS/States metrics and status change events.

Sources: the developer guide's pages "Monitoring Step Functions metrics using CloudWatch" and "Automating event
delivery".
"""

import json
from collections.abc import Callable

import pytest

from stepfunctions_local.observers.metrics import MetricDelivery
from stepfunctions_local.observers.status_events import StatusEventDelivery
from stepfunctions_local.services import ServiceError
from stepfunctions_local.testing import ROLE, FakeServices, VirtualEngine

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:work"
ACTIVITY = "arn:aws:states:us-east-1:000000000000:activity:pack"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
FAIL = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Bad", "Cause": "so"}}}


def task(resource: str, **state: object) -> dict:
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": resource, "End": True, **state}}}


class Recorder:
    """An engine's CloudWatch and event bus, recorded in lists."""

    def __init__(self, work: Callable[[object], object] | None = None):
        self.data: list[dict] = []
        self.entries: list[dict] = []
        calls = {"cloudwatch:PutMetricData": self._metrics, "events:PutEvents": self._events}
        self.engine = VirtualEngine(FakeServices({"work": work} if work else {}, calls))
        self.engine.engine.observers += [
            MetricDelivery(self.engine.engine),
            StatusEventDelivery(self.engine.engine),
        ]

    def _metrics(self, params: dict) -> dict:
        assert params["Namespace"] == "AWS/States"
        self.data += params["MetricData"]
        return {}

    def _events(self, params: dict) -> dict:
        self.entries += params["Entries"]
        return {"Entries": [{"EventId": "e"} for _ in params["Entries"]]}

    def sums(self, **dimensions: str) -> dict[str, float]:
        """Return the sum of every metric with exactly these dimensions."""
        self.engine.pass_time(2)
        found: dict[str, float] = {}
        for datum in self.data:
            if {d["Name"]: d["Value"] for d in datum["Dimensions"]} == dimensions:
                values = datum["StatisticValues"]
                found[datum["MetricName"]] = found.get(datum["MetricName"], 0) + values["Sum"]
        return found


@pytest.fixture
def recorder():
    watched = Recorder()
    yield watched
    watched.engine.close()


def test_execution_metrics_have_machine_and_account_dimensions(recorder: Recorder) -> None:
    machine = recorder.engine.create(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": True}}}
    )
    for _ in range(2):
        recorder.engine.finish(recorder.engine.start(machine))
    expected = {"ExecutionsStarted": 2, "ExecutionsSucceeded": 2, "ExecutionTime": 6000}
    assert recorder.sums(StateMachineArn=machine) == expected
    assert recorder.sums() == expected
    times = [datum for datum in recorder.data if datum["MetricName"] == "ExecutionTime"]
    assert {datum["Unit"] for datum in times} == {"Milliseconds"}


def test_values_of_one_period_are_one_datum(recorder: Recorder) -> None:
    machine = recorder.engine.create(PASS)
    for _ in range(5):
        recorder.engine.start(machine)
    recorder.sums()
    started = [
        datum["StatisticValues"]
        for datum in recorder.data
        if datum["MetricName"] == "ExecutionsStarted" and datum["Dimensions"]
    ]
    assert started == [{"SampleCount": 5, "Sum": 5, "Minimum": 1, "Maximum": 1}]


def test_versions_and_aliases_have_own_metrics(recorder: Recorder) -> None:
    machine = recorder.engine.create(PASS)
    version = recorder.engine.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    route = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = recorder.engine.create_state_machine_alias(name="live", routingConfiguration=route)
    recorder.engine.start(alias["stateMachineAliasArn"])
    assert recorder.sums(StateMachineArn=machine, Alias="live")["ExecutionsSucceeded"] == 1
    assert recorder.sums(StateMachineArn=machine, Version="1")["ExecutionsSucceeded"] == 1


def test_redriven_executions_have_both_metrics(recorder: Recorder) -> None:
    machine = recorder.engine.create(FAIL)
    recorder.engine.redrive_execution(executionArn=recorder.engine.start(machine))
    counted = recorder.sums(StateMachineArn=machine)
    assert (counted["ExecutionsStarted"], counted["ExecutionsRedriven"]) == (1, 1)
    assert (counted["ExecutionsFailed"], counted["RedrivenExecutionsFailed"]) == (2, 1)


def test_express_executions_have_billing_metrics(recorder: Recorder) -> None:
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    machine = recorder.engine.create(waiting, kind="EXPRESS")
    recorder.engine.start(machine)
    billed = recorder.sums(StateMachineArn=machine)
    assert (billed["ExpressExecutionBilledDuration"], billed["ExpressExecutionBilledMemory"]) == (1100, 64)


def test_function_and_service_tasks_have_own_metrics() -> None:
    recorder = Recorder(lambda given: given)
    recorder.engine.run(task(FUNCTION))
    recorder.engine.run(task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "work"}))
    recorder.engine.run(
        task("arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "q", "MessageBody": "m"})
    )
    function = recorder.sums(LambdaFunctionArn=FUNCTION)
    invoked = recorder.sums(ServiceIntegrationResourceArn="arn:aws:states:::lambda:invoke")
    unsent = recorder.sums(ServiceIntegrationResourceArn="arn:aws:states:::sqs:sendMessage")
    recorder.engine.close()
    counts = {"LambdaFunctionsScheduled": 1, "LambdaFunctionsStarted": 1, "LambdaFunctionsSucceeded": 1}
    assert {name: function[name] for name in counts} == counts
    assert {"LambdaFunctionTime", "LambdaFunctionRunTime", "LambdaFunctionScheduleTime"} <= set(function)
    assert invoked["ServiceIntegrationsSucceeded"] == 1
    assert (unsent["ServiceIntegrationsFailed"], "ServiceIntegrationsSucceeded" in unsent) == (1, False)


def test_activity_metrics_distinguish_heartbeat_timeouts(recorder: Recorder) -> None:
    recorder.engine.create_activity(name="pack")
    limits = {"TimeoutSeconds": 100, "HeartbeatSeconds": 10}
    beating = recorder.engine.start(recorder.engine.create(task(ACTIVITY, **limits)))
    recorder.engine.pass_time(4)
    recorder.engine.get_activity_task(activityArn=ACTIVITY, workerName="w")
    recorder.engine.finish(beating)
    recorder.engine.finish(recorder.engine.start(recorder.engine.create(task(ACTIVITY, TimeoutSeconds=5))))
    assert recorder.sums(ActivityArn=ACTIVITY) == {
        "ActivitiesScheduled": 2,
        "ActivitiesStarted": 1,
        "ActivitiesHeartbeatTimedOut": 1,
        "ActivitiesTimedOut": 1,
        "ActivityScheduleTime": 4000,
        "ActivityRunTime": 6000,
        "ActivityTime": 15000,
    }


def test_failing_cloudwatch_does_not_stop_executions() -> None:
    def refuse(params: dict) -> dict:
        raise ServiceError("cloudwatch", "PutMetricData", "InvalidParameterValue", "AWS/ is reserved")

    with VirtualEngine(FakeServices(calls={"cloudwatch:PutMetricData": refuse})) as engine:
        engine.engine.observers.append(MetricDelivery(engine.engine))
        assert engine.run(PASS).status == "SUCCEEDED"
        engine.pass_time(2)
        assert engine.run(PASS).status == "SUCCEEDED"


def test_status_events_are_published_for_standard_executions(recorder: Recorder) -> None:
    arn = recorder.engine.start(recorder.engine.create(FAIL), {"a": 1})
    recorder.engine.start(recorder.engine.create(PASS, kind="EXPRESS"))
    recorder.engine.pass_time(1)
    details = [json.loads(entry["Detail"]) for entry in recorder.entries]
    assert [detail["status"] for detail in details] == ["RUNNING", "FAILED"]
    assert {(entry["Source"], entry["DetailType"]) for entry in recorder.entries} == {
        ("aws.states", "Step Functions Execution Status Change")
    }
    assert [entry["Resources"] for entry in recorder.entries] == [[arn], [arn]]
    assert (details[0]["input"], details[0]["output"], details[0]["stopDate"]) == ('{"a": 1}', None, None)
    assert details[0]["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    ended = details[1]
    assert (ended["error"], ended["cause"], ended["redriveStatus"]) == ("Bad", "so", "REDRIVABLE")
    assert ended["redriveStatusReason"] is None
    assert ended["stopDate"] >= ended["startDate"] > 1_700_000_000_000


def test_status_event_of_full_history_is_not_redrivable(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stepfunctions_local.descriptions.MAX_EVENTS", 4)
    recorder.engine.start(recorder.engine.create(FAIL))
    recorder.engine.pass_time(1)
    ended = json.loads(recorder.entries[-1]["Detail"])
    assert (ended["redriveStatus"], ended["redriveStatusReason"]) == (
        "NOT_REDRIVABLE",
        "Execution history event limit exceeded",
    )


def test_large_payloads_are_omitted_from_status_events(recorder: Recorder) -> None:
    recorder.engine.start(recorder.engine.create(PASS), "x" * 200_000)
    recorder.engine.pass_time(1)
    started, ended = (json.loads(entry["Detail"]) for entry in recorder.entries)
    assert started["inputDetails"] == {"included": True}
    assert (ended["input"], ended["output"], ended["outputDetails"]) == (None, None, {"included": False})


def test_rejecting_event_bus_is_called_once() -> None:
    asked = []

    def refuse(params: dict) -> dict:
        asked.append(params)
        return {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException"}]}

    with VirtualEngine(FakeServices(calls={"events:PutEvents": refuse})) as engine:
        engine.engine.observers.append(StatusEventDelivery(engine.engine))
        machine = engine.call("CreateStateMachine", name="m", definition=json.dumps(PASS), roleArn=ROLE)
        for _ in range(3):
            engine.finish(engine.start(machine["stateMachineArn"]))
            engine.pass_time(1)
    assert len(asked) == 1
