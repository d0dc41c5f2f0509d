"""Image backfill from end to end: a listing in batches, only missing or stale thumbnails, repeated runs."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from images.backfill import BackfillOperations, BackfillWithoutReport, Report

from verification.harness.faults import FOREVER, Fault, FaultSchedule
from verification.harness.image_buckets import picture
from verification.harness.image_fixture import ImageFixture, image_fixture


@pytest.fixture
def fixture() -> Iterator[ImageFixture]:
    with image_fixture("ImageBackfill") as built:
        built.deploy("ImageIngest")
        yield built


@pytest.fixture
def operations(fixture: ImageFixture) -> BackfillOperations:
    """Backfill operations on the fixture's engine and buckets."""
    clients = {"stepfunctions": fixture.engine, "s3": fixture.s3}
    deployment: Any = SimpleNamespace(client=clients.__getitem__, output=lambda name: name)
    return BackfillOperations(deployment)


def backfill(fixture: ImageFixture, operations: BackfillOperations, *faults: Fault) -> Report:
    """Run a backfill of every product and return its report."""
    [run] = fixture.run({"prefix": "products/"}, faults=faults)
    return operations.report(run.arn)


def test_every_object_is_ingested_once(fixture: ImageFixture, operations: BackfillOperations) -> None:
    body = picture(size=(20, 10))
    names = [f"products/SKU-{number}/a b+ü.png" for number in range(103)]
    for name in names:
        fixture.put(body, name)
    fixture.put(b"%PDF-1.7", "products/SKU-1/leaflet.pdf")
    fixture.put(b"", "products/SKU-1/")
    fixture.put(body, "banners/a.png")
    first = backfill(fixture, operations)
    assert (first.checked, first.stale, first.ingested, first.dead_lettered, first.failed) == (
        104,
        104,
        104,
        0,
        0,
    )
    assert {fixture.image(name)["status"] for name in names} == {"READY"}
    assert fixture.image("products/SKU-1/leaflet.pdf")["status"] == "REJECTED"
    assert fixture.image("banners/a.png") == {}
    assert [broken.subject for broken in fixture.audit()] == ["banners/a.png"]
    rendered = fixture.services.invoked["RenderImageFunction"]
    again = backfill(fixture, operations)
    assert (again.checked, again.stale) == (104, 0)
    assert fixture.services.invoked["RenderImageFunction"] == rendered


def test_missed_change_is_ingested_and_its_late_event_changes_nothing(
    fixture: ImageFixture, operations: BackfillOperations
) -> None:
    fixture.put(picture("red"))
    backfill(fixture, operations)
    undelivered = fixture.put(picture("blue"))
    assert backfill(fixture, operations).ingested == 1
    assert fixture.image()["dominant_colour"].startswith("#0000")
    before = fixture.image()
    [run] = fixture.run(undelivered, workflow="ImageIngest")
    assert run.status == "SUCCEEDED"
    assert fixture.image() == before
    assert fixture.audit() == []


def test_failed_image_is_dead_lettered_and_the_others_are_ingested(
    fixture: ImageFixture, operations: BackfillOperations
) -> None:
    for number in range(3):
        fixture.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    result = backfill(fixture, operations, Fault("RenderImage", "fail_before", times=1))
    assert (result.ingested, result.dead_lettered) == (2, 1)
    assert len(fixture.dead_letters()) == 1
    assert backfill(fixture, operations).ingested == 1
    assert fixture.audit() == []


def test_resumed_run_processes_the_rest_of_a_failed_run(
    fixture: ImageFixture, operations: BackfillOperations
) -> None:
    fixture.put(picture())
    down = Fault("FindStale", "throttle", times=FOREVER)
    [run] = fixture.run({"prefix": "products/"}, faults=[down])
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    result = operations.report(run.arn)
    assert (result.status, result.ingested, result.failed) == ("FAILED", 0, 1)
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(operations.resume(run.arn))
    result = operations.report(run.arn)
    assert (result.status, result.ingested, result.failed) == ("SUCCEEDED", 1, 0)
    assert fixture.audit() == []


def test_resumed_run_restarts_aborted_ingests(fixture: ImageFixture, operations: BackfillOperations) -> None:
    """An ingest that was stopped with the run must not count as one whose response was lost."""
    for number in range(3):
        fixture.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    fixture.schedule = FaultSchedule.of([Fault("SettleImage", "time_out_before", times=FOREVER)])
    arn = fixture.start({"prefix": "products/"}, "ImageBackfill")
    assert (operations.progress(arn).total, operations.progress(arn).succeeded) == (3, 0)
    fixture.engine.stop_execution(executionArn=arn)
    assert len(fixture.thumbnails()) == 18
    fixture.schedule = FaultSchedule()
    fixture.run_until_settled(operations.resume(arn))
    assert operations.report(arn).ingested == 3
    assert fixture.audit() == []


def test_run_without_listing_raises_the_cause(fixture: ImageFixture, operations: BackfillOperations) -> None:
    fixture.s3.delete_bucket(Bucket="ImagesBucket")
    with pytest.raises(BackfillWithoutReport, match="NoSuchBucket"):
        backfill(fixture, operations)


@pytest.mark.parametrize("request_", [{}, {"prefix": None}, {"prefix": ["a"]}, {"prefix": "x" * 1025}])
def test_invalid_input_is_refused_by_name(fixture: ImageFixture, request_: dict[str, Any]) -> None:
    [run] = fixture.run(request_)
    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
