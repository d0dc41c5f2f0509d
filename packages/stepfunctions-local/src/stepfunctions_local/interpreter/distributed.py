"""Distributed Map: every item, or batch of items, in a child execution of its own, under a map run.

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
from ..descriptions import described
from ..errors import RuntimeFailure, StateError
from ..history import failure, json_text
from ..integrations import item_reader, result_writer
from ..integrations.item_reader import Items
from . import dataflow
from .frame import JOIN, Frame
from .map import items, percentage, selected, whole_number
from .map_run import MapRun, status_counts


async def do_distributed_map(frame: Frame, state: Map) -> str | None:
    if frame.phase != JOIN:
        _start_run(frame, state)
    elif frame.data.pop("redriven", False):
        _redrive_run(frame)
    try:
        if frame.data["inputs"] is None:
            await _read(frame, state)
        run = await _work(frame, state)
        result = await _result(frame, state, run)
    except StateError as error:
        _close(frame, "FAILED")
        frame.event("MapRunFailed", "mapRunFailedEventDetails", failure(error))
        raise
    _close(frame, "SUCCEEDED", run)
    frame.event("MapRunSucceeded")
    frame.event("MapStateSucceeded", advance=False)
    value, assigned = dataflow.output(frame, state, result)
    dataflow.exit_state(frame, state, value, assigned, state.next)
    return state.next


def _start_run(frame: Frame, state: Map) -> None:
    """Evaluate the Map's fields, and write down the map run with, if no ItemReader has them, its items."""
    runtime, execution = frame.execution.runtime, frame.execution
    seen = dataflow.effective_input(frame, state)
    found = None if state.reader is not None else Items.of(items(frame, state, seen), "STATE_DATA")
    length = 0 if found is None else len(found.values)
    concurrency = whole_number(frame, state, state.max_concurrency, seen) or 0
    frame.event("MapStateStarted", "mapStateStartedEventDetails", {"length": length})
    reading = _reading(frame, state, seen) if state.reader is not None else None
    # What cannot be evaluated fails the state before there is a map run.
    children = {"inputs": None} if found is None else _children_of(frame, state, seen, [found])
    label = state.label or generated_label(execution.machine_arn, state.processor.pointer)
    machine = f"{execution.machine_arn}/{label}"
    run: dict[str, Any] = {
        "mapRunArn": f"{machine.replace(':stateMachine:', ':mapRun:')}:{uuid.uuid4()}",
        "executionArn": execution.arn,
        "stateMachineArn": machine,
        "status": "RUNNING",
        "startDate": runtime.clock.now(),
        "maxConcurrency": concurrency,
        "toleratedFailureCount": whole_number(frame, state, state.tolerated_count, seen),
        "toleratedFailurePercentage": percentage(frame, state, seen),
        "redriveCount": 0,
        "itemCounts": status_counts(Counter()),
        "executionCounts": status_counts(Counter()),
        "express": state.express,
        "processor": state.processor.pointer,
    }
    frame.event("MapRunStarted", "mapRunStartedEventDetails", {"mapRunArn": run["mapRunArn"]})
    runtime.store.put("map_run", run["mapRunArn"], run)
    frame.data = {"run": run["mapRunArn"], "seen": seen, "reading": reading, **children}
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


def _reading(frame: Frame, state: Map, seen: Any) -> dict[str, Any]:
    """What the ItemReader is asked for, evaluated."""
    reader = state.reader
    assert reader is not None
    arguments = dataflow.evaluate(reader.arguments, frame, state, seen) if reader.arguments else {}
    return {
        "resource": reader.resource,
        "arguments": arguments,
        "config": reader.config,
        "max_items": whole_number(frame, state, reader.max_items, seen),
    }


async def _read(frame: Frame, state: Map) -> None:
    runtime, reading = frame.execution.runtime, frame.data["reading"]
    await runtime.store.committed()
    found = await item_reader.read_items(
        reading["resource"],
        reading["arguments"],
        item_reader.Reading(
            reading["config"], runtime.services, frame.execution.row["roleArn"], reading["max_items"] or None
        ),
    )
    frame.data |= _children_of(frame, state, frame.data["seen"], found)
    frame.save()


