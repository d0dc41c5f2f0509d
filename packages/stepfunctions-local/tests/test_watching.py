"""What the world is told of executions: AWS/States metrics and status-change events.

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


class Watch:
    """An engine's CloudWatch and event bus, as lists."""

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
        """The sum of every metric that has exactly these dimensions."""
        self.engine.pass_time(2)
        found: dict[str, float] = {}
        for datum in self.data:
            if {d["Name"]: d["Value"] for d in datum["Dimensions"]} == dimensions:
                values = datum["StatisticValues"]
                found[datum["MetricName"]] = found.get(datum["MetricName"], 0) + values["Sum"]
        return found


@pytest.fixture
def watch():
    watched = Watch()
    yield watched
    watched.engine.close()


def test_executions_are_counted_and_timed_by_machine_and_for_the_account(watch: Watch) -> None:
    machine = watch.engine.create(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3, "End": True}}}
    )
    for _ in range(2):
        watch.engine.finish(watch.engine.start(machine))
    told = {"ExecutionsStarted": 2, "ExecutionsSucceeded": 2, "ExecutionTime": 6000}
    assert watch.sums(StateMachineArn=machine) == told
    assert watch.sums() == told
    times = [datum for datum in watch.data if datum["MetricName"] == "ExecutionTime"]
    assert {datum["Unit"] for datum in times} == {"Milliseconds"}


def test_what_happens_together_is_one_datum(watch: Watch) -> None:
    machine = watch.engine.create(PASS)
    for _ in range(5):
        watch.engine.start(machine)
    watch.sums()
    started = [
        datum["StatisticValues"]
        for datum in watch.data
        if datum["MetricName"] == "ExecutionsStarted" and datum["Dimensions"]
    ]
    assert started == [{"SampleCount": 5, "Sum": 5, "Minimum": 1, "Maximum": 1}]


def test_executions_of_versions_and_aliases_are_counted_apart(watch: Watch) -> None:
    machine = watch.engine.create(PASS)
    version = watch.engine.publish_state_machine_version(stateMachineArn=machine)["stateMachineVersionArn"]
    route = [{"stateMachineVersionArn": version, "weight": 100}]
    alias = watch.engine.create_state_machine_alias(name="live", routingConfiguration=route)
    watch.engine.start(alias["stateMachineAliasArn"])
    assert watch.sums(StateMachineArn=machine, Alias="live")["ExecutionsSucceeded"] == 1
    assert watch.sums(StateMachineArn=machine, Version="1")["ExecutionsSucceeded"] == 1


def test_redriven_executions_are_counted_in_both_ways(watch: Watch) -> None:
    machine = watch.engine.create(FAIL)
    watch.engine.redrive_execution(executionArn=watch.engine.start(machine))
    counted = watch.sums(StateMachineArn=machine)
    assert (counted["ExecutionsStarted"], counted["ExecutionsRedriven"]) == (1, 1)
    assert (counted["ExecutionsFailed"], counted["RedrivenExecutionsFailed"]) == (2, 1)


def test_express_executions_are_billed(watch: Watch) -> None:
    waiting = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}
    machine = watch.engine.create(waiting, kind="EXPRESS")
    watch.engine.start(machine)
    billed = watch.sums(StateMachineArn=machine)
    assert (billed["ExpressExecutionBilledDuration"], billed["ExpressExecutionBilledMemory"]) == (1100, 64)


