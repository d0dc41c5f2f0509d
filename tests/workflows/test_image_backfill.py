"""Image backfill from end to end: a listing in batches, only missing or stale thumbnails, repeated runs."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from images.backfill import BackfillOperations, BackfillWithoutReport, Report

from verification.harness.faults import FOREVER, Fault, Plan
from verification.harness.image_bench import ImageBench, image_bench
from verification.harness.pictures import picture


@pytest.fixture
def bench() -> Iterator[ImageBench]:
    with image_bench("ImageBackfill") as built:
        built.deploy("ImageIngest")
        yield built


@pytest.fixture
def operations(bench: ImageBench) -> BackfillOperations:
    """Backfill operations on the bench's engine and buckets."""
    clients = {"stepfunctions": bench.engine, "s3": bench.s3}
    deployment: Any = SimpleNamespace(client=clients.__getitem__, output=lambda name: name)
    return BackfillOperations(deployment)


def backfill(bench: ImageBench, operations: BackfillOperations, *faults: Fault) -> Report:
    """Run a backfill of every product and return its report."""
    [run] = bench.run({"prefix": "products/"}, faults=faults)
    return operations.report(run.arn)


def test_every_object_is_ingested_once(bench: ImageBench, operations: BackfillOperations) -> None:
    body = picture(size=(20, 10))
    names = [f"products/SKU-{number}/a b+ü.png" for number in range(103)]
    for name in names:
        bench.put(body, name)
    bench.put(b"%PDF-1.7", "products/SKU-1/leaflet.pdf")
    bench.put(b"", "products/SKU-1/")
    bench.put(body, "banners/a.png")
    first = backfill(bench, operations)
    assert (first.checked, first.stale, first.ingested, first.dead_lettered, first.failed) == (
        104,
        104,
        104,
        0,
        0,
    )
    assert {bench.image(name)["status"] for name in names} == {"READY"}
    assert bench.image("products/SKU-1/leaflet.pdf")["status"] == "REJECTED"
    assert bench.image("banners/a.png") == {}
    assert [broken.subject for broken in bench.audit()] == ["banners/a.png"]
    rendered = bench.world.invoked["RenderImageFunction"]
    again = backfill(bench, operations)
    assert (again.checked, again.stale) == (104, 0)
    assert bench.world.invoked["RenderImageFunction"] == rendered


def test_missed_change_is_ingested_and_its_late_event_changes_nothing(
    bench: ImageBench, operations: BackfillOperations
) -> None:
    bench.put(picture("red"))
    backfill(bench, operations)
    undelivered = bench.put(picture("blue"))
    assert backfill(bench, operations).ingested == 1
    assert bench.image()["dominant_colour"].startswith("#0000")
    before = bench.image()
    [run] = bench.run(undelivered, workflow="ImageIngest")
    assert run.status == "SUCCEEDED"
    assert bench.image() == before
    assert bench.audit() == []


def test_failed_image_is_dead_lettered_and_the_others_are_ingested(
    bench: ImageBench, operations: BackfillOperations
) -> None:
    for number in range(3):
        bench.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    result = backfill(bench, operations, Fault("RenderImage", "fail_before", times=1))
    assert (result.ingested, result.dead_lettered) == (2, 1)
    assert len(bench.parked()) == 1
    assert backfill(bench, operations).ingested == 1
    assert bench.audit() == []


def test_resumed_run_does_what_a_failed_run_left(bench: ImageBench, operations: BackfillOperations) -> None:
    bench.put(picture())
    down = Fault("FindStale", "throttle", times=FOREVER)
    [run] = bench.run({"prefix": "products/"}, faults=[down])
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    result = operations.report(run.arn)
    assert (result.status, result.ingested, result.failed) == ("FAILED", 0, 1)
    bench.plan = Plan()
    bench.settled(operations.resume(run.arn))
    result = operations.report(run.arn)
    assert (result.status, result.ingested, result.failed) == ("SUCCEEDED", 1, 0)
    assert bench.audit() == []


def test_resumed_run_restarts_aborted_ingests(bench: ImageBench, operations: BackfillOperations) -> None:
    """An ingest that was stopped with the run must not count as one whose response was lost."""
    for number in range(3):
        bench.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    bench.plan = Plan.of([Fault("SettleImage", "time_out_before", times=FOREVER)])
    arn = bench.start({"prefix": "products/"}, "ImageBackfill")
    assert (operations.progress(arn).total, operations.progress(arn).succeeded) == (3, 0)
    bench.engine.stop_execution(executionArn=arn)
    assert len(bench.thumbnails()) == 18
    bench.plan = Plan()
    bench.settled(operations.resume(arn))
    assert operations.report(arn).ingested == 3
    assert bench.audit() == []


def test_run_without_listing_raises_the_cause(bench: ImageBench, operations: BackfillOperations) -> None:
    bench.s3.delete_bucket(Bucket="ImagesBucket")
    with pytest.raises(BackfillWithoutReport, match="NoSuchBucket"):
        backfill(bench, operations)


@pytest.mark.parametrize("request_", [{}, {"prefix": None}, {"prefix": ["a"]}, {"prefix": "x" * 1025}])
def test_invalid_input_is_refused_by_name(bench: ImageBench, request_: dict[str, Any]) -> None:
    [run] = bench.run(request_)
    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
