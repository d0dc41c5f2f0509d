"""Image ingest from end to end: late, repeated and reordered events. The proof fails every task in every way."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

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


def test_image_gets_thumbnails_in_five_transitions(bench: ImageBench) -> None:
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


def test_rejected_file_is_quarantined_with_its_reason(bench: ImageBench) -> None:
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
def test_rejected_file_is_listed_with_its_reason_and_has_no_thumbnails(
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


def test_deleted_image_leaves_only_a_tombstone(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    [run] = bench.run(bench.delete())
    assert (run.status, bench.image()["status"], bench.thumbnails()) == ("SUCCEEDED", "DELETED", set())
    assert [kind for kind, _ in bench.announced()] == ["ImageReady", "ImageDeleted"]
    assert bench.audit() == []


def test_new_version_replaces_the_thumbnails(bench: ImageBench) -> None:
    bench.run(bench.put(picture("red")))
    before = bench.thumbnails()
    bench.run(bench.put(picture("blue")))
    assert len(bench.thumbnails()) == 6
    assert not before & bench.thumbnails()
    assert bench.image()["dominant_colour"].startswith("#0000f")
    assert bench.audit() == []


def test_rejected_version_removes_the_thumbnails(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    bench.run(bench.put(b"%PDF-1.7"))
    assert (bench.image()["status"], bench.thumbnails()) == ("REJECTED", set())
    assert bench.audit() == []


def test_removing_the_delete_marker_restores_the_image(bench: ImageBench) -> None:
    bench.run(bench.put(picture()))
    marker = bench.delete()
    bench.run(marker)
    bench.run(bench.delete_version(marker["detail"]["object"]["version-id"]))
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_events_in_any_order_and_twice_end_in_the_newest_state(bench: ImageBench, order: tuple[int]) -> None:
    """Deliver the events of put, put, delete, put in every order, each once more at the end."""
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


def test_concurrent_events_end_in_the_newest_state(bench: ImageBench) -> None:
    events = [bench.put(picture(colour)) for colour in ("red", "green", "blue")]
    runs = bench.run(*events, *events)
    assert {run.status for run in runs} == {"SUCCEEDED"}
    assert bench.image()["version_id"] == events[-1]["detail"]["object"]["version-id"]
    assert bench.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_late_events_after_a_processed_one_end_in_the_newest_state(
    bench: ImageBench, order: tuple[int]
) -> None:
    """One put is processed; the events of two later changes arrive in any order."""
    first = bench.put(picture("red"))
    bench.run(first)
    events = [first, bench.put(picture("green")), bench.delete()]
    for index in order:
        bench.run(events[index])
    assert bench.image()["status"] == "DELETED"
    assert bench.audit() == []


def test_event_without_version_is_matched_by_etag(bench: ImageBench) -> None:
    event = bench.put(picture())
    del event["detail"]["object"]["version-id"]
    bench.run(event)
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


def test_version_deleted_while_it_is_read_ends_without_failure(
    bench: ImageBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = bench.put(picture())
    deleted = []

    def delete_meanwhile(size: int) -> None:
        deleted.append(bench.delete_version(created["detail"]["object"]["version-id"]))

    monkeypatch.setattr("images.decoding.limits.check_bytes", delete_meanwhile)
    [run] = bench.run(created)
    assert (run.status, run.path) == (
        "SUCCEEDED",
        ["RenderImage", "DiscardOutputs", "Discarded", "NothingToDo"],
    )
    assert bench.parked() == []
    [run] = bench.run(*deleted)
    assert run.status == "SUCCEEDED"
    assert bench.audit() == []


def test_redriven_event_is_ingested(bench: ImageBench) -> None:
    [run] = bench.run(bench.put(picture()), faults=[Fault("RenderImage", "throttle", times=FOREVER)])
    assert (run.status, run.error) == ("FAILED", "Lambda.TooManyRequestsException")
    [parked] = bench.parked()
    bench.run({**parked["event"], "redriven": True})
    assert bench.image()["status"] == "READY"
    assert bench.audit() == []


@pytest.mark.parametrize("step", ["TidyOutputs", "AnnounceImage"])
def test_redrive_completes_an_ingest_that_failed_after_the_pivot(bench: ImageBench, step: str) -> None:
    bench.run(bench.put(picture("red")))
    [run] = bench.run(bench.put(picture("blue")), faults=[Fault(step, "fail_before", times=FOREVER)])
    assert run.status == "FAILED"
    [parked] = bench.parked()
    bench.run({**parked["event"], "redriven": True})
    assert [kind for kind, _ in bench.announced()] == ["ImageReady", "ImageReady"]
    assert bench.audit() == []


def test_superseded_attempt_with_late_effect_leaves_nothing(bench: ImageBench) -> None:
    """A newer version settles while an older attempt's SettleImage has timed out and takes effect late."""
    bench.run(bench.put(picture("red")))
    slow = bench.put(picture("green"))
    [lost] = bench.run(slow, faults=[Fault("SettleImage", "time_out_then_effect", times=FOREVER)])
    assert lost.status == "FAILED"
    bench.run(bench.put(picture("blue")))
    bench.late_effects()
    assert bench.audit() == []


def test_folder_marker_is_ignored(bench: ImageBench) -> None:
    [run] = bench.run(bench.put(b"", "products/COF-ESP-1KG/"))
    assert (run.status, run.path) == ("SUCCEEDED", ["RenderImage", "Outcome", "NothingToDo"])
    assert bench.image("products/COF-ESP-1KG/") == {}
    assert bench.audit() == []


def test_longest_key_of_s3_is_linked_to_its_product(bench: ImageBench) -> None:
    key = "products/MUG/".ljust(1020, "x") + ".png"
    [run] = bench.run(bench.put(picture(), key))
    assert (run.status, bench.image(key)["status"]) == ("SUCCEEDED", "READY")
    assert bench.audit() == []


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail-type": "Object Created"},
        {"detail-type": "Object Created", "detail": "x"},
        {"detail-type": "Object Created", "detail": {"object": {}}},
        {"detail-type": "Object Created", "detail": {"object": {"key": ""}}},
        {"detail-type": "Object Created", "detail": {"object": {"key": "k" * 2000}}},
        {"detail-type": "Object Renamed", "detail": {"object": {"key": "products/MUG/a.png"}}},
    ],
)
def test_invalid_event_is_refused_by_name_before_any_effect(bench: ImageBench, event: dict[str, Any]) -> None:
    [run] = bench.run(event)
    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert run.path == ["RenderImage", "EventRefused"]
    assert bench.parked() == []
