"""Image ingest, whole: events late, repeated and reordered. tests/proof fails every task of it every way."""

from collections.abc import Iterator
from itertools import permutations

import pytest
from tillflow.aws import client

from verification.harness.faults import FOREVER, Fault
from verification.harness.image_bench import KEY, ImageBench, image_bench
from verification.harness.pictures import picture

READY = ["RenderImage", "Outcome", "SettleImage", "TidyOutputs", "AnnounceImage"]


@pytest.fixture
def bench() -> Iterator[ImageBench]:
    with image_bench() as built:
        yield built


def test_a_picture_gets_its_thumbnails_in_five_transitions(bench: ImageBench) -> None:
    [run] = bench.run(bench.put(picture()))
    assert (run.status, run.path) == ("SUCCEEDED", READY)
    assert run.transitions == 5
    row = bench.image()
    assert (row["status"], row["sku"], row["stored_size"]) == ("READY", "COF-ESP-1KG", [200, 100])
    assert {output["file"] for output in row["outputs"]} == {
        f"{size}.{kind}" for size in (1280, 512, 128) for kind in ("webp", "jpg")
    }
    head = bench.s3.head_object(Bucket="ThumbnailsBucket", Key=row["outputs"][0]["key"])
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/webp"
    assert [kind for kind, _ in bench.announced()] == ["ImageReady"]
    assert bench.audit() == []


def test_a_refused_file_is_quarantined_with_its_reason(bench: ImageBench) -> None:
    [run] = bench.run(bench.put(b"<svg onload='alert(1)'/>"))
    assert run.status == "SUCCEEDED"
    row = bench.image()
    assert (row["status"], row["reason"]) == ("REJECTED", "unsupported_format")
    copy = bench.s3.get_object(Bucket="QuarantineBucket", Key=row["quarantine_key"])
    assert copy["Body"].read() == b"<svg onload='alert(1)'/>"
    assert copy["Metadata"]["reason"] == "unsupported_format"
    assert copy["ContentDisposition"] == "attachment"
    assert [kind for kind, _ in bench.announced()] == ["ImageRejected"]
    assert bench.audit() == []


@pytest.mark.parametrize(
    ("body", "reason"), [(b"", "empty"), (b"%PDF-1.7", "unsupported_format"), (picture()[:60], "broken")]
)
def test_each_refusal_is_listed_with_its_reason_and_shows_nothing(
    bench: ImageBench, body: bytes, reason: str
) -> None:
    bench.run(bench.put(body))
    listed = client("dynamodb").query(
        TableName="ImagesTable",
        IndexName="quarantine",
        KeyConditionExpression="quarantine = :rejected",
        ExpressionAttributeValues={":rejected": {"S": "REJECTED"}},
    )["Items"]
    assert [(item["key"]["S"], item["reason"]["S"]) for item in listed] == [(KEY, reason)]
    assert bench.thumbnails() == set()
    assert bench.audit() == []


