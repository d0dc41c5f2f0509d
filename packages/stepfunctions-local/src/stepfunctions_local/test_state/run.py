"""Run one state and record each stage of its data flow.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_InspectionData.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..definition import Choice, Fail, Map, Parallel, Pass, State, Succeed, Task, Wait
from ..errors import ApiError, StateError
from ..history import json_text
from ..integrations import TaskRequest
from ..integrations.item_reader import Items, Reading, parse_items, source_of
from ..interpreter import dataflow
from ..interpreter.distributed import batched, contexts
from ..interpreter.error_handling import catch, delay, matches
from ..interpreter.map import integer, item_input, item_limit, items, percentage, whole_number
from ..interpreter.simple import do_choice, do_fail, do_pass, do_succeed
from ..interpreter.wait import wait_until
from .http_trace import HttpTracer
from .mock import Mock

_THRESHOLD_EXCEEDED = StateError(
    "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
)


@dataclass(slots=True)
class StateTest:
    """A run of one state.

    `inspection` collects the API's InspectionData fields; `trace` those of level TRACE, an HTTP task's request
    and response, including secrets when `reveal_secrets` is set. `frame` is a DetachedFrame.
    """

    state: State
    frame: Any
    mock: Mock | None
    configuration: Mapping[str, Any]
    services: Any
    input_text: str
    request: TaskRequest | None = None
    reveal_secrets: bool = False
    trace: dict[str, Any] = field(default_factory=dict)
    inspection: dict[str, Any] = field(default_factory=dict)
    next: str | None = None
    _input: Any = field(init=False)

    def __post_init__(self) -> None:
        self._input = self.frame.input

    async def run(self) -> dict[str, Any]:
        """Run the state and return TestState's response, without inspection data."""
        self._inspect("input", self.frame.input)
        try:
            await self._work()
        except StateError as error:
            return self._failed(error)
        response = {"output": self._text(self.frame.input), "status": "SUCCEEDED"}
        return response if self.next is None else response | {"nextState": self.next}

    def _inspect(self, stage: str, value: Any) -> None:
        self.inspection[stage] = self._text(value)

    def _text(self, value: Any) -> str:
        """Return the JSON of a value: the request's own text for the input and the mocked result."""
        if value is self._input:
            return self.input_text
        if self.mock is not None and value is self.mock.result:
            return self.mock.text
        return json_text(value)

    async def _work(self) -> None:
        state, frame = self.state, self.frame
        if isinstance(state, Pass):
            self._inspect_pass(state)
            self.next = do_pass(frame, state)
        elif isinstance(state, Task):
            self._finish(await self._task(state))
        elif isinstance(state, Map):
            self._finish(self._map(state))
        elif isinstance(state, Parallel):
            self._finish(self._mocked())
        else:
            self._without_result(state)

    def _without_result(self, state: State) -> None:
        """Run a Choice, Succeed, Fail or Wait state."""
        frame = self.frame
        if not state.is_jsonata:
            self._inspect("afterInputPath", dataflow.effective_input(frame, state))
        if isinstance(state, Choice):
            self.next = do_choice(frame, state)
        elif isinstance(state, Succeed):
            self.next = do_succeed(frame, state)
        elif isinstance(state, Fail):
            do_fail(frame, state)
        elif isinstance(state, Wait):
            # Evaluate the end of the wait, which may fail; do not wait.
            wait_until(frame, state)
            value, assigned = dataflow.pass_through(frame, state)
            dataflow.exit_state(frame, state, value, assigned, state.next)
            self.next = state.next

    def _inspect_pass(self, state: Pass) -> None:
        if state.is_jsonata:
            return
        frame = self.frame
        if state.has_result:
            result = state.result
            self._inspect("result", result)
        else:
            effective_input = dataflow.effective_input(frame, state)
            self._inspect("afterInputPath", effective_input)
            result = dataflow.arguments(frame, state, effective_input)
            self._inspect("afterParameters", result)
        self._inspect_result(state, result)

    def _inspect_result(self, state: State, result: Any) -> None:
        """Record the JSONPath stages between a result and the output."""
        frame = self.frame
        if state.result_selector is not None:
            result = dataflow.evaluate(state.result_selector, frame, state, result)
        self._inspect("afterResultSelector", result)
        if state.discard_result:
            result = frame.input
        elif state.result_path is not None:
            result = state.result_path.write(frame.input, result)
        self._inspect("afterResultPath", result)

    def _finish(self, result: Any) -> None:
        """Compute the output from the result of the state's work."""
        state, frame = self.state, self.frame
        if not state.is_jsonata:
            self._inspect_result(state, result)
        value, assigned = dataflow.output(frame, state, result)
        dataflow.exit_state(frame, state, value, assigned, state.next)
        self.next = state.next

    def _mocked(self) -> Any:
        assert self.mock is not None
        if self.mock.error is not None:
            raise self.mock.error
        return self.mock.result

    async def _task(self, state: Task) -> Any:
        frame = self.frame
        effective_input = dataflow.effective_input(frame, state)
        if not state.is_jsonata:
            self._inspect("afterInputPath", effective_input)
        arguments = dataflow.arguments(frame, state, effective_input)
        self._inspect("afterArguments" if state.is_jsonata else "afterParameters", arguments)
        if self.mock is not None:
            result = self._mocked()
        else:
            assert self.request is not None
            self.request.arguments = arguments
            if state.credentials is not None:
                self.request.credentials = dataflow.evaluate(state.credentials, frame, state, effective_input)
            tracer = HttpTracer(self.services, self.reveal_secrets)
            try:
                result = await state.integration.invoke(self.request, tracer)
            finally:
                self.trace = tracer.trace
        self._inspect("result", result)
        return result

    def _map(self, state: Map) -> Any:
        frame = self.frame
        effective_input = dataflow.effective_input(frame, state)
        if not state.is_jsonata:
            self._inspect("afterInputPath", effective_input)
        iteration_inputs = [
            item_input(frame, state, effective_input, item)
            for item in contexts([self._items(state, effective_input)])
        ]
        if state.selector is not None:
            self._inspect("afterItemSelector", iteration_inputs)
        if state.batcher is not None:
            iteration_inputs, _ = batched(frame, state, effective_input, iteration_inputs)
            self._inspect("afterItemBatcher", iteration_inputs)
        self.inspection["maxConcurrency"] = (
            whole_number(frame, state, state.max_concurrency, effective_input) or 0
        )
        count = whole_number(frame, state, state.tolerated_count, effective_input)
        percent = percentage(frame, state, effective_input)
        if count is not None:
            self.inspection["toleratedFailureCount"] = count
        if percent is not None:
            self.inspection["toleratedFailurePercentage"] = float(percent)
        failures = self.configuration.get("mapIterationFailureCount", 0)
        if failures > len(iteration_inputs):
            raise ApiError(
                "ValidationException",
                "Map iteration failure count must be less than or equal to the number of Map iterations.",
            )
        if self.mock is not None and self.mock.error is None:
            if isinstance(self.mock.result, list) and len(self.mock.result) != len(iteration_inputs):
                raise ApiError(
                    "ValidationException", "Input array does not equal the mocked result array's size."
                )
            if state.distributed and _threshold_exceeded(failures, len(iteration_inputs), count, percent):
                raise _THRESHOLD_EXCEEDED
        return self._mocked()

    def _items(self, state: Map, effective_input: Any) -> Items:
        if state.reader is None:
            values = items(self.frame, state, effective_input)
            if not state.is_jsonata:
                self._inspect("afterItemsPath", values)
            all_items = Items.of(values, "STATE_DATA")
            assert all_items is not None
            return all_items
        data = self.configuration.get("mapItemReaderData")
        if data is None:
            raise ApiError(
                "ValidationException",
                "ItemReader data must be specified when testing a Map state with ItemReader specified.",
            )
        arguments = {}
        if state.reader.arguments is not None:
            arguments = dataflow.evaluate(state.reader.arguments, self.frame, state, effective_input)
        max_items = integer(self.frame, state, state.reader.max_items, effective_input)
        reading = Reading(state.reader.config, self.services, None, item_limit(max_items))
        read = parse_items(data.encode(), reading, source_of(arguments)).first(reading.limit)
        if state.reader.config.get("ItemsPointer"):
            self._inspect("afterItemsPointer", read.document)
        return read

    def _failed(self, error: StateError) -> dict[str, Any]:
        """Return the response for an error: retriable, caught or failed."""
        response: dict[str, Any] = {"status": "FAILED"}
        if error.error is not None:
            response["error"] = error.error
        if error.cause is not None:
            response["cause"] = error.cause
        attempts = self.configuration.get("retrierRetryCount", 0)
        for at, retrier in enumerate(self.state.retry):
            if matches(retrier.errors, error.error):
                if attempts < retrier.max_attempts:
                    details = {"retryIndex": at, "retryBackoffIntervalSeconds": int(delay(retrier, attempts))}
                    self.inspection["errorDetails"] = details
                    return response | {"status": "RETRIABLE"}
                self.inspection["errorDetails"] = {"retryIndex": at}
                break
        for at, catcher in enumerate(self.state.catch):
            if matches(catcher.errors, error.error):
                try:
                    catch(self.frame, self.state, catcher, error)
                except StateError as catch_error:
                    return {"status": "FAILED", "error": catch_error.error, "cause": catch_error.cause}
                self.inspection["errorDetails"] = {"catchIndex": at}
                transition = {"status": "CAUGHT_ERROR", "nextState": catcher.next}
                return response | transition | {"output": self._text(self.frame.input)}
        return response


def _threshold_exceeded(failures: int, iterations: int, count: int | None, percent: float | None) -> bool:
    """Return whether a distributed map with this number of failed iterations fails."""
    if not failures:
        return False
    within_count = count is not None and failures <= count
    within_percent = percent is not None and iterations > 0 and failures * 100 / iterations <= percent
    if count is not None and percent is not None:
        return not (within_count and within_percent)
    return not (within_count or within_percent)
