"""Image ingest from end to end: late, repeated and reordered events. The proof fails every task in every way."""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import pytest
from tillflow.aws import client

from verification.harness.faults import FOREVER, Fault
from verification.harness.image_buckets import picture
from verification.harness.image_fixture import KEY, ImageFixture, image_fixture

READY = ["RenderImage", "Outcome", "SettleImage", "TidyOutputs", "AnnounceImage"]


@pytest.fixture
def fixture() -> Iterator[ImageFixture]:
    with image_fixture() as built:
        yield built


def test_image_gets_thumbnails_in_five_transitions(fixture: ImageFixture) -> None:
    [run] = fixture.run(fixture.put(picture()))
    assert (run.status, run.path) == ("SUCCEEDED", READY)
    assert run.transitions == 5
    row = fixture.image()
    assert (row["status"], row["sku"], row["stored_size"]) == ("READY", "COF-ESP-1KG", [200, 100])
    assert {output["file"] for output in row["outputs"]} == {
        f"{size}.{kind}" for size in (1280, 512, 128) for kind in ("webp", "jpg")
    }
    head = fixture.s3.head_object(Bucket="ThumbnailsBucket", Key=row["outputs"][0]["key"])
    assert head["CacheControl"] == "public, max-age=31536000, immutable"
    assert head["ContentType"] == "image/webp"
    assert [kind for kind, _ in fixture.announced()] == ["ImageReady"]
    assert fixture.audit() == []


def test_rejected_file_is_quarantined_with_its_reason(fixture: ImageFixture) -> None:
    [run] = fixture.run(fixture.put(b"<svg onload='alert(1)'/>"))
    assert run.status == "SUCCEEDED"
    row = fixture.image()
    assert (row["status"], row["reason"]) == ("REJECTED", "unsupported_format")
    copy = fixture.s3.get_object(Bucket="QuarantineBucket", Key=row["quarantine_key"])
    assert copy["Body"].read() == b"<svg onload='alert(1)'/>"
    assert copy["Metadata"]["reason"] == "unsupported_format"
    assert copy["ContentDisposition"] == "attachment"
    assert [kind for kind, _ in fixture.announced()] == ["ImageRejected"]
    assert fixture.audit() == []


@pytest.mark.parametrize(
    ("body", "reason"), [(b"", "empty"), (b"%PDF-1.7", "unsupported_format"), (picture()[:60], "broken")]
)
def test_rejected_file_is_listed_with_its_reason_and_has_no_thumbnails(
    fixture: ImageFixture, body: bytes, reason: str
) -> None:
    fixture.run(fixture.put(body))
    listed = client("dynamodb").query(
        TableName="ImagesTable",
        IndexName="quarantine",
        KeyConditionExpression="quarantine = :rejected",
        ExpressionAttributeValues={":rejected": {"S": "REJECTED"}},
    )["Items"]
    assert [(item["key"]["S"], item["reason"]["S"]) for item in listed] == [(KEY, reason)]
    assert fixture.thumbnails() == set()
    assert fixture.audit() == []


def test_deleted_image_leaves_only_a_tombstone(fixture: ImageFixture) -> None:
    fixture.run(fixture.put(picture()))
    [run] = fixture.run(fixture.delete())
    assert (run.status, fixture.image()["status"], fixture.thumbnails()) == ("SUCCEEDED", "DELETED", set())
    assert [kind for kind, _ in fixture.announced()] == ["ImageReady", "ImageDeleted"]
    assert fixture.audit() == []


def test_new_version_replaces_the_thumbnails(fixture: ImageFixture) -> None:
    fixture.run(fixture.put(picture("red")))
    before = fixture.thumbnails()
    fixture.run(fixture.put(picture("blue")))
    assert len(fixture.thumbnails()) == 6
    assert not before & fixture.thumbnails()
    assert fixture.image()["dominant_colour"].startswith("#0000f")
    assert fixture.audit() == []


def test_rejected_version_removes_the_thumbnails(fixture: ImageFixture) -> None:
    fixture.run(fixture.put(picture()))
    fixture.run(fixture.put(b"%PDF-1.7"))
    assert (fixture.image()["status"], fixture.thumbnails()) == ("REJECTED", set())
    assert fixture.audit() == []


def test_removing_the_delete_marker_restores_the_image(fixture: ImageFixture) -> None:
    fixture.run(fixture.put(picture()))
    marker = fixture.delete()
    fixture.run(marker)
    fixture.run(fixture.delete_version(marker["detail"]["object"]["version-id"]))
    assert fixture.image()["status"] == "READY"
    assert fixture.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_events_in_any_order_and_twice_end_in_the_newest_state(
    fixture: ImageFixture, order: tuple[int]
) -> None:
    """Deliver the events of put, put, delete, put in every order, each once more at the end."""
    events = [
        fixture.put(picture("red")),
        fixture.put(picture("green")),
        fixture.delete(),
        fixture.put(picture("blue")),
    ]
    for index in (*order, *order):
        [run] = fixture.run(events[index])
        assert run.status == "SUCCEEDED"
    row = fixture.image()
    assert row["version_id"] == events[3]["detail"]["object"]["version-id"]
    assert [kind for kind, _ in fixture.announced()].count("ImageReady") == 1
    assert fixture.audit() == []


