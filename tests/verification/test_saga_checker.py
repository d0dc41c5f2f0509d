"""Each rule of the saga checker finds a fault that is planted in a shipped definition."""

import ast
import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from till.history import sides
from till.saga_metadata import prose
from tools import stamp_retries
from verification.saga_checker.drawing import draw
from verification.saga_checker.model import Workflow, load, load_template
from verification.saga_checker.rules import check, timing

ROOT = Path(__file__).parents[2]
TEMPLATE = load_template(ROOT / "template.yaml")

type States = dict[str, Any]
type Fault = Callable[[States], Any]


def shipped(name: str) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads((ROOT / "statemachines" / f"{name}.asl.json").read_text())
    return definition


CHECKOUT = shipped("order_checkout")


def workflow(definition: dict[str, Any], logical_id: str = "OrderCheckout") -> Workflow:
    return Workflow("broken.asl.json", definition, TEMPLATE, logical_id)


FAULTS: dict[str, tuple[str, str, Fault]] = {}


def breaks(rule: str, state: str, logical_id: str = "OrderCheckout") -> Callable[[Fault], Fault]:
    """Register a fault: the rule that must find it, the state the finding must name, the workflow it is put into.

    The fault gets every state by name, those inside a Map too."""

    def register(fault: Fault) -> Fault:
        FAULTS[f"{rule} {fault.__name__}"] = (state, logical_id, fault)
        return fault

    return register


def everywhere(states: States) -> States:
    found = dict(states)
    for state in states.values():
        for flow in (*state.get("Branches", ()), state.get("ItemProcessor")):
            found |= everywhere(flow["States"]) if flow else {}
    return found


@breaks("unknown-target", "ReserveStock")
def next_misspelt(s: States) -> None:
    s["ReserveStock"]["Next"] = "AuthorizePayment"


@breaks("dead-end", "CommitStock")
def next_forgotten(s: States) -> None:
    del s["CommitStock"]["Next"]


@breaks("unreachable", "ResolveCapture")
def inquiry_cut_off(s: States) -> None:
    s["CapturePayment"]["Catch"].pop()
    s["ResumeInquiry"]["Default"] = "OrderGivenUp"


@breaks("states-all", "CapturePayment")
def all_before_named(s: States) -> None:
    s["CapturePayment"]["Catch"].reverse()


@breaks("metadata", "IssueInvoice")
def metadata_missing(s: States) -> None:
    s["IssueInvoice"]["Comment"] = "Forward. Billing gives the number."


@breaks("metadata", "WasCaptured")
def metadata_on_a_choice(s: States) -> None:
    s["WasCaptured"]["Comment"] = "[inquiry] Only a definite outcome moves the saga."


@breaks("metadata", "OpenOrder")
def exemption_wider_than_its_errors(s: States) -> None:
    s["OpenOrder"]["Catch"][0]["ErrorEquals"].append("StoreUnavailable")


@breaks("pivot", "PriceOrder")
def second_pivot(s: States) -> None:
    s["AuthorisePayment"]["Comment"] = "[pivot] Two of them."


@breaks("order", "PostJournal")
def compensatable_after_pivot(s: States) -> None:
    s["PostJournal"]["Comment"] = "[compensatable; undo=RejectOrder]"


@breaks("forward-only", "IssueInvoice")
def refund_after_capture(s: States) -> None:
    s["IssueInvoice"]["Catch"][-1]["Next"] = "ReversePayment"


@breaks("case-unopened", "OpenForwardCase")
def unopened_case_is_decided(s: States) -> None:
    s["OpenForwardCase"]["Catch"][-1]["Next"] = "ResumeForward"


@breaks("compensation", "ReserveStock")
def undo_is_not_a_compensation(s: States) -> None:
    s["ReserveStock"]["Comment"] = "[compensatable; undo=CommitStock]"


@breaks("reverse", "AuthorisePayment")
def own_compensation_skipped(s: States) -> None:
    s["AuthorisePayment"]["Catch"][-1]["Next"] = "ReleaseStock"


@breaks("reverse", "AuthorisePayment")
def earlier_compensation_skipped(s: States) -> None:
    s["ReversePayment"]["Next"] = "RejectOrder"
    s["ReversePayment"]["Catch"][-1]["Next"] = "RejectOrder"