def test_a_deleted_picture_leaves_nothing_but_a_tombstone(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    [run] = bench.run(bench.delete())
    assert (run.status, bench.image()["status"], bench.thumbnails()) == ("SUCCEEDED", "DELETED", set())
    assert [kind for kind, _ in bench.announced()] == ["ImageReady", "ImageDeleted"]
    assert bench.audit() == []


def test_a_new_version_replaces_the_thumbnails(bench: ImageBench) -> None:
    bench.run(bench.put(picture("red")))
    before = bench.thumbnails()
    bench.run(bench.put(picture("blue")))
    assert len(bench.thumbnails()) == 6
    assert not before & bench.thumbnails()
    assert bench.image()["dominant_colour"].startswith("#0000f")
    assert bench.audit() == []


def test_a_refused_version_takes_the_picture_down(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    bench.run(bench.put(b"%PDF-1.7"))
    assert (bench.image()["status"], bench.thumbnails()) == ("REJECTED", set())
    assert bench.audit() == []


def test_removing_the_delete_marker_brings_the_picture_back(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    marker = bench.delete()
    bench.run(marker)
    bench.run(bench.delete_version(marker["detail"]["object"]["version-id"]))
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_events_in_any_order_and_twice_end_in_the_newest_state(bench: ImageBench, order: tuple[int]) -> None:
    """Put, put, delete, put: every order of the four events, each delivered again at the end."""
    events = [
        bench.put(picture("red")),
        bench.put(picture("green")),
        bench.delete(),
        bench.put(picture("blue")),
    ]
    for index in (*order, *order):
        [run] = bench.run(events[index])
        assert run.status == "SUCCEEDED"
    row = bench.image()
    assert row["version_id"] == events[3]["detail"]["object"]["version-id"]
    assert [kind for kind, _ in bench.announced()].count("ImageReady") == 1
    assert bench.audit() == []


def test_events_at_once_end_in_the_newest_state(bench: ImageBench) -> None:
    events = [bench.put(picture(colour)) for colour in ("red", "green", "blue")]
    runs = bench.run(*events, *events)
    assert {run.status for run in runs} == {"SUCCEEDED"}
    assert bench.image()["version_id"] == events[-1]["detail"]["object"]["version-id"]
    assert bench.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_events_as_they_happen_each_processed_late(bench: ImageBench, order: tuple[int]) -> None:
    """A picture put and processed, then two changes whose events come in some order."""
    first = bench.put(picture("red"))
    bench.run(first)
    events = [first, bench.put(picture("green")), bench.delete()]
    for index in order:
        bench.run(events[index])
    assert bench.image()["status"] == "DELETED"
    assert bench.audit() == []


def test_a_bucket_that_sends_no_version_is_served_by_etag(bench: ImageBench) -> None:
    event = bench.put(picture())
    del event["detail"]["object"]["version-id"]
    bench.run(event)
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


def test_a_version_that_goes_while_it_is_read_is_left_to_the_event_of_that(
    bench: ImageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = bench.put(picture())
    deleted = []

    def gone_meanwhile(size: int) -> None:
        deleted.append(bench.delete_version(created["detail"]["object"]["version-id"]))

    monkeypatch.setattr("images.limits.check_bytes", gone_meanwhile)
    [run] = bench.run(created)
    assert (run.status, run.path) == (
        "SUCCEEDED",
        ["RenderImage", "DiscardOutputs", "Discarded", "NothingToDo"],
    )
    assert bench.parked() == []
    [run] = bench.run(*deleted)
    assert run.status == "SUCCEEDED"
    assert bench.audit() == []


def test_a_parked_event_redriven_ends_as_it_should(bench: ImageBench) -> None:
    [run] = bench.run(bench.put(picture()), faults=[Fault("RenderImage", "throttle", times=FOREVER)])
    assert (run.status, run.error) == ("FAILED", "Lambda.TooManyRequestsException")
    [parked] = bench.parked()
    bench.run({**parked["event"], "redriven": True})
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


@pytest.mark.parametrize("step", ["TidyOutputs", "AnnounceImage"])
def test_what_was_settled_but_not_finished_is_finished_by_a_redrive(bench: ImageBench, step: str) -> None:
    bench.run(bench.put(picture("red")))
    [run] = bench.run(bench.put(picture("blue")), faults=[Fault(step, "fail_before", times=FOREVER)])
    assert run.status == "FAILED"
    [parked] = bench.parked()
    bench.run({**parked["event"], "redriven": True})
    assert [kind for kind, _ in bench.announced()] == ["ImageReady", "ImageReady"]
    assert bench.audit() == []


def test_loser_of_a_race_leaves_nothing_whatever_its_discard_meets(bench: ImageBench) -> None:
    """A version rendered while a newer one settles: its SettleImage is late by a time-out."""
    bench.run(bench.put(picture("red")))
    slow = bench.put(picture("green"))
    [lost] = bench.run(slow, faults=[Fault("SettleImage", "time_out_then_effect", times=FOREVER)])
    assert lost.status == "FAILED"
    bench.run(bench.put(picture("blue")))
    bench.late_effects()
    assert bench.audit() == []