def test_concurrent_events_end_in_the_newest_state(fixture: ImageFixture) -> None:
    events = [fixture.put(picture(colour)) for colour in ("red", "green", "blue")]
    runs = fixture.run(*events, *events)
    assert {run.status for run in runs} == {"SUCCEEDED"}
    assert fixture.image()["version_id"] == events[-1]["detail"]["object"]["version-id"]
    assert fixture.audit() == []


@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_late_events_after_a_processed_one_end_in_the_newest_state(
    fixture: ImageFixture, order: tuple[int]
) -> None:
    """One put is processed; the events of two later changes arrive in any order."""
    first = fixture.put(picture("red"))
    fixture.run(first)
    events = [first, fixture.put(picture("green")), fixture.delete()]
    for index in order:
        fixture.run(events[index])
    assert fixture.image()["status"] == "DELETED"
    assert fixture.audit() == []


def test_event_without_version_is_matched_by_etag(fixture: ImageFixture) -> None:
    event = fixture.put(picture())
    del event["detail"]["object"]["version-id"]
    fixture.run(event)
    assert fixture.image()["status"] == "READY"
    assert fixture.audit() == []


def test_version_deleted_while_it_is_read_ends_without_failure(
    fixture: ImageFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = fixture.put(picture())
    deleted = []

    def delete_meanwhile(size: int) -> None:
        deleted.append(fixture.delete_version(created["detail"]["object"]["version-id"]))

    monkeypatch.setattr("images.decoding.limits.check_bytes", delete_meanwhile)
    [run] = fixture.run(created)
    assert (run.status, run.path) == (
        "SUCCEEDED",
        ["RenderImage", "DiscardOutputs", "Discarded", "NothingToDo"],
    )
    assert fixture.dead_letters() == []
    [run] = fixture.run(*deleted)
    assert run.status == "SUCCEEDED"
    assert fixture.audit() == []


def test_redriven_event_is_ingested(fixture: ImageFixture) -> None:
    [run] = fixture.run(fixture.put(picture()), faults=[Fault("RenderImage", "throttle", times=FOREVER)])
    assert (run.status, run.error) == ("FAILED", "Lambda.TooManyRequestsException")
    [message] = fixture.dead_letters()
    fixture.run({**message["event"], "redriven": True})
    assert fixture.image()["status"] == "READY"
    assert fixture.audit() == []


@pytest.mark.parametrize("step", ["TidyOutputs", "AnnounceImage"])
def test_redrive_completes_an_ingest_that_failed_after_the_pivot(fixture: ImageFixture, step: str) -> None:
    fixture.run(fixture.put(picture("red")))
    [run] = fixture.run(fixture.put(picture("blue")), faults=[Fault(step, "fail_before", times=FOREVER)])
    assert run.status == "FAILED"
    [message] = fixture.dead_letters()
    fixture.run({**message["event"], "redriven": True})
    assert [kind for kind, _ in fixture.announced()] == ["ImageReady", "ImageReady"]
    assert fixture.audit() == []


def test_superseded_attempt_with_late_effect_leaves_no_thumbnail(fixture: ImageFixture) -> None:
    """A newer version settles while an older attempt's SettleImage has timed out and takes effect late."""
    fixture.run(fixture.put(picture("red")))
    slow = fixture.put(picture("green"))
    [lost] = fixture.run(slow, faults=[Fault("SettleImage", "time_out_then_effect", times=FOREVER)])
    assert lost.status == "FAILED"
    fixture.run(fixture.put(picture("blue")))
    fixture.apply_late_effects()
    assert fixture.audit() == []


def test_folder_marker_is_ignored(fixture: ImageFixture) -> None:
    [run] = fixture.run(fixture.put(b"", "products/COF-ESP-1KG/"))
    assert (run.status, run.path) == ("SUCCEEDED", ["RenderImage", "Outcome", "NothingToDo"])
    assert fixture.image("products/COF-ESP-1KG/") == {}
    assert fixture.audit() == []


def test_longest_key_of_s3_is_linked_to_its_product(fixture: ImageFixture) -> None:
    key = "products/MUG/".ljust(1020, "x") + ".png"
    [run] = fixture.run(fixture.put(picture(), key))
    assert (run.status, fixture.image(key)["status"]) == ("SUCCEEDED", "READY")
    assert fixture.audit() == []


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
def test_invalid_event_is_refused_by_name_before_any_effect(
    fixture: ImageFixture, event: dict[str, Any]
) -> None:
    [run] = fixture.run(event)
    assert (run.status, run.error) == ("FAILED", "InvalidRequest")
    assert run.path == ["RenderImage", "EventRefused"]
    assert fixture.dead_letters() == []
