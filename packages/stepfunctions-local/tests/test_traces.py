"""X-Ray segments of executions with tracing."""

import json

import pytest

from stepfunctions_local.observers.traces import TraceDelivery
from stepfunctions_local.services import ServiceError
from stepfunctions_local.testing import FakeServices, VirtualEngine

WAIT = {"Type": "Wait", "Seconds": 2, "End": True}
BRANCHES = {
    "StartAt": "P",
    "States": {
        "P": {
            "Type": "Parallel",
            "Branches": [{"StartAt": "W", "States": {"W": WAIT}}, {"StartAt": "V", "States": {"V": WAIT}}],
            "Next": "Z",
        },
        "Z": {"Type": "Pass", "End": True},
    },
}
FAILS = {
    "StartAt": "T",
    "States": {
        "T": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "f"},
            "End": True,
        }
    },
}


class Traced:
    """An engine with trace delivery, and the documents it sent."""

    def __init__(self, definition: dict, *, enabled: bool = True, fails: bool = False):
        self.documents: list[dict] = []
        self.headers: list[str | None] = []

        def put(params: dict) -> dict:
            if fails:
                raise ServiceError("xray", "PutTraceSegments", "ThrottledException", "slow down")
            self.documents += [json.loads(text) for text in params["TraceSegmentDocuments"]]
            return {}

        self.engine = VirtualEngine(FakeServices(calls={"xray:PutTraceSegments": put}))
        self.engine.engine.observers.append(TraceDelivery(self.engine.engine))
        self.machine = self.engine.create_state_machine(
            name="traced",
            definition=json.dumps(definition),
            roleArn="arn:aws:iam::000000000000:role/r",
            tracingConfiguration={"enabled": enabled},
        )["stateMachineArn"]

    def run(self, **params: str) -> dict:
        started = self.engine.start_execution(stateMachineArn=self.machine, **params)
        result = self.engine.finish(started["executionArn"])
        self.engine.pass_time(1)
        description = self.engine.describe_execution(executionArn=result.arn)
        self.engine.close()
        return description


def test_segment_has_subsegment_for_each_state() -> None:
    traced = Traced(BRANCHES)
    description = traced.run()
    segment, *states = traced.documents
    assert segment["name"] == "traced"
    assert segment["origin"] == "AWS::StepFunctions::StateMachine"
    assert description["traceHeader"] == f"Root={segment['trace_id']};Sampled=1"
    assert not segment["fault"]
    start = segment["start_time"]
    spans = {state["name"]: (state["start_time"] - start, state["end_time"] - start) for state in states}
    assert spans == {"P": (0, 2), "W": (0, 2), "V": (0, 2), "Z": (2, 2)}
    assert {(state["parent_id"], state["trace_id"]) for state in states} == {
        (segment["id"], segment["trace_id"])
    }


def test_segment_continues_trace_of_caller() -> None:
    traced = Traced(BRANCHES)
    traced.run(traceHeader="Root=1-65000000-abcdefabcdefabcdefabcdef;Parent=53995c3f42cd8ad8;Sampled=1")
    segment = traced.documents[0]
    assert segment["trace_id"] == "1-65000000-abcdefabcdefabcdefabcdef"
    assert segment["parent_id"] == "53995c3f42cd8ad8"


def test_failed_state_and_execution_are_faults() -> None:
    traced = Traced(FAILS)
    traced.run()
    assert [document["fault"] for document in traced.documents] == [True, True]


@pytest.mark.parametrize(
    ("enabled", "header"),
    [(False, "Root=1-65000000-abcdefabcdefabcdefabcdef"), (True, "Root=1-6-a;Sampled=0")],
)
def test_nothing_is_sent_without_tracing_or_sampling(enabled: bool, header: str) -> None:
    traced = Traced(BRANCHES, enabled=enabled)
    traced.run(traceHeader=header)
    assert traced.documents == []


def test_failing_xray_does_not_fail_execution(caplog: pytest.LogCaptureFixture) -> None:
    traced = Traced(BRANCHES, fails=True)
    assert traced.run()["status"] == "SUCCEEDED"
    assert "Trace segments are dropped" in caplog.text
