"""TestState: one state run on its own, with its services or with mocks in their place.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from ..clock import iso
from ..definition import Map, Parallel, State, Task
from ..engine import Engine
from ..errors import ApiError, StateError
from ..history import failure
from ..integrations import TaskRequest
from ..jackson import complaint
from ..trial.bench import Bench
from ..trial.definition import Subject, find_subject
from ..trial.mock import read_mock
from ..trial.run import Trial

LONGEST = 300
"""Seconds a state may take."""

# What is not shown of the states whose work is other states.
_UNSEEN: dict[str, frozenset[str]] = {"Parallel": frozenset({"afterInputPath", "afterParameters"})}


async def test_state(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """TestState."""
    subject = find_subject(params["definition"], params.get("stateName"))
    mock = read_mock(params, subject)
    given = _json(params.get("input", "{}"))
    variables = _object(params, "variables")
    context = _object(params, "context") if "context" in params else _context(engine, subject, params, given)
    bench = Bench(given, context, variables, engine.clock.now())
    configuration = params.get("stateConfiguration") or {}
    trial = Trial(
        subject.state,
        bench,
        mock,
        configuration,
        engine.services,
        _request(engine, subject, params, context),
        bool(params.get("revealSecrets")),
    )
    try:
        async with asyncio.timeout(LONGEST):
            answer = await trial.run()
    except TimeoutError:
        answer = {"status": "FAILED", **failure(StateError("States.Timeout"))}
    level = params.get("inspectionLevel", "INFO")
    if level != "INFO":
        answer["inspectionData"] = _inspection(trial, bench)
    if level == "TRACE":
        answer["inspectionData"] |= trial.traced
    return answer


def _inspection(trial: Trial, bench: Bench) -> dict[str, Any]:
    unseen = _UNSEEN.get(trial.state.kind, frozenset())
    data = {stage: value for stage, value in trial.seen.items() if stage not in unseen}
    if bench.variables:
        data["variables"] = json.dumps(bench.variables, separators=(",", ":"))
    return data


def _json(text: str) -> Any:
    reason = complaint(text)
    if reason is not None:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")
    return json.loads(text)


def _object(params: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = params.get(name)
    found = _json(value) if value is not None else {}
    if not isinstance(found, dict):
        raise ApiError("ValidationException", f"{name[0].upper()}{name[1:]} must be a JSON object")
    return found


def _context(engine: Engine, subject: Subject, params: Mapping[str, Any], given: Any) -> dict[str, Any]:
    """The context object of an execution AWS makes up for the test."""
    machine, name, now = str(uuid.uuid4()), str(uuid.uuid4()), iso(engine.clock.now())
    place = f"arn:{engine.partition}:states:{engine.region}:{engine.account}"
    about: dict[str, Any] = {"Name": subject.name, "EnteredTime": now}
    if isinstance(subject.state, Task | Map | Parallel):
        about["RetryCount"] = (params.get("stateConfiguration") or {}).get("retrierRetryCount", 0)
    context: dict[str, Any] = {
        "Execution": {
            "Id": f"{place}:express:{machine}:{name}",
            "Input": given,
            "StartTime": now,
            "Name": name,
            "RoleArn": params.get("roleArn"),
        },
        "StateMachine": {"Id": f"{place}:stateMachine:{machine}", "Name": machine},
        "State": about,
    }
    if _waits_for_token(subject.state):
        context["Task"] = {"Token": str(uuid.uuid4())}
    return context


def _waits_for_token(state: State) -> bool:
    return isinstance(state, Task) and state.integration.pattern in ("task_token", "activity")


def _request(
    engine: Engine, subject: Subject, params: Mapping[str, Any], context: Mapping[str, Any]
) -> TaskRequest | None:
    """What the state's task is asked with, its arguments still to come."""
    if not isinstance(subject.state, Task):
        return None
    return TaskRequest(
        resource=subject.state.resource,
        arguments=None,
        role_arn=params.get("roleArn"),
        execution_arn=(context.get("Execution") or {}).get("Id", ""),
        state_machine_arn=(context.get("StateMachine") or {}).get("Id", ""),
        state_name=subject.name,
        region=engine.region,
        account=engine.account,
    )


OPERATIONS = {"TestState": test_state}