@breaks("reverse", "AskOwner", "StockReorder")
def step_off_the_way_of_success_not_undone(s: States) -> None:
    s["AskOwner"]["Catch"][-1]["Next"] = "LowerOnOrder"


@breaks("reverse", "IsApproved", "StockReorder")
def refusal_undoes_too_little(s: States) -> None:
    s["IsApproved"]["Default"] = "LowerOnOrder"


@breaks("reverse", "RaiseOnOrder", "StockReorder")
def commented_catch_skips_the_compensation(s: States) -> None:
    commented = {"Comment": "It has no effect.", "ErrorEquals": ["InvalidRequest"], "Next": "GivenUp"}
    s["RaiseOnOrder"]["Catch"].insert(0, commented)


@breaks("exemption", "RaiseOnOrder", "StockReorder")
def timeout_exempted(s: States) -> None:
    comment = "[exempt=reverse; errors=States.Timeout]"
    s["RaiseOnOrder"]["Catch"].insert(
        0, {"Comment": comment, "ErrorEquals": ["States.Timeout"], "Next": "GivenUp"}
    )


@breaks("exemption", "AuthorisePayment")
def exemption_not_needed(s: States) -> None:
    s["AuthorisePayment"]["Catch"].insert(
        0,
        {
            "Comment": "[exempt=reverse; errors=PaymentDeclined]",
            "ErrorEquals": ["PaymentDeclined"],
            "Next": "ReversePayment",
        },
    )


@breaks("exemption", "WasCaptured")
def choice_exemption_not_needed(s: States) -> None:
    s["WasCaptured"]["Choices"][0]["Comment"] = "[exempt=reverse] The money was taken."


@breaks("reverse", "IsNeeded", "StockReorder")
def ends_half_done(s: States) -> None:
    s["IsNeeded"]["Default"] = "GivenUp"


@breaks("rest-still-run", "ReversePayment")
def failed_refund_stops_the_rest(s: States) -> None:
    s["ReversePayment"]["Catch"][-1]["Next"] = "OrderRejected"


@breaks("failure-noted", "ReleaseStock")
def failed_release_forgotten(s: States) -> None:
    del s["ReleaseStock"]["Catch"][-1]["Assign"]


@breaks("catch", "CommitStock")
def named_errors_only(s: States) -> None:
    s["CommitStock"]["Catch"][-1]["ErrorEquals"] = ["States.TaskFailed"]


@breaks("catch", "CloseReconciliation", "PaymentReconciliation")
def no_catch_in_a_workflow_without_pivot(s: States) -> None:
    del s["CloseReconciliation"]["Catch"]


