"""Event rules and schedules of the deployed template: what they match, and where undeliverable events go."""

import json
from collections import Counter
from typing import Any

import pytest
from moto.events.models import EventPattern

from tests.template.deployed import of_type, references, resources

WORKFLOWS = of_type("AWS::StepFunctions::StateMachine")
STATUS = "Step Functions Execution Status Change"


def pattern_of(rule: str) -> dict[str, Any]:
    """Return a rule's pattern with each reference replaced by the logical id."""

    def resolved(value: Any) -> Any:
        match value:
            case {"Ref": str(name)}:
                return name
            case dict():
                return {key: resolved(member) for key, member in value.items()}
            case list():
                return [resolved(member) for member in value]
        return value

    pattern: dict[str, Any] = resolved(resources()[rule]["Properties"]["EventPattern"])
    return pattern


def paths(pattern: Any, prefix: tuple[str, ...] = ()) -> Counter[tuple[str, ...]]:
    """Count the field paths of a pattern that apply to one event; of $or, the alternatives one by one."""
    counts: Counter[tuple[str, ...]] = Counter()
    for key, value in pattern.items():
        if key == "$or":
            merged: Counter[tuple[str, ...]] = Counter()
            for alternative in value:
                merged |= paths(alternative, prefix)
            counts += merged
        elif isinstance(value, dict):
            counts += paths(value, (*prefix, key))
        else:
            counts[(*prefix, key)] += 1
    return counts


def ended(workflow: str, status: str, error: str | None = None) -> dict[str, Any]:
    detail = {"stateMachineArn": workflow, "status": status, "error": error}
    return {"source": "aws.states", "detail-type": STATUS, "detail": detail}


def order(kind: str, **detail: Any) -> dict[str, Any]:
    return {"source": "tillflow.orders", "detail-type": kind, "detail": detail}


def stock(kind: str) -> dict[str, Any]:
    return {"source": "tillflow.inventory", "detail-type": kind, "detail": {}}


def payments(kind: str) -> dict[str, Any]:
    return {"source": "tillflow.payments", "detail-type": kind, "detail": {}}


def upload(kind: str, bucket: str) -> dict[str, Any]:
    return {"source": "aws.s3", "detail-type": kind, "detail": {"bucket": {"name": bucket}}}


FAILED = "FailedWorkflowRule"
CASES: list[tuple[str, dict[str, Any], bool]] = [
    ("ShipOrdersRule", order("OrderPaid", fulfilment="ship"), True),
    ("ShipOrdersRule", order("OrderPaid", fulfilment="carry_out"), False),
    ("ShipOrdersRule", order("OrderRejected", fulfilment="ship"), False),
    ("DemandRule", order("OrderPaid"), True),
    ("DemandRule", order("OrderCancelled"), True),
    ("DemandRule", order("OrderRejected"), False),
    ("ReportsRule", order("OrderReturned"), True),
    ("ReportsRule", order("OrderRejected"), False),
    ("MetricsRule", order("OrderRejected"), True),
    ("MetricsRule", stock("StockBelowReorderPoint"), True),
    ("MetricsRule", stock("StockCorrected"), False),
    ("MetricsRule", payments("PaymentsReconciled"), True),
    ("MetricsRule", payments("CreditChanged"), False),
    ("CorrectionRule", stock("StockCorrected"), True),
    ("CorrectionRule", stock("StockBelowReorderPoint"), False),
    ("CorrectionRule", payments("CreditChanged"), True),
    ("CorrectionRule", payments("PaymentsReconciled"), False),
    ("ReorderRule", stock("StockBelowReorderPoint"), True),
    ("ReorderRule", stock("StockCorrected"), False),
    ("ImageChangedRule", upload("Object Created", "ImagesBucket"), True),
    ("ImageChangedRule", upload("Object Deleted", "ImagesBucket"), True),
    ("ImageChangedRule", upload("Object Created", "ThumbnailsBucket"), False),
    ("ImageChangedRule", upload("Object Tags Added", "ImagesBucket"), False),
    ("ImageAbortedRule", ended("ImageIngest", "ABORTED"), True),
    ("ImageAbortedRule", ended("ImageIngest", "FAILED"), False),
    ("ImageAbortedRule", ended("OrderCheckout", "ABORTED"), False),
    (FAILED, ended("OrderCheckout", "FAILED", "PaymentDeclined"), False),
    (FAILED, ended("OrderCheckout", "FAILED", "InsufficientStock"), False),
    (FAILED, ended("PurchaseOrder", "FAILED", "NoSupplierLeft"), False),
    (FAILED, ended("StockReorder", "FAILED", "StoreUnavailable"), True),
    (FAILED, ended("PaymentReconciliation", "FAILED", "GivenUp"), True),
    (FAILED, ended("ImageBackfill", "FAILED", "Lambda.Unknown"), True),
    (FAILED, ended("CatalogImport", "FAILED", "States.ExceedToleratedFailureThreshold"), True),
    (FAILED, ended("SomeoneElses", "TIMED_OUT"), False),
    (FAILED, ended("SomeoneElses", "FAILED", "States.Runtime"), False),
    *((FAILED, ended(workflow, "FAILED", "States.QueryEvaluationError"), True) for workflow in WORKFLOWS),
    *((FAILED, ended(workflow, "FAILED", "CaseNotOpened"), True) for workflow in WORKFLOWS),
    *((FAILED, ended(workflow, "TIMED_OUT"), True) for workflow in WORKFLOWS),
    *((FAILED, ended(workflow, "ABORTED"), True) for workflow in WORKFLOWS),
    *((FAILED, ended(workflow, "SUCCEEDED"), False) for workflow in WORKFLOWS),
    *((FAILED, ended(workflow, "RUNNING"), False) for workflow in WORKFLOWS),
]


