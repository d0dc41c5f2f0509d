"""Distributed Map: a child execution for every item, or batch of items, under a map run.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..definition import Field, Map
from ..definition.labels import generated_label
from ..descriptions import execution_description
from ..errors import RuntimeFailure, StateError
from ..history import failure, json_text
from ..integrations import item_reader, result_writer
from ..integrations.item_reader import Items
from . import dataflow
from .frame import JOIN, Frame
from .map import integer, item_input, item_limit, items, percentage, whole_number
from .map_run import MapRun, status_counts


async def do_distributed_map(frame: Frame, state: Map) -> str | None:
    """Run a distributed Map state and return the next state."""
    if frame.phase != JOIN:
        _start_run(frame, state)
    elif frame.data.pop("redriven", False):
        _redrive_run(frame)
    try:
        if frame.data["inputs"] is None:
            await _read_items(frame, state)
        run = await _run_children(frame, state)
        result = await _result(frame, state, run)
    except StateError as error:
        _close(frame, "FAILED")
        frame.event("MapRunFailed", "mapRunFailedEventDetails", failure(error))
        raise
    _close(frame, "SUCCEEDED", run)
    frame.event("MapRunSucceeded")
    succeeded = frame.event("MapStateSucceeded", advance=False)
    dataflow.exit_with_result(frame, state, result, succeeded)
    return state.next


def _start_run(frame: Frame, state: Map) -> None:
    """Evaluate the Map's fields and store the map run, with its items unless an ItemReader reads them."""
    runtime, execution = frame.execution.runtime, frame.execution
    state_input = dataflow.effective_input(frame, state)
    source = None
    if state.reader is None:
        source = Items.of(items(frame, state, state_input), "STATE_DATA")
    length = 0 if source is None else len(source.values)
    concurrency = whole_number(frame, state, state.max_concurrency, state_input) or 0
    frame.event("MapStateStarted", "mapStateStartedEventDetails", {"length": length})
    reading = _reading(frame, state, state_input) if state.reader is not None else None
    # An evaluation failure fails the state before the map run exists.
    children = {"inputs": None} if source is None else _child_inputs(frame, state, state_input, [source])
    label = state.label or generated_label(execution.machine_arn, state.processor.pointer)
    machine = f"{execution.machine_arn}/{label}"
    run: dict[str, Any] = {
        "mapRunArn": f"{machine.replace(':stateMachine:', ':mapRun:')}:{uuid.uuid4()}",
        "executionArn": execution.arn,
        "stateMachineArn": machine,
        "status": "RUNNING",
        "startDate": runtime.clock.now(),
        "maxConcurrency": concurrency,
        "toleratedFailureCount": whole_number(frame, state, state.tolerated_count, state_input),
        "toleratedFailurePercentage": percentage(frame, state, state_input),
        "redriveCount": 0,
        "itemCounts": status_counts(Counter()),
        "executionCounts": status_counts(Counter()),
        "express": state.express,
        "processor": state.processor.pointer,
    }
    frame.event("MapRunStarted", "mapRunStartedEventDetails", {"mapRunArn": run["mapRunArn"]})
    runtime.store.put("map_run", run["mapRunArn"], run)
    frame.data = {"run": run["mapRunArn"], "state_input": state_input, "reading": reading, **children}
    frame.phase = JOIN
    frame.save()


def _redrive_run(frame: Frame) -> None:
    run = _document(frame)
    run["redriveCount"] += 1
    run |= {"status": "RUNNING", "redriveDate": frame.execution.runtime.clock.now()}
    run.pop("stopDate", None)
    frame.execution.runtime.store.put("map_run", run["mapRunArn"], run)
    details = {"mapRunArn": run["mapRunArn"], "redriveCount": run["redriveCount"]}
    frame.event("MapRunRedriven", "mapRunRedrivenEventDetails", details)
    frame.save()


def _reading(frame: Frame, state: Map, state_input: Any) -> dict[str, Any]:
    """Return the evaluated ItemReader."""
    reader = state.reader
    assert reader is not None
    arguments = dataflow.evaluate(reader.arguments, frame, state, state_input) if reader.arguments else {}
    return {
        "resource": reader.resource,
        "arguments": arguments,
        "config": reader.config,
        "max_items": integer(frame, state, reader.max_items, state_input),
    }


async def _read_items(frame: Frame, state: Map) -> None:
    runtime, reading = frame.execution.runtime, frame.data["reading"]
    await runtime.store.committed()
    sources = await item_reader.read_items(
        reading["resource"],
        reading["arguments"],
        item_reader.Reading(
            reading["config"],
            runtime.services,
            frame.execution.row["roleArn"],
            item_limit(reading["max_items"]),
        ),
    )
    frame.data |= _child_inputs(frame, state, frame.data["state_input"], sources)
    frame.save()


