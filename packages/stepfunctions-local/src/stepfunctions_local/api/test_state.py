"""The TestState operation.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
"""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any

from ..clock import iso
from ..definition import Map, Parallel, State, Task
from ..errors import ApiError, StateError
from ..history import failure
from ..integrations import TaskRequest
from ..json_errors import json_error
from ..test_state.context import check_context
from ..test_state.definition import TestedState, find_state
from ..test_state.frame import DetachedFrame
from ..test_state.mock import read_mock
from ..test_state.run import StateTest
from .arns import check_role
from .session import Session

MAX_SECONDS = 300
"""The time limit of a test."""

# Inspection data that AWS omits, by type of state.
_OMITTED: dict[str, frozenset[str]] = {"Parallel": frozenset({"afterInputPath", "afterParameters"})}


async def test_state(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Test one state."""
    if "roleArn" in params:
        check_role(params["roleArn"])
    tested = find_state(params["definition"], params.get("stateName"))
    mock = read_mock(params, tested)
    input_text = params.get("input", "{}")
    state_input = _json(input_text)
    variables = _object(params, "variables")
    if "context" in params:
        context = _object(params, "context")
        check_context(context, tested.state)
    else:
        context = _context(session, tested, params, state_input)
    frame = DetachedFrame(state_input, context, variables, session.clock.now())
    configuration = params.get("stateConfiguration") or {}
    test = StateTest(
        tested.state,
        frame,
        mock,
        configuration,
        session.engine.services,
        input_text,
        _request(session, tested, params, context),
        bool(params.get("revealSecrets")),
    )
    try:
        async with asyncio.timeout(MAX_SECONDS):
            response = await test.run()
    except TimeoutError:
        response = {"status": "FAILED", **failure(StateError("States.Timeout"))}
    level = params.get("inspectionLevel", "INFO")
    if level != "INFO":
        response["inspectionData"] = _inspection(test, frame)
    if level == "TRACE":
        response["inspectionData"] |= test.trace
    return response


def _inspection(test: StateTest, frame: DetachedFrame) -> dict[str, Any]:
    omitted = _OMITTED.get(test.state.kind, frozenset())
    data = {stage: value for stage, value in test.inspection.items() if stage not in omitted}
    if frame.variables:
        data["variables"] = json.dumps(frame.variables, separators=(",", ":"))
    return data


def _json(text: str) -> Any:
    reason = json_error(text)
    if reason is not None:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")
    return json.loads(text)


def _object(params: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = params.get(name)
    document = _json(value) if value is not None else {}
    if not isinstance(document, dict):
        raise ApiError("ValidationException", f"{name[0].upper()}{name[1:]} must be a JSON object")
    return document


def _context(
    session: Session, tested: TestedState, params: Mapping[str, Any], state_input: Any
) -> dict[str, Any]:
    """Return the context object of the execution that AWS generates for the test."""
    machine, name, now = str(uuid.uuid4()), str(uuid.uuid4()), iso(session.clock.now())
    state: dict[str, Any] = {"Name": tested.name, "EnteredTime": now}
    if isinstance(tested.state, Task | Map | Parallel):
        state["RetryCount"] = (params.get("stateConfiguration") or {}).get("retrierRetryCount", 0)
    context: dict[str, Any] = {
        "Execution": {
            "Id": session.arn("express", f"{machine}:{name}"),
            "Input": state_input,
            "StartTime": now,
            "Name": name,
            "RoleArn": params.get("roleArn"),
        },
        "StateMachine": {"Id": session.arn("stateMachine", machine), "Name": machine},
        "State": state,
    }
    if _has_task_token(tested.state):
        context["Task"] = {"Token": str(uuid.uuid4())}
    return context


def _has_task_token(state: State) -> bool:
    return isinstance(state, Task) and state.integration.pattern not in ("request_response", "lambda_arn")


def _request(
    session: Session, tested: TestedState, params: Mapping[str, Any], context: Mapping[str, Any]
) -> TaskRequest | None:
    """Return the request of the state's task, without its arguments."""
    if not isinstance(tested.state, Task):
        return None
    return TaskRequest(
        resource=tested.state.resource,
        arguments=None,
        role_arn=params.get("roleArn"),
        execution_arn=(context.get("Execution") or {}).get("Id", ""),
        state_machine_arn=(context.get("StateMachine") or {}).get("Id", ""),
        state_name=tested.name,
        region=session.engine.region,
    )


OPERATIONS = {"TestState": test_state}
