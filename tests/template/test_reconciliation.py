"""Payment reconciliation as it is deployed: its schedule and what its functions may do, on the translated template."""

from typing import Any

from tests.template.deployed import as_list, references, resources


def allowed(function: str) -> dict[str, set[str]]:
    """Return the logical ids of the resources that a function may use, by action; without logs and traces."""
    found: dict[str, set[str]] = {}
    for policy in resources()[f"{function}Role"]["Properties"]["Policies"]:
        document: dict[str, Any] = policy.get("PolicyDocument", {})
        for statement in document.get("Statement", ()):
            for action in as_list(statement["Action"]):
                found.setdefault(action, set()).update(references(statement["Resource"]))
    return {action: {name for name in names if "::" not in name} for action, names in found.items()}


def test_comparison_looks_into_executions_of_orders_and_starts_none() -> None:
    actions = allowed("ComparePageFunction")
    assert actions["states:DescribeExecution"] == {"OrderCheckout", "OrderCancel"}
    assert [action for action in actions if action.startswith("states:")] == ["states:DescribeExecution"]


def test_comparison_changes_nothing_at_the_sandbox_and_no_tender() -> None:
    actions = allowed("ComparePageFunction")
    for action, names in actions.items():
        if action not in ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"):
            assert "SandboxProviderTable" not in names, action
    assert "dynamodb:UpdateItem" not in actions


def test_run_is_opened_and_closed_without_the_provider() -> None:
    for function in ("OpenReconciliationFunction", "CloseReconciliationFunction"):
        used = set().union(*allowed(function).values())
        assert used <= {"PaymentsTable", "FunctionLogs"}, used


def test_nightly_start_starts_the_reconciliation_alone_and_its_failures_are_kept() -> None:
    schedule = resources()["NightlyReconciliation"]["Properties"]
    assert references(schedule["Target"]["Arn"]) == {"StartReconciliationFunction"}
    assert allowed("StartReconciliationFunction")["states:StartExecution"] == {"PaymentReconciliation"}
    failures = resources()["StartReconciliationFunction"]["Properties"]["DeadLetterConfig"]
    assert references(failures["TargetArn"]) == {"UndeliveredEventsDeadLetterQueue"}