@pytest.mark.parametrize(
    ("rule", "event", "matches"),
    CASES,
    ids=[f"{rule}-{'is' if matches else 'not'}-{number}" for number, (rule, _, matches) in enumerate(CASES)],
)
def test_rule_matches_the_events_it_is_for(rule: str, event: dict[str, Any], matches: bool) -> None:
    assert EventPattern.load(json.dumps(pattern_of(rule))).matches_event(event) is matches


def test_every_rule_has_events_that_match_and_that_do_not() -> None:
    tried = {(rule, matches) for rule, _, matches in CASES}
    assert tried == {(rule, matches) for rule in of_type("AWS::Events::Rule") for matches in (True, False)}


@pytest.mark.parametrize("rule", of_type("AWS::Events::Rule"))
def test_pattern_has_no_path_twice(rule: str) -> None:
    """EventBridge refuses a path both beside and inside $or, or uses only one of them."""
    assert set(paths(pattern_of(rule)).values()) == {1}


def test_path_next_to_and_inside_of_or_is_reported() -> None:
    pattern = {"detail": {"status": ["A"], "$or": [{"status": ["B"]}, {"error": ["C"]}]}}
    assert paths(pattern)["detail", "status"] == 2


@pytest.mark.parametrize("rule", of_type("AWS::Events::Rule"))
def test_every_target_of_a_rule_has_a_dead_letter_queue_that_accepts_it(rule: str) -> None:
    for target in resources()[rule]["Properties"]["Targets"]:
        (queue,) = references(target["DeadLetterConfig"]["Arn"])
        assert rule in references(resources()[f"{queue}Policy"]["Properties"]["PolicyDocument"])


@pytest.mark.parametrize("schedule", of_type("AWS::Scheduler::Schedule"))
def test_schedule_has_a_dead_letter_queue_that_its_role_may_write(schedule: str) -> None:
    target = resources()[schedule]["Properties"]["Target"]
    (queue,), (role,) = references(target["DeadLetterConfig"]), references(target["RoleArn"])
    assert queue in references(resources()[role])


def functions_of_rules_and_schedules() -> list[str]:
    """Return the functions that EventBridge invokes; Lambda accepts the event at once and retries it twice."""
    targets = [
        target
        for resource in resources("AWS::Events::Rule", "AWS::Scheduler::Schedule").values()
        for target in resource["Properties"].get("Targets") or [resource["Properties"]["Target"]]
    ]
    functions = set(of_type("AWS::Lambda::Function"))
    return sorted(functions & {name for target in targets for name in references(target["Arn"])})


def test_every_function_that_a_rule_or_schedule_invokes_keeps_what_it_fails_on() -> None:
    invoked = functions_of_rules_and_schedules()
    assert invoked
    for name in invoked:
        queue = resources()[name]["Properties"].get("DeadLetterConfig", {}).get("TargetArn")
        assert references(queue) == {"UndeliveredEventsDeadLetterQueue"}, name
        assert "sqs:SendMessage" in str(resources()[f"{name}Role"]["Properties"]["Policies"][0]), name


def test_alert_of_a_failed_workflow_has_no_input_or_cause() -> None:
    (target,) = resources()[FAILED]["Properties"]["Targets"]
    assert set(target["InputTransformer"]["InputPathsMap"].values()) == {
        "$.detail.executionArn", "$.detail.status", "$.time",
    }  # fmt: skip
