"""Task: work done by a service, a function, an activity's worker, or the holder of the task token.

The TaskScheduled event is committed before any service is called. After a restart a task whose delivery was open is
delivered again, with the same token; a task that was submitted is only waited for.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html, connect-to-resource.html
"""

import asyncio
import contextlib
from typing import Any

from ..definition import Field, State, Task
from ..errors import QueryEvaluationFailure, RuntimeFailure, StateError
from ..history import NOT_TRUNCATED, failure, json_text, output, too_large
from ..integrations import TaskRequest
from . import dataflow
from .arguments import check_arguments
from .error_handling import TIMEOUT, HeartbeatMissed
from .frame import TASK, Frame
from .invoker import TaskCall, TaskResult
from .task_slots import Slot
from .tokens import new_token

MAX_SECONDS = 99_999_999


async def do_task(frame: Frame, state: Task) -> str | None:
    """Run a Task state and return the next state."""
    slots = frame.execution.runtime.task_slots
    is_submitted = frame.phase == TASK and frame.data["stage"] != "out"
    slot = Slot() if is_submitted else await slots.acquire(frame.execution.row["startDate"])
    try:
        return await _run_task(frame, state, slot)
    finally:
        slot.release()


async def _run_task(frame: Frame, state: Task, slot: Slot) -> str | None:
    if frame.phase != TASK:
        _schedule(frame, state)
    try:
        result = await _run_with_timeout(frame, state, slot)
    except StateError as error:
        _record_failure(frame, state, error)
        raise
    text = json_text(result)
    if too_large(text):
        too_large_error = dataflow.data_limit_exceeded(_size_limit_name(state))
        _record_failure(frame, state, too_large_error)
        raise too_large_error
    _event(frame, state, "Succeeded", output(text))
    output_value, assigned = dataflow.output(frame, state, result)
    dataflow.exit_state(frame, state, output_value, assigned, state.next)
    return state.next


def _schedule(frame: Frame, state: Task) -> None:
    """Evaluate the task's fields and record that it is scheduled."""
    pattern = state.integration.pattern
    frame.data = {}
    if pattern == "activity":
        _check_activity(frame, state)
    if pattern not in ("request_response", "lambda_arn"):
        frame.data["token"] = new_token(*frame.key)
    frame.reset_context()
    state_input = dataflow.effective_input(frame, state)
    arguments = dataflow.arguments(frame, state, state_input)
    text = json_text(arguments)
    if too_large(text):
        raise dataflow.data_limit_exceeded(_size_limit_name(state))
    check_arguments(state, arguments, text)
    timeout = _seconds(frame, state, state.timeout, state_input)
    heartbeat = _seconds(frame, state, state.heartbeat, state_input)
    credentials = _credentials(frame, state, state_input)

    details: dict[str, Any] = {}
    if timeout is not None:
        details["timeoutInSeconds"] = timeout
    if credentials is not None:
        details["taskCredentials"] = {"roleArn": credentials["RoleArn"]}
    if pattern in ("lambda_arn", "activity"):
        details |= {"resource": state.resource, "input": text, "inputDetails": NOT_TRUNCATED}
        if pattern == "activity" and heartbeat is not None:
            details["heartbeatInSeconds"] = heartbeat
    else:
        details |= {"parameters": text, "region": frame.execution.runtime.region}
        if heartbeat is not None:
            details["heartbeatInSeconds"] = heartbeat
    _event(frame, state, "Scheduled", details)
    scheduled = frame.last
    if pattern == "lambda_arn":
        frame.event("LambdaFunctionStarted")
    elif pattern != "activity":
        _event(frame, state, "Started", {})

    now = frame.execution.runtime.clock.now()
    frame.data |= {
        "stage": "out",
        "scheduled": scheduled,
        "arguments": arguments,
        "credentials": credentials,
        "timeout": timeout,
        "heartbeat": heartbeat,
        "deadline": None if timeout is None else now + timeout,
        "heartbeat_deadline": None if heartbeat is None else now + heartbeat,
    }
    frame.phase = TASK
    frame.save()


