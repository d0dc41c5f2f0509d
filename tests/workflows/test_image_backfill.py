"""The backfill, whole: a listing in batches, only what is missing or stale, again and again."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from till.backfill import Report, counts, report, resume
from till.errors import OperatorError
from verification.harness.faults import FOREVER, Fault, Plan
from verification.harness.image_bench import ImageBench, image_bench
from verification.harness.pictures import picture


@pytest.fixture
def bench() -> Iterator[ImageBench]:
    with image_bench("ImageBackfill") as built:
        built.deploy("ImageIngest")
        yield built


@pytest.fixture
def stack(bench: ImageBench) -> Any:
    """What `till.backfill` asks of a stack, over the bench."""
    clients = {"stepfunctions": bench.engine, "s3": bench.s3}
    return SimpleNamespace(client=clients.__getitem__, output=lambda name: name)


def backfill(bench: ImageBench, stack: Any, *faults: Fault) -> Report:
    """Run it over every product; what it says it did."""
    [run] = bench.run({"prefix": "products/"}, faults=faults)
    return report(stack, run.arn)


def test_a_bucket_without_metadata_is_brought_up_to_date_once(bench: ImageBench, stack: Any) -> None:
    body = picture(size=(20, 10))
    names = [f"products/SKU-{number}/a b+ü.png" for number in range(103)]
    for name in names:
        bench.put(body, name)
    bench.put(b"%PDF-1.7", "products/SKU-1/leaflet.pdf")
    bench.put(b"", "products/SKU-1/")
    bench.put(body, "banners/a.png")
    first = backfill(bench, stack)
    assert (first.checked, first.stale, first.ingested, first.parked, first.failed) == (104, 104, 104, 0, 0)
    assert {bench.image(name)["status"] for name in names} == {"READY"}
    assert bench.image("products/SKU-1/leaflet.pdf")["status"] == "REJECTED"
    assert bench.image("banners/a.png") == {}
    assert [broken.subject for broken in bench.audit()] == ["banners/a.png"]
    rendered = bench.world.invoked["RenderImageFunction"]
    again = backfill(bench, stack)
    assert (again.checked, again.stale) == (104, 0)
    assert bench.world.invoked["RenderImageFunction"] == rendered


def test_what_changed_unheard_is_made_again_and_its_late_event_changes_nothing(
    bench: ImageBench, stack: Any
) -> None:
    bench.put(picture("red"))
    backfill(bench, stack)
    unheard = bench.put(picture("blue"))
    assert backfill(bench, stack).ingested == 1
    assert bench.image()["dominant_colour"].startswith("#0000")
    before = bench.image()
    [run] = bench.run(unheard, workflow="ImageIngest")
    assert run.status == "SUCCEEDED"
    assert bench.image() == before
    assert bench.audit() == []


def test_a_picture_that_cannot_be_ingested_is_parked_and_the_rest_go_on(
    bench: ImageBench, stack: Any
) -> None:
    for number in range(3):
        bench.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    told = backfill(bench, stack, Fault("RenderImage", "fail_before", times=1))
    assert (told.ingested, told.parked) == (2, 1)
    assert len(bench.parked()) == 1
    assert backfill(bench, stack).ingested == 1
    assert bench.audit() == []


def test_a_store_that_is_down_fails_the_run_and_resumed_it_does_what_is_left(
    bench: ImageBench, stack: Any
) -> None:
    bench.put(picture())
    down = Fault("FindStale", "throttle", times=FOREVER)
    [run] = bench.run({"prefix": "products/"}, faults=[down])
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    told = report(stack, run.arn)
    assert (told.status, told.ingested, told.failed) == ("FAILED", 0, 1)
    bench.plan = Plan()
    bench.settled(resume(stack, run.arn))
    told = report(stack, run.arn)
    assert (told.status, told.ingested, told.failed) == ("SUCCEEDED", 1, 0)
    assert bench.audit() == []


def test_what_was_cut_short_with_the_run_is_begun_again_when_it_is_resumed(
    bench: ImageBench, stack: Any
) -> None:
    """Stopped with the run, an ingest is never to be taken for one that a lost answer hid."""
    for number in range(3):
        bench.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    bench.plan = Plan.of([Fault("SettleImage", "time_out_before", times=FOREVER)])
    arn = bench.start({"prefix": "products/"}, "ImageBackfill")
    assert (counts(stack, arn).total, counts(stack, arn).done) == (3, 0)
    bench.engine.stop_execution(executionArn=arn)
    assert len(bench.thumbnails()) == 18
    bench.plan = Plan()
    bench.settled(resume(stack, arn))
    assert report(stack, arn).ingested == 3
    assert bench.audit() == []


def test_a_run_that_listed_nothing_says_why(bench: ImageBench, stack: Any) -> None:
    bench.s3.delete_bucket(Bucket="ImagesBucket")
    with pytest.raises(OperatorError, match="NoSuchBucket"):
        backfill(bench, stack)
