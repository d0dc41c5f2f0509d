"""Changes of a kind of write request: its condition dropped, or its marker not written."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from verification.proof.enumeration import CaseEnumeration, WorkItem
from verification.proof.families import SCENARIOS
from verification.proof.mutants.model import Mutant
from verification.proof.prover import prover
from verification.proof.schedule import format_faults

# The part of a sort key that belongs to one case or test: its business id, a delivery note, a number, a digest.
OF_A_CASE = re.compile(r"([-#](case-\d+.*|[a-z]+-\d+|gone|[a-z]|\d+|[0-9a-f]{40}))+$")
MARKERS = re.compile(r"STEP#|CLOSED|CAPTURE|EFFECT|ATTEMPT#")
CONDITION_DROPPED, MARKER_NOT_WRITTEN = "condition dropped", "marker not written"


@dataclass
class Requesters:
    """The scenarios and functions that make a kind of request, in order."""

    scenarios: dict[str, None] = field(default_factory=dict)
    functions: dict[str, None] = field(default_factory=dict)


def seen_requests() -> tuple[dict[str, Requesters], dict[str, Requesters]]:
    """Return the conditions and the markers of every write of the scenarios, with their faults."""
    conditions: defaultdict[str, Requesters] = defaultdict(Requesters)
    markers: defaultdict[str, Requesters] = defaultdict(Requesters)
    scenario = function = ""  # empty while the shop is prepared

    def note(operation: str, params: dict[str, Any]) -> None:
        for kind, request in writes(operation, params) if scenario else ():
            for change in changes_of(kind, request):
                by = (conditions if change == CONDITION_DROPPED else markers)[place_of(kind, request)]
                by.scenarios[scenario] = None
                if function:
                    by.functions[function] = None

    def handle_observed(name: str, event: Any, alias: str = "") -> dict[str, Any]:
        nonlocal function
        before, function = function, name.removesuffix("Function")
        try:
            return handle(name, event, alias)
        finally:
            function = before

    with prover() as built:
        handle, built.services.handle = built.services.handle, handle_observed  # type: ignore[method-assign]
        built.tables.before.append(note)
        enumeration = CaseEnumeration(built)
        for work in list(cases_of_all_requests(enumeration)):
            scenario = work.scenario
            enumeration.run(work)
    return conditions, markers


def cases_of_all_requests(enumeration: CaseEnumeration) -> Iterator[WorkItem]:
    """Yield cases that make every kind of request: no fault, each task failing, each concurrent with itself."""
    for name in SCENARIOS:
        faults = [*enumeration.singles(name), *enumeration.request_faults(name)]
        yield WorkItem(name)
        yield from (
            WorkItem(name, format_faults((f,)))
            for f in faults
            if f.kind in ("fail_before", "concurrent_delivery")
        )


def changes_of(kind: str, request: dict[str, Any]) -> Iterator[str]:
    """Yield the kinds of mutants of a write: of its condition, and of the marker that it writes."""
    if "ConditionExpression" in request:
        yield CONDITION_DROPPED
    if kind == "Put" and MARKERS.match(request["Item"]["sk"]["S"]):
        yield MARKER_NOT_WRITTEN


def writes(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    if operation == "TransactWriteItems":
        for action in params["TransactItems"]:
            yield from action.items()
    elif operation in ("PutItem", "UpdateItem", "DeleteItem"):
        yield operation.removesuffix("Item"), params


def place_of(kind: str, request: dict[str, Any]) -> str:
    """Return the kind of a write: its table, the kind of row, and its condition."""
    place = request.get("Item") or request["Key"]
    sort_key = place["sk"]["S"]
    row = OF_A_CASE.sub("", sort_key) if sort_key.startswith("STEP") else sort_key.split("#")[0]
    if not row.isupper() and not row.startswith("STEP"):
        row = place["pk"]["S"].split("#")[0]  # a list, whose sort keys are the ids of what it has
    condition = re.sub(r":before\d+(, )?", "", request.get("ConditionExpression", ""))
    change = "" if condition else request.get("UpdateExpression", "")
    return f"{request['TableName']} {kind} {row} [{condition or change}]"


def without_id(place: str) -> str:
    """Return a place without what a test has in place of an id: `STEP#arrival-burnt` as `STEP#arrival`."""
    return re.sub(r"(STEP#\w+)-[\w-]+ ", r"\1 ", place)


def request_with(mutant: Mutant) -> Callable[[str, dict[str, Any]], None]:
    def change(operation: str, params: dict[str, Any]) -> None:
        for kind, request in writes(operation, params):
            if place_of(kind, request) != mutant.place:
                continue
            if mutant.kind == CONDITION_DROPPED:
                _drop_condition(kind, request)
            else:
                request["Item"]["sk"] = {"S": "UNUSED"}
                request.pop("ConditionExpression", None)

    return change


def _drop_condition(kind: str, request: dict[str, Any]) -> None:
    """Remove the condition, and the names and values that only the condition uses."""
    if kind == "ConditionCheck":
        request["ConditionExpression"] = "attribute_exists(pk) OR attribute_not_exists(pk)"
        for options in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
            request.pop(options, None)
        return
    del request["ConditionExpression"]
    used = request.get("UpdateExpression", "")
    for options in ("ExpressionAttributeValues", "ExpressionAttributeNames"):
        kept = {
            name: value
            for name, value in request.get(options, {}).items()
            if re.search(re.escape(name) + r"\b", used)
        }
        request.pop(options, None)
        if kept:
            request[options] = kept