@breaks("failure-ignored", "ComparePage", "PaymentReconciliation")
def failed_page_left_for_another_round(s: States) -> None:
    s["ComparePage"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Output": [], "Next": "EachDifference"}]


@breaks("failure-ignored", "PostJournal")
def failed_entry_left_out(s: States) -> None:
    s["PostJournal"]["Catch"][-1]["Next"] = "CloseOrder"


@breaks("retry", "PostJournal")
def never_retried(s: States) -> None:
    del s["PostJournal"]["Retry"]


@breaks("backoff", "ReserveStock")
def no_jitter(s: States) -> None:
    del s["ReserveStock"]["Retry"][0]["JitterStrategy"]


@breaks("refusal-retried", "AuthorisePayment")
def decline_retried(s: States) -> None:
    s["AuthorisePayment"]["Retry"][0]["ErrorEquals"].append("PaymentDeclined")


@breaks("refusal-retried", "AuthorisePayment")
def everything_retried(s: States) -> None:
    s["AuthorisePayment"]["Retry"][0]["ErrorEquals"] = ["States.TaskFailed"]


@breaks("unknown-error", "CapturePayment")
def error_misspelt(s: States) -> None:
    s["CapturePayment"]["Catch"][0]["ErrorEquals"] = ["CaptureDeclined"]


@breaks("unknown-error", "CapturePayment")
def error_of_another_service(s: States) -> None:
    s["CapturePayment"]["Catch"][0]["ErrorEquals"] = ["InvoiceNotDraft"]


@breaks("timeout", "OpenOrder")
def timeout_missing(s: States) -> None:
    del s["OpenOrder"]["TimeoutSeconds"]


@breaks("nesting", "ReserveStock")
def state_gives_up_first(s: States) -> None:
    s["ReserveStock"]["TimeoutSeconds"] = 10


@breaks("expression", "ReserveStock")
def brace_forgotten(s: States) -> None:
    s["ReserveStock"]["Arguments"]["Payload"]["lines"] = "{% [$order.lines.{'sku': sku] %}"


@breaks("undefined-variable", "PostJournal")
def variable_misspelt(s: States) -> None:
    s["PostJournal"]["Arguments"]["Payload"]["cost"] = "{% $costs %}"


@breaks("undefined-variable", "CommitStock")
def function_misspelt(s: States) -> None:
    s["CommitStock"]["Arguments"]["Payload"]["order_id"] = "{% $strnig($order.order_id) %}"


@breaks("undefined-variable", "OrderRejected")
def variable_missing_on_one_way(s: States) -> None:
    del s["PriceOrder"]["Catch"][-1]["Assign"]


@breaks("role-lacks", "CloseOrder")
def call_not_allowed(s: States) -> None:
    s["CloseOrder"]["Resource"] = "arn:aws:states:::dynamodb:deleteItem"


@breaks("role-exceeds", "OrderCheckout")
def grant_not_used(s: States) -> None:
    s["PostJournal"]["Arguments"]["FunctionName"] = "${IssueInvoiceFunctionArn}"


def detail(s: States, state: str) -> dict[str, str]:
    """Return the detail of the event that a state publishes."""
    found: dict[str, str] = s[state]["Arguments"]["Entries"][0]["Detail"]
    return found


@breaks("event-id", "AnnounceOrder")
def event_id_drawn(s: States) -> None:
    detail(s, "AnnounceOrder")["event_id"] = "{% $uuid() %}"


@breaks("event-id", "AnnounceReturn", "OrderReturn")
def event_id_of_the_attempt(s: States) -> None:
    detail(s, "AnnounceReturn")["event_id"] = "{% $return_id & $states.context.State.EnteredTime %}"


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name: str) -> None:
    state, logical_id, fault = FAULTS[name]
    definition = copy.deepcopy(next(one.definition for one in load(ROOT) if one.logical_id == logical_id))
    fault(everywhere(definition["States"]))
    found = [(finding.rule, finding.state) for finding in check(workflow(definition, logical_id))]
    assert (name.split()[0], state) in found


def test_every_rule_has_a_fault() -> None:
    """Every rule name of a finding has a planted fault."""
    calls = [
        node
        for path in (ROOT / "verification/saga_checker/rules").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "finding"
    ]
    names = {ast.literal_eval(call.args[1]) for call in calls}
    elsewhere = {
        "start",
        "deployed",
        "undeclared-field",
        "untyped-response",
        "absent-value",
    }  # have tests of their own
    assert names - elsewhere == {name.split()[0] for name in FAULTS}


def test_start_is_a_state() -> None:
    definition = {**CHECKOUT, "StartAt": "PriceOrders"}
    found = check(workflow(definition))
    assert (found[0].rule, found[0].state) == ("start", "PriceOrders")


def test_timeout_that_stops_a_started_execution_is_found() -> None:
    exchange = workflow(shipped("order_exchange"), "OrderExchange")
    exchange.states["ReturnUnits"].body["TimeoutSeconds"] = 180 * 86_400
    assert [(found.rule, found.state) for found in check(exchange)] == [("nesting", "ReturnUnits")]


def test_function_timeout_shorter_than_a_client_call_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "longest_client_call", lambda: 60.0)
    found = [one for one in check(workflow(CHECKOUT)) if one.rule == "nesting"]
    assert "one call of its client may take 60.0 s" in found[0].message


def entries_with_comments(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get("Comment"), str):
            yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from entries_with_comments(item)


def exempt_entries(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in entries_with_comments(definition) if entry["Comment"].startswith("[exempt=")]


EXEMPTIONS = [
    (flow.file, flow.logical_id, number)
    for flow in load(ROOT)
    for number in range(len(exempt_entries(flow.definition)))
]


