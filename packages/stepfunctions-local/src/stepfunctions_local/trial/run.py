"""Run one state and tell what happened at each stage of its data flow.

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
from ..interpreter.failures import catch, delay, matches
from ..interpreter.map import items, percentage, selected, whole_number
from ..interpreter.simple import do_choice, do_fail, do_pass, do_succeed
from ..interpreter.wait import wait_until
from .mock import Mock
from .witness import Witness

THRESHOLD = StateError(
    "States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded"
)


@dataclass(slots=True)
class Trial:
    """One state, its input and its stand-ins.

    `seen` collects what inspection shows, by the API's names, and `traced` what it shows at level TRACE only:
    an HTTP task's request and response, with what a connection keeps secret when `reveal` is set.
    """

    state: State
    bench: Any
    mock: Mock | None
    configuration: Mapping[str, Any]
    services: Any
    request: TaskRequest | None = None
    reveal: bool = False
    traced: dict[str, Any] = field(default_factory=dict)
    seen: dict[str, Any] = field(default_factory=dict)
    next: str | None = None

    async def run(self) -> dict[str, Any]:
        """The state's outcome in TestState's shape, without inspection data."""
        self._see("input", self.bench.input)
        try:
            await self._work()
        except StateError as error:
            return self._failed(error)
        answer = {"output": json_text(self.bench.input), "status": "SUCCEEDED"}
        return answer if self.next is None else answer | {"nextState": self.next}

    def _see(self, stage: str, value: Any) -> None:
        self.seen[stage] = json_text(value)

    async def _work(self) -> None:
        state, bench = self.state, self.bench
        if isinstance(state, Pass):
            self._inspect_pass(state)
            self.next = do_pass(bench, state)
        elif isinstance(state, Task):
            self._finish(await self._task(state))
        elif isinstance(state, Map):
            self._finish(self._map(state))
        elif isinstance(state, Parallel):
            self._finish(self._mocked())
        else:
            self._pass_on(state)

    def _pass_on(self, state: State) -> None:
        """The states without a result."""
        bench = self.bench
        if not state.is_jsonata:
            self._see("afterInputPath", dataflow.effective_input(bench, state))
        if isinstance(state, Choice):
            self.next = do_choice(bench, state)
        elif isinstance(state, Succeed):
            self.next = do_succeed(bench, state)
        elif isinstance(state, Fail):
            do_fail(bench, state)
        elif isinstance(state, Wait):
            # The wait is read, which may fail, but not waited for.
            wait_until(bench, state)
            value, assigned = dataflow.passed_on(bench, state)
            dataflow.leave(bench, state, value, assigned, state.next)
            self.next = state.next

    def _inspect_pass(self, state: Pass) -> None:
        if state.is_jsonata:
            return
        bench = self.bench
        if state.has_result:
            result = state.result
            self._see("result", result)
        else:
            given = dataflow.effective_input(bench, state)
            self._see("afterInputPath", given)
            result = dataflow.arguments(bench, state, given)
            self._see("afterParameters", result)
        self._inspect_result(state, result)

    def _inspect_result(self, state: State, result: Any) -> None:
        """The stages of JSONPath between a result and the output."""
        bench = self.bench
        if state.result_selector is not None:
            result = dataflow.evaluate(state.result_selector, bench, state, result)
        self._see("afterResultSelector", result)
        if state.discard_result:
            result = bench.input
        elif state.result_path is not None:
            result = state.result_path.write(bench.input, result)
        self._see("afterResultPath", result)

    def _finish(self, result: Any) -> None:
        """From the result of the state's work to its output."""
        state, bench = self.state, self.bench
        if not state.is_jsonata:
            self._inspect_result(state, result)
        value, assigned = dataflow.output(bench, state, result)
        dataflow.leave(bench, state, value, assigned, state.next)
        self.next = state.next

    def _mocked(self) -> Any:
        assert self.mock is not None
        if self.mock.error is not None:
            raise self.mock.error
        return self.mock.result

    async def _task(self, state: Task) -> Any:
        bench = self.bench
        given = dataflow.effective_input(bench, state)
        if not state.is_jsonata:
            self._see("afterInputPath", given)
        arguments = dataflow.arguments(bench, state, given)
        self._see("afterArguments" if state.is_jsonata else "afterParameters", arguments)
        if self.mock is not None:
            result = self._mocked()
        else:
            assert self.request is not None
            self.request.arguments = arguments
            if state.credentials is not None:
                self.request.credentials = dataflow.evaluate(state.credentials, bench, state, given)
            witness = Witness(self.services, self.reveal)
            try:
                result = await state.integration.invoke(self.request, witness)  # type: ignore[arg-type]
            finally:
                self.traced = witness.traced
        self._see("result", result)
        return result

    def _map(self, state: Map) -> Any:
        bench = self.bench
        given = dataflow.effective_input(bench, state)
        if not state.is_jsonata:
            self._see("afterInputPath", given)
        chosen = [selected(bench, state, given, item) for item in contexts([self._items(state, given)])]
        if state.selector is not None:
            self._see("afterItemSelector", chosen)
        if state.batcher is not None:
            chosen, _ = batched(bench, state, given, chosen)
            self._see("afterItemBatcher", chosen)
        self.seen["maxConcurrency"] = whole_number(bench, state, state.max_concurrency, given) or 0
        count = whole_number(bench, state, state.tolerated_count, given)
        share = percentage(bench, state, given)
        if count is not None:
            self.seen["toleratedFailureCount"] = count
        if share is not None:
            self.seen["toleratedFailurePercentage"] = float(share)
        failures = self.configuration.get("mapIterationFailureCount", 0)
        if failures > len(chosen):
            raise ApiError(
                "ValidationException",
                "Map iteration failure count must be less than or equal to the number of Map iterations.",
            )
        if self.mock is not None and self.mock.error is None:
            if state.distributed and _too_many(failures, len(chosen), count, share):
                raise THRESHOLD
            if isinstance(self.mock.result, list) and len(self.mock.result) != len(chosen) - failures:
                raise ApiError(
                    "ValidationException", "Input array does not equal the mocked result array's size."
                )
        return self._mocked()

    def _items(self, state: Map, given: Any) -> Items:
        if state.reader is None:
            found = items(self.bench, state, given)
            if not state.is_jsonata:
                self._see("afterItemsPath", found)
            whole = Items.of(found, "STATE_DATA")
            assert whole is not None
            return whole
        data = self.configuration.get("mapItemReaderData")
        if data is None:
            raise ApiError(
                "ValidationException",
                "ItemReader data must be specified when testing a Map state with ItemReader specified.",
            )
        arguments = {}
        if state.reader.arguments is not None:
            arguments = dataflow.evaluate(state.reader.arguments, self.bench, state, given)
        most = whole_number(self.bench, state, state.reader.max_items, given)
        reading = Reading(state.reader.config, self.services, None, most or None)
        read = parse_items(data.encode(), reading, source_of(arguments)).first(reading.limit)
        if state.reader.config.get("ItemsPointer"):
            self._see("afterItemsPointer", read.document)
        return read

    def _failed(self, error: StateError) -> dict[str, Any]:
        """Retry, then Catch, then failure."""
        answer: dict[str, Any] = {"status": "FAILED"}
        if error.error is not None:
            answer["error"] = error.error
        if error.cause is not None:
            answer["cause"] = error.cause
        tries = self.configuration.get("retrierRetryCount", 0)
        for at, retrier in enumerate(self.state.retry):
            if matches(retrier.errors, error.error):
                if tries < retrier.max_attempts:
                    details = {"retryIndex": at, "retryBackoffIntervalSeconds": int(delay(retrier, tries))}
                    self.seen["errorDetails"] = details
                    return answer | {"status": "RETRIABLE"}
                break
        for at, catcher in enumerate(self.state.catch):
            if matches(catcher.errors, error.error):
                try:
                    catch(self.bench, self.state, catcher, error)
                except StateError as second:
                    return {"status": "FAILED", "error": second.error, "cause": second.cause}
                self.seen["errorDetails"] = {"catchIndex": at}
                caught = {"status": "CAUGHT_ERROR", "nextState": catcher.next}
                return answer | caught | {"output": json_text(self.bench.input)}
        return answer


def _too_many(failures: int, iterations: int, count: int | None, share: float | None) -> bool:
    """Whether a distributed map with so many failed iterations fails."""
    if not failures:
        return False
    within_count = count is not None and failures <= count
    within_share = share is not None and iterations > 0 and failures * 100 / iterations <= share
    if count is not None and share is not None:
        return not (within_count and within_share)
    return not (within_count or within_share)