def _child_inputs(frame: Frame, state: Map, state_input: Any, sources: list[Items]) -> dict[str, Any]:
    """Return the children's inputs: each item after ItemSelector, batched by ItemBatcher."""
    values = [item_input(frame, state, state_input, item) for item in contexts(sources)]
    inputs, weights = batched(frame, state, state_input, values)
    return {"inputs": inputs, "weights": weights}


def contexts(sources: list[Items]) -> Iterator[dict[str, Any]]:
    """Yield the context object's Map.Item of each item of all sources."""
    index = itertools.count()
    for source in sources:
        for position, value in enumerate(source.values):
            key = {} if source.keys is None else {"Key": source.keys[position]}
            yield {"Index": next(index), **key, "Value": value, "Source": source.source}


def batched(frame: Frame, state: Map, state_input: Any, values: list[Any]) -> tuple[list[Any], list[int]]:
    """Return the children's inputs, batched by ItemBatcher, and the number of items in each."""
    batcher = state.batcher
    if batcher is None:
        return values, [1] * len(values)
    max_items = _limit(frame, state, batcher.max_items, state_input)
    max_bytes = _limit(frame, state, batcher.max_bytes, state_input)
    common = None
    if batcher.batch_input:
        common = dataflow.evaluate(batcher.batch_input, frame, state, state_input)
    batches: list[list[Any]] = []
    size = 0
    for value in values:
        value_size = len(json_text(value).encode())
        full = max_items is not None and batches and len(batches[-1]) >= max_items
        if not batches or full or (max_bytes is not None and size + value_size > max_bytes):
            batches.append([])
            size = 0
        batches[-1].append(value)
        size += value_size
    inputs = [
        {"Items": batch} if common is None else {"BatchInput": common, "Items": batch} for batch in batches
    ]
    return inputs, [len(batch) for batch in batches]


def _limit(frame: Frame, state: Map, field: Field | None, state_input: Any) -> int | None:
    value = whole_number(frame, state, field, state_input)
    if value == 0 and field is not None:
        raise RuntimeFailure(f"{field.name.removesuffix('Path')} must be positive.")
    return value


async def _run_children(frame: Frame, state: Map) -> MapRun:
    runtime = frame.execution.runtime
    run = MapRun(frame, _document(frame), state.processor, frame.data["inputs"], frame.data["weights"])
    try:
        await run.run()
    except StateError:
        await run.stop()
        _save_counts(frame, run)
        if state.writer is not None and state.writer.resource is not None:
            await _export(frame, state, run)
        raise
    except asyncio.CancelledError:
        if not runtime.closing:
            runtime.run_in_background(run.stop())
            _close(frame, "ABORTED", run)
        raise
    _save_counts(frame, run)
    return run


async def _result(frame: Frame, state: Map, run: MapRun) -> Any:
    """Return the Map's result: the children's outputs, or the ResultWriter's manifest."""
    writer = state.writer
    if writer is not None and writer.resource is not None:
        return await _export(frame, state, run)
    config = {"Transformation": "COMPACT"} if writer is None else writer.config
    return result_writer.transformed(_children(run), config)


def _children(run: MapRun) -> list[dict[str, Any]]:
    return [execution_description(row) for row in run.results()]


async def _export(frame: Frame, state: Map, run: MapRun) -> Any:
    """Write the result of every child to S3 and return the location."""
    writer = state.writer
    assert writer is not None
    arguments = {}
    if writer.arguments:
        arguments = dataflow.evaluate(writer.arguments, frame, state, frame.data["state_input"])
    target = result_writer.ExportTarget(
        bucket=_text(arguments, "Bucket"),
        prefix=_text(arguments, "Prefix"),
        map_run_arn=run.arn,
        services=frame.execution.runtime.services,
        role_arn=frame.execution.row["roleArn"],
    )
    return await result_writer.export([*_children(run), *run.pending()], writer.config, target)


def _text(arguments: dict[str, Any], name: str) -> str:
    """Return an argument of the ResultWriter, empty when it is missing. Raises StateError for another type."""
    value = arguments.get(name, "")
    if not isinstance(value, str):
        raise StateError(
            "States.ResultWriterFailed", f"The value of the field '{name}' has an invalid format"
        )
    return value


def _document(frame: Frame) -> dict[str, Any]:
    return frame.execution.runtime.store.require("map_run", frame.data["run"])


def _save_counts(frame: Frame, run: MapRun) -> None:
    frame.execution.runtime.store.put("map_run", run.arn, _document(frame) | run.counts())


def _close(frame: Frame, status: str, run: MapRun | None = None) -> None:
    document = _document(frame)
    if run is not None:
        document |= run.counts()
    if status == "SUCCEEDED":
        for kind in ("itemCounts", "executionCounts"):
            document[kind]["resultsWritten"] = document[kind]["succeeded"]
    document |= {"status": status, "stopDate": frame.execution.runtime.clock.now()}
    frame.execution.runtime.store.put("map_run", document["mapRunArn"], document)