@pytest.mark.parametrize(("file", "logical_id", "number"), EXEMPTIONS)
def test_removing_an_exemption_breaks_the_reverse_rule(file: str, logical_id: str, number: int) -> None:
    definition = json.loads((ROOT / "statemachines" / file).read_text())
    entry = exempt_entries(definition)[number]
    entry["Comment"] = prose(entry["Comment"])
    assert {finding.rule for finding in check(workflow(definition, logical_id))} == {"reverse"}


def test_definitions_have_exemptions() -> None:
    assert {file for file, _, _ in EXEMPTIONS} >= {"order_checkout.asl.json", "image_ingest.asl.json"}


@pytest.mark.parametrize(
    "text", ["", "Compensation. Has no effect. Undone by ReleaseStock.", "[pivot] [case]"]
)
def test_prose_changes_no_tool(text: str) -> None:
    for shipped_flow in load(ROOT):
        definition = copy.deepcopy(shipped_flow.definition)
        for entry in entries_with_comments(definition):
            metadata = entry["Comment"].removesuffix(prose(entry["Comment"])).strip()
            entry["Comment"] = f"{metadata} {text}".strip() if metadata else text.replace("[", "(")
        changed = workflow(definition, str(shipped_flow.logical_id))
        assert check(changed) == []
        assert stamp_retries.stamp(definition) == []
        assert sides(json.dumps(definition)) == sides(json.dumps(shipped_flow.definition))


@pytest.mark.parametrize("sound", load(ROOT), ids=lambda w: w.file)
def test_shipped_workflow_follows_every_rule(sound: Workflow) -> None:
    assert [str(finding) for finding in check(sound)] == []


def backfill() -> dict[str, Any]:
    return shipped("image_backfill")


def test_fault_inside_a_map_is_found() -> None:
    definition = backfill()
    del definition["States"]["EveryImage"]["ItemProcessor"]["States"]["FindStale"]["TimeoutSeconds"]
    broken = Workflow("broken.asl.json", definition, TEMPLATE, "ImageBackfill")
    assert [(f.rule, f.state) for f in check(broken)] == [("timeout", "FindStale")]


def test_reader_of_a_distributed_map_needs_its_grant() -> None:
    definition = backfill()
    definition["States"]["EveryImage"]["ItemReader"]["Resource"] = "arn:aws:states:::s3:getObject"
    broken = Workflow("broken.asl.json", definition, TEMPLATE, "ImageBackfill")
    assert {(f.rule, f.state) for f in check(broken)} == {
        ("role-lacks", "EveryImage"),
        ("role-exceeds", "ImageBackfill"),
    }


def test_workflow_without_a_state_machine_is_found() -> None:
    orphan = Workflow("orphan.asl.json", CHECKOUT, TEMPLATE, None)
    assert "deployed" in [finding.rule for finding in check(orphan)]


def test_finding_names_file_state_rule_and_fix() -> None:
    definition = copy.deepcopy(CHECKOUT)
    timeout_missing(definition["States"])
    (finding,) = check(workflow(definition))
    assert str(finding) == "broken.asl.json: OpenOrder: timeout: has no timeout. Add TimeoutSeconds."


@pytest.mark.parametrize("drawn", load(ROOT), ids=lambda w: w.file)
def test_diagram_in_docs_is_up_to_date(drawn: Workflow) -> None:
    page = ROOT / "docs" / "workflows" / f"{drawn.file.split('.')[0]}.md"
    assert page.read_text() == draw(drawn), "run make diagrams"


def test_diagram_contains_the_states_inside_a_map() -> None:
    page = draw(Workflow("broken.asl.json", backfill(), TEMPLATE, "ImageBackfill"))
    box = page[page.index("subgraph EveryImage[") :]
    assert box.index("FindStale") < box.index("subgraph EachStale[") < box.index("end")
    assert "| FindStale |" in page


def test_callback_may_only_catch_errors_of_its_service() -> None:
    definition = shipped("purchase_order")
    purchase = Workflow("purchase_order.asl.json", definition, TEMPLATE, "PurchaseOrder")
    assert check(purchase) == []
    definition["States"]["AwaitAcknowledgement"]["Catch"][1]["ErrorEquals"][0] = "ImageSuperseded"
    broken = Workflow("purchase_order.asl.json", definition, TEMPLATE, "PurchaseOrder")
    assert [(one.state, one.rule) for one in check(broken)] == [("AwaitAcknowledgement", "unknown-error")]