def test_functions_and_service_integrations_are_told_apart() -> None:
    watch = Watch(lambda given: given)
    watch.engine.run(task(FUNCTION))
    watch.engine.run(task("arn:aws:states:::lambda:invoke", Parameters={"FunctionName": "work"}))
    watch.engine.run(
        task("arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl": "q", "MessageBody": "m"})
    )
    function = watch.sums(LambdaFunctionArn=FUNCTION)
    invoked = watch.sums(ServiceIntegrationResourceArn="arn:aws:states:::lambda:invoke")
    unsent = watch.sums(ServiceIntegrationResourceArn="arn:aws:states:::sqs:sendMessage")
    watch.engine.close()
    counts = {"LambdaFunctionsScheduled": 1, "LambdaFunctionsStarted": 1, "LambdaFunctionsSucceeded": 1}
    assert {name: function[name] for name in counts} == counts
    assert {"LambdaFunctionTime", "LambdaFunctionRunTime", "LambdaFunctionScheduleTime"} <= set(function)
    assert invoked["ServiceIntegrationsSucceeded"] == 1
    assert (unsent["ServiceIntegrationsFailed"], "ServiceIntegrationsSucceeded" in unsent) == (1, False)


def test_activities_tell_a_missed_heartbeat_from_a_time_out(watch: Watch) -> None:
    watch.engine.create_activity(name="pack")
    limits = {"TimeoutSeconds": 100, "HeartbeatSeconds": 10}
    beating = watch.engine.start(watch.engine.create(task(ACTIVITY, **limits)))
    watch.engine.pass_time(4)
    watch.engine.get_activity_task(activityArn=ACTIVITY, workerName="w")
    watch.engine.finish(beating)
    watch.engine.finish(watch.engine.start(watch.engine.create(task(ACTIVITY, TimeoutSeconds=5))))
    assert watch.sums(ActivityArn=ACTIVITY) == {
        "ActivitiesScheduled": 2,
        "ActivitiesStarted": 1,
        "ActivitiesHeartbeatTimedOut": 1,
        "ActivitiesTimedOut": 1,
        "ActivityScheduleTime": 4000,
        "ActivityRunTime": 6000,
        "ActivityTime": 15000,
    }


def test_a_cloudwatch_that_refuses_stops_nothing() -> None:
    def refuse(params: dict) -> dict:
        raise ServiceError("cloudwatch", "PutMetricData", "InvalidParameterValue", "AWS/ is reserved")

    with VirtualEngine(FakeServices(calls={"cloudwatch:PutMetricData": refuse})) as engine:
        engine.engine.observers.append(MetricDelivery(engine.engine))
        assert engine.run(PASS).status == "SUCCEEDED"
        engine.pass_time(2)
        assert engine.run(PASS).status == "SUCCEEDED"


def test_status_changes_are_events_of_standard_executions(watch: Watch) -> None:
    arn = watch.engine.start(watch.engine.create(FAIL), {"a": 1})
    watch.engine.start(watch.engine.create(PASS, kind="EXPRESS"))
    watch.engine.pass_time(1)
    details = [json.loads(entry["Detail"]) for entry in watch.entries]
    assert [detail["status"] for detail in details] == ["RUNNING", "FAILED"]
    assert {(entry["Source"], entry["DetailType"]) for entry in watch.entries} == {
        ("aws.states", "Step Functions Execution Status Change")
    }
    assert [entry["Resources"] for entry in watch.entries] == [[arn], [arn]]
    assert (details[0]["input"], details[0]["output"], details[0]["stopDate"]) == ('{"a": 1}', None, None)
    assert details[0]["redriveStatusReason"] == "Execution is RUNNING and cannot be redriven"
    ended = details[1]
    assert (ended["error"], ended["cause"], ended["redriveStatus"]) == ("Bad", "so", "REDRIVABLE")
    assert ended["redriveStatusReason"] is None
    assert ended["stopDate"] >= ended["startDate"] > 1_700_000_000_000


def test_payloads_that_do_not_fit_an_event_are_left_out(watch: Watch) -> None:
    watch.engine.start(watch.engine.create(PASS), "x" * 200_000)
    watch.engine.pass_time(1)
    started, ended = (json.loads(entry["Detail"]) for entry in watch.entries)
    assert started["inputDetails"] == {"included": True}
    assert (ended["input"], ended["output"], ended["outputDetails"]) == (None, None, {"included": False})


def test_a_bus_that_takes_no_events_of_aws_is_asked_once() -> None:
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