def _credentials(frame: Frame, state: Task, state_input: Any) -> dict[str, str] | None:
    if state.credentials is None:
        return None
    value = dataflow.evaluate(state.credentials, frame, state, state_input)
    if isinstance(value, dict) and isinstance(value.get("RoleArn"), str):
        return value
    cause = f"Credentials must contain RoleArn as a string, but was: {json_text(value)}"
    if state.is_jsonata:
        raise QueryEvaluationFailure(cause, "Credentials")
    raise RuntimeFailure(cause)


def _check_activity(frame: Frame, state: Task) -> None:
    """Fail the state when its activity does not exist."""
    if frame.execution.runtime.store.get("activity", state.resource) is None:
        missing = StateError("States.Runtime", f"Activity Does Not Exist: '{state.resource}'")
        _event(frame, state, "ScheduleFailed", failure(missing))
        raise missing


async def _run_with_timeout(frame: Frame, state: Task, slot: Slot) -> Any:
    """Do the task's work and return its result. Raises StateError States.Timeout at its deadline."""
    deadline = frame.data["deadline"]
    if deadline is None or "outcome" in frame.data:
        return await _do_work(frame, state, slot)
    remaining = deadline - frame.execution.runtime.clock.now()
    if remaining <= 0:  # the deadline passed while the engine was stopped: do not deliver the task again
        raise StateError(TIMEOUT)
    try:
        async with asyncio.timeout(remaining) as limit:
            return await _do_work(frame, state, slot)
    except TimeoutError:
        if not limit.expired():
            raise
        raise StateError(TIMEOUT) from None


async def _do_work(frame: Frame, state: Task, slot: Slot) -> Any:
    """Do the task's work and return its result. Waiting for its end needs no slot."""
    runtime = frame.execution.runtime
    await runtime.store.committed()
    integration, data = state.integration, frame.data
    if integration.pattern == "activity":
        if data["stage"] == "out":
            runtime.activity_scheduled(state.resource, frame)
        slot.release()
        return await _wait_for_callback(frame)
    request = _request(frame, state)
    # A task that was completed by a callback is not delivered again after a restart.
    if data["stage"] == "out" and "outcome" not in data:
        response = await _deliver(frame, state, request)
        if isinstance(response, TaskResult):
            return response.output
        if integration.pattern in ("request_response", "lambda_arn"):
            return response
        _event(frame, state, "Submitted", output(json_text(response)))
        data |= {"stage": "submitted", "submitted": response}
        frame.save()
    slot.release()
    if integration.pattern == "task_token" or "outcome" in data:
        return await _wait_for_callback(frame)
    await runtime.store.committed()
    return await _wait_for_job(frame, state, request)


async def _wait_for_job(frame: Frame, state: Task, request: TaskRequest) -> Any:
    """Wait until the submitted job has ended, or until a callback with the task's token completes the task."""
    runtime, submitted = frame.execution.runtime, frame.data["submitted"]
    job = asyncio.ensure_future(_complete(state, request, submitted, runtime.services))
    callback = asyncio.ensure_future(_wait_for_callback(frame))
    try:
        await asyncio.wait((job, callback), return_when=asyncio.FIRST_COMPLETED)
        return (callback if callback.done() else job).result()
    except asyncio.CancelledError:
        # The state was stopped or timed out: stop the job. The result of that call has no effect.
        if not runtime.closing:
            runtime.run_in_background(_cancel(state, request, submitted, runtime.services))
        raise
    finally:
        for task in (job, callback):
            if not task.cancel() and not task.cancelled():
                task.exception()  # mark it as retrieved


async def _complete(state: Task, request: TaskRequest, submitted: Any, services: Any) -> Any:
    try:
        return await state.integration.complete(request, submitted, services)
    except StateError:
        raise
    except Exception as error:
        raise _internal_error(error) from error


def _internal_error(error: Exception) -> StateError:
    """Return an internal error of an integration as one that fails the state, not the engine."""
    return StateError("States.TaskFailed", f"{type(error).__name__}: {error}")


async def _cancel(state: Task, request: TaskRequest, submitted: Any, services: Any) -> None:
    with contextlib.suppress(Exception):
        await state.integration.cancel(request, submitted, services)