def _children_of(frame: Frame, state: Map, seen: Any, found: list[Items]) -> dict[str, Any]:
    """The children's inputs: each item as ItemSelector has it, in batches where ItemBatcher says so."""
    chosen = [selected(frame, state, seen, item) for item in contexts(found)]
    inputs, weights = batched(frame, state, seen, chosen)
    return {"inputs": inputs, "weights": weights}


def contexts(found: list[Items]) -> Iterator[dict[str, Any]]:
    """What the context object has under Map.Item for each item, over all sources."""
    at = itertools.count()
    for items_of in found:
        for position, value in enumerate(items_of.values):
            key = {} if items_of.keys is None else {"Key": items_of.keys[position]}
            yield {"Index": next(at), **key, "Value": value, "Source": items_of.source}


def batched(frame: Frame, state: Map, seen: Any, chosen: list[Any]) -> tuple[list[Any], list[int]]:
    """The children's inputs, batched where ItemBatcher says so, and how many items each has."""
    batcher = state.batcher
    if batcher is None:
        return chosen, [1] * len(chosen)
    most = _limit(frame, state, batcher.max_items, seen)
    most_bytes = _limit(frame, state, batcher.max_bytes, seen)
    common = dataflow.evaluate(batcher.batch_input, frame, state, seen) if batcher.batch_input else None
    batches: list[list[Any]] = []
    size = 0
    for item in chosen:
        own = len(json_text(item).encode())
        full = most is not None and batches and len(batches[-1]) >= most
        if not batches or full or (most_bytes is not None and size + own > most_bytes):
            batches.append([])
            size = 0
        batches[-1].append(item)
        size += own
    inputs = [
        {"Items": batch} if common is None else {"BatchInput": common, "Items": batch} for batch in batches
    ]
    return inputs, [len(batch) for batch in batches]


def _limit(frame: Frame, state: Map, field: Field | None, seen: Any) -> int | None:
    value = whole_number(frame, state, field, seen)
    if value == 0 and field is not None:
        raise RuntimeFailure(f"{field.name.removesuffix('Path')} must be positive.")
    return value


async def _work(frame: Frame, state: Map) -> MapRun:
    runtime = frame.execution.runtime
    document = _document(frame) | {"flow": lambda: state.processor}
    run = MapRun(frame, document, frame.data["inputs"], frame.data["weights"])
    try:
        await run.work()
    except StateError:
        await run.stop()
        _keep_counts(frame, run)
        if state.writer is not None and state.writer.resource is not None:
            await _export(frame, state, run)
        raise
    except asyncio.CancelledError:
        if not runtime.closing:
            runtime.run_in_background(run.stop())
            _close(frame, "ABORTED", run)
        raise
    _keep_counts(frame, run)
    return run


async def _result(frame: Frame, state: Map, run: MapRun) -> Any:
    """The Map's result: the children's outputs, or what the ResultWriter makes of them."""
    writer = state.writer
    if writer is not None and writer.resource is not None:
        return await _export(frame, state, run)
    config = {"Transformation": "COMPACT"} if writer is None else writer.config
    return result_writer.transformed(_children(run), config)


def _children(run: MapRun) -> list[dict[str, Any]]:
    return [described(row) for row in run.results()]


async def _export(frame: Frame, state: Map, run: MapRun) -> Any:
    """Write what became of every child to S3. Answers where it is."""
    writer = state.writer
    assert writer is not None
    arguments = (
        dataflow.evaluate(writer.arguments, frame, state, frame.data["seen"]) if writer.arguments else {}
    )
    target = result_writer.Export(
        bucket=arguments.get("Bucket", ""),
        prefix=arguments.get("Prefix", ""),
        map_run_arn=run.arn,
        services=frame.execution.runtime.services,
        role_arn=frame.execution.row["roleArn"],
    )
    return await result_writer.export([*_children(run), *run.pending()], writer.config, target)


def _document(frame: Frame) -> dict[str, Any]:
    run = frame.execution.runtime.store.get("map_run", frame.data["run"])
    assert run is not None
    return run


def _keep_counts(frame: Frame, run: MapRun) -> None:
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
