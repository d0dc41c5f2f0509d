"""The backfill, whole: a listing in batches, only what is missing or stale, again and again."""

import json
from collections.abc import Iterator

import pytest

from tests.sagas.faults import FOREVER, Fault
from tests.sagas.image_bench import ImageBench, image_bench
from tests.sagas.pictures import picture


@pytest.fixture
def bench() -> Iterator[ImageBench]:
    with image_bench("ImageBackfill") as built:
        built.deploy("ImageIngest")
        yield built


def backfill(bench: ImageBench, faults: tuple[Fault, ...] = ()) -> list[dict[str, int]]:
    """Run it over every product; what its batches report."""
    [run] = bench.run({"prefix": "products/"}, faults=faults)
    assert run.status == "SUCCEEDED", run.cause
    manifest = run.output["ResultWriterDetails"]
    files = json.loads(bench.s3.get_object(Bucket=manifest["Bucket"], Key=manifest["Key"])["Body"].read())
    return [
        json.loads(child["Output"])
        for file in files["ResultFiles"]["SUCCEEDED"]
        for child in json.loads(
            bench.s3.get_object(Bucket="BackfillReportsBucket", Key=file["Key"])["Body"].read()
        )
    ]


def total(reports: list[dict[str, int]], what: str) -> int:
    return sum(report[what] for report in reports)


def test_a_bucket_without_metadata_is_brought_up_to_date_once(bench: ImageBench) -> None:
    body = picture(size=(20, 10))
    names = [f"products/SKU-{number}/a b+ü.png" for number in range(103)]
    for name in names:
        bench.put(body, name)
    bench.put(b"%PDF-1.7", "products/SKU-1/leaflet.pdf")
    bench.put(b"", "products/SKU-1/")
    bench.put(body, "banners/a.png")
    first = backfill(bench)
    assert len(first) == 2
    assert [total(first, what) for what in ("checked", "stale", "ingested")] == [104, 104, 104]
    assert {bench.image(name)["status"] for name in names} == {"READY"}
    assert bench.image("products/SKU-1/leaflet.pdf")["status"] == "REJECTED"
    assert bench.image("banners/a.png") == {}
    assert [broken.subject for broken in bench.audit()] == ["banners/a.png"]
    rendered = bench.world.invoked["RenderImageFunction"]
    again = backfill(bench)
    assert [total(again, what) for what in ("checked", "stale", "ingested")] == [104, 0, 0]
    assert bench.world.invoked["RenderImageFunction"] == rendered


def test_what_changed_unheard_is_made_again_and_its_late_event_changes_nothing(bench: ImageBench) -> None:
    bench.put(picture("red"))
    backfill(bench)
    unheard = bench.put(picture("blue"))
    assert total(backfill(bench), "ingested") == 1
    assert bench.image()["dominant_colour"].startswith("#0000")
    before = bench.image()
    [run] = bench.run(unheard, workflow="ImageIngest")
    assert run.status == "SUCCEEDED"
    assert bench.image() == before
    assert bench.audit() == []


def test_a_picture_that_cannot_be_ingested_is_parked_and_the_rest_go_on(bench: ImageBench) -> None:
    for number in range(3):
        bench.put(picture(size=(20, 10)), f"products/SKU-{number}/a.png")
    fault = Fault("RenderImage", "fail_before", times=1)
    assert total(backfill(bench, (fault,)), "ingested") == 2
    assert len(bench.parked()) == 1
    assert total(backfill(bench), "ingested") == 1
    assert bench.audit() == []


def test_a_store_that_is_down_fails_the_run_and_another_does_what_is_left(bench: ImageBench) -> None:
    bench.put(picture())
    [run] = bench.run({"prefix": "products/"}, faults=[Fault("FindStale", "throttle", times=FOREVER)])
    assert (run.status, run.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    assert total(backfill(bench), "ingested") == 1
    assert bench.audit() == []