async def _deliver(frame: Frame, state: Task, request: TaskRequest) -> Any:
    execution = frame.execution
    call = TaskCall(
        integration=state.integration,
        request=request,
        services=execution.runtime.services,
        machine_name=execution.row["machineName"],
        state_name=state.name,
        attempt=sum(frame.retries.values()),
        test_case=execution.row.get("testCase"),
    )
    try:
        return await execution.runtime.invoker(call)
    except StateError:
        if state.integration.pattern in ("sync", "sync2"):
            frame.data["stage"] = "submitting"
        raise
    except Exception as error:
        raise _internal_error(error) from error


def _size_limit_name(state: Task) -> str:
    """Return the name of the task in AWS's error for too large data."""
    integration = state.integration
    return integration.resource if integration.pattern == "lambda_arn" else integration.resource_type


def _request(frame: Frame, state: Task) -> TaskRequest:
    execution, data = frame.execution, frame.data
    return TaskRequest(
        resource=state.resource,
        arguments=data["arguments"],
        role_arn=execution.row["roleArn"],
        credentials=data["credentials"],
        execution_arn=execution.arn,
        state_machine_arn=execution.machine_arn,
        state_name=state.name,
        task_token=data.get("token"),
        region=execution.runtime.region,
        trace_header=execution.row.get("traceHeader"),
        timeout=data["timeout"],
        attempt=f"{execution.arn}:{data.get('scheduled')}",
    )


async def _wait_for_callback(frame: Frame) -> Any:
    """Wait for SendTaskSuccess and return its output. Raises the StateError of SendTaskFailure."""
    clock, data = frame.execution.runtime.clock, frame.data
    while "outcome" not in data:
        frame.waiter = asyncio.get_running_loop().create_future()
        deadline = data["heartbeat_deadline"]
        if deadline is None:
            await frame.waiter
            continue
        try:
            async with asyncio.timeout(max(deadline - clock.now(), 0)) as limit:
                await frame.waiter
        except TimeoutError:
            if not limit.expired():
                raise
            raise HeartbeatMissed from None
    frame.waiter = None
    outcome = data["outcome"]
    if "output" in outcome:
        return outcome["output"]
    raise StateError(outcome.get("error"), outcome.get("cause"))


def _record_failure(frame: Frame, state: Task, error: StateError) -> None:
    suffix = "TimedOut" if error.error == TIMEOUT else "Failed"
    if frame.data.get("stage") == "submitting" and suffix == "Failed":
        suffix = "SubmitFailed"
    _event(frame, state, suffix, failure(error))


def _event(frame: Frame, state: Task, suffix: str, details: dict[str, Any]) -> None:
    """Append an event of the resource's family: LambdaFunction…, Activity… or Task…."""
    integration = state.integration
    if integration.pattern == "lambda_arn":
        frame.event(f"LambdaFunction{suffix}", f"lambdaFunction{suffix}EventDetails", details)
    elif integration.pattern == "activity":
        frame.event(f"Activity{suffix}", f"activity{suffix}EventDetails", details)
    else:
        details |= {"resource": integration.resource, "resourceType": integration.resource_type}
        frame.event(f"Task{suffix}", f"task{suffix}EventDetails", details)


def activity_started(frame: Frame, worker: str | None) -> None:
    """Record that a worker took the activity's task."""
    details = {} if worker is None else {"workerName": worker}
    frame.event("ActivityStarted", "activityStartedEventDetails", details)
    frame.data["stage"] = "started"
    frame.save()


def _seconds(frame: Frame, state: State, field: Field | None, state_input: Any) -> int | None:
    if field is None:
        return None
    value = field.constant if field.constant is not None else field.read(frame.scope(state, state_input))
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_SECONDS:
        return value
    if field.is_path:
        raise RuntimeFailure(
            f"The {field.name} parameter does not reference a positive integer: {field.text} == {json_text(value)}"
        )
    if not isinstance(value, int) or isinstance(value, bool):
        raise dataflow.unexpected_type(field, "number", value)
    raise QueryEvaluationFailure(
        f"The JSONata expression '{field.text}' specified for the field '{field.name}' returned a value outside "
        f"the range of 1 to {MAX_SECONDS}: {value}",
        field.name,
    )
