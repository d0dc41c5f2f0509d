"""Rules of image ingest: by example and by random histories of events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from images import rules
from images.models import ChangeEvent, ListingRequest, RenderRequest, UploadRequest
from images.recipe import RECIPE
from images.rules import Change, Current
from tillflow.errors import ImageSuperseded, InvalidRequest
from tillflow.parsing import parse

SEQUENCERS = ("0055AED6DCD90281E5", "0055AED6DCD90281E500", "0055AED6DCD9028")


def event(name: str = "Object Created", **thing: Any) -> dict[str, Any]:
    return {"detail-type": name, "detail": {"object": {"key": "products/A/b.jpg", **thing}}}


def parsed(sent: Any) -> ChangeEvent:
    return parse(RenderRequest, {"change": sent, "execution": "arn"}).change


def test_sequencers_of_different_lengths_are_padded_on_the_right() -> None:
    longer, same, shorter = (rules.read_change(parsed(event(sequencer=s))).sequencer for s in SEQUENCERS)
    assert longer == same > shorter


@pytest.mark.parametrize(
    ("key", "sku"),
    [
        ("products/COF-ESP-1KG/front view + back.jpg", "COF-ESP-1KG"),
        ("products/Tasse é/crème/2.png", "Tasse é"),
        ("products/COF-ESP-1KG/", None),
        ("products/lonely.jpg", None),
        ("banners/A/b.jpg", None),
    ],
)
def test_product_is_the_second_segment_of_the_key(key: str, sku: str | None) -> None:
    assert rules.product_of(key) == sku


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        {"detail-type": "Object Created", "detail": []},
        {"detail-type": "Object Created", "detail": {"object": "products/A/b.jpg"}},
        event("Object Tags Added"),
        event(key=""),
        event(key=7),
        pytest.param(event(key="é" * 513), id="key of 1,026 bytes"),
        event(sequencer="not hex"),
        event(etag=["e"]),
        pytest.param(event(**{"version-id": "v" * 1025}), id="long version id"),
    ],
)
def test_invalid_event_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidRequest):
        parsed(bad)


def test_key_of_1024_bytes_is_accepted() -> None:
    assert rules.read_change(parsed(event(key="é" * 512))).key == "é" * 512


@pytest.mark.parametrize("key", ["\ud800", "products/A/\udfff.jpg"])
def test_key_that_no_object_can_have_is_refused_in_plain_words(key: str) -> None:
    with pytest.raises(InvalidRequest, match="expected text without lone surrogates"):
        parsed(event(key=key))


def test_event_of_a_bucket_without_eventbridge_is_refused() -> None:
    """Its keys are encoded for URLs: read as they are, they would be those of other objects."""
    with pytest.raises(InvalidRequest):
        parsed(
            {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "products/A/a+b.jpg"}}}]}
        )


@pytest.mark.parametrize("key", ["products/A/a+b%20c.jpg", "a//b", "/a", "../a", "a\nb", "e\u0301", "\u00e9"])
def test_key_of_an_event_is_taken_as_it_is(key: str) -> None:
    assert rules.read_change(parsed(event(key=key))).key == key


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"objects": {}},
        {"objects": [{"Key": "", "Etag": "e", "Size": 1}]},
        {"objects": [{"Key": "a", "Etag": "e"}]},
        {"objects": [{"Key": "a", "Etag": "e", "Size": -1}]},
        pytest.param({"objects": [{"Key": "é" * 513, "Etag": "e", "Size": 1}]}, id="key of 1,026 bytes"),
    ],
)
def test_invalid_listing_is_refused(bad: Any) -> None:
    with pytest.raises(InvalidRequest):
        parse(ListingRequest, bad)


@pytest.mark.parametrize("kind", ["created", "stale", "deleted"])
def test_folder_marker_is_ignored(kind: Any) -> None:
    change = Change(kind, "products/A/", "v1", "e1", "1", hidden=False)
    assert rules.decide(change, Current("v1", "e1", 0), {}) == "unchanged"


@pytest.mark.parametrize(
    ("sku", "name", "kind"),
    [
        ("", "a.jpg", "image/jpeg"),
        ("A/B", "a.jpg", "image/jpeg"),
        ("A", "../a.jpg", "image/jpeg"),
        ("A", "a\n.jpg", "image/jpeg"),
        ("A", "a.svg", "image/svg+xml"),
        pytest.param("A", "x" * 201, "image/jpeg", id="long name"),
        pytest.param("漢" * 200, "漢" * 200, "image/jpeg", id="key over 1,024 bytes"),
    ],
)
def test_invalid_upload_is_refused(sku: str, name: str, kind: str) -> None:
    with pytest.raises(InvalidRequest):
        rules.upload_key(parse(UploadRequest, {"sku": sku, "name": name, "content_type": kind}))


def test_upload_key_names_the_product() -> None:
    request = UploadRequest(sku="A", name="Kaffee + Kuchen.jpg", content_type="image/jpeg")
    assert rules.upload_key(request) == "products/A/Kaffee + Kuchen.jpg"


def image(
    sequencer: str = "", attempt: str = "mine", outcome: str = "rendered", **more: Any
) -> dict[str, Any]:
    padded = sequencer.ljust(64, "0") if sequencer else ""
    return {
        "key": "k", "image_id": "id", "sku": None, "version_id": "v1", "etag": "e1", "sequencer": padded,
        "attempt": attempt, "seen_attempt": "", "recipe": RECIPE, "outcome": outcome, "outputs": [],
    } | more  # fmt: skip


def test_second_delivery_of_an_attempt_changes_nothing() -> None:
    row = rules.settle({}, image("5"))
    assert row is not None
    assert rules.settle(row, image("5")) is None


def test_older_event_and_second_attempt_are_superseded() -> None:
    row = rules.settle({}, image("5"))
    for other in (image("4", "other", version_id="v0"), image("5", "twin"), image("6", "same bytes")):
        with pytest.raises(ImageSuperseded):
            rules.settle(row, other)


def test_backfill_takes_only_the_row_it_read() -> None:
    row = rules.settle({}, image("5")) | {"recipe": RECIPE - 1}
    assert rules.settle(row, image("", "backfill", seen_attempt="mine"))["sequencer"] == row["sequencer"]
    with pytest.raises(ImageSuperseded):
        rules.settle(row, image("", "backfill", seen_attempt="another"))


def test_announcements_of_two_attempts_have_different_ids_and_of_one_the_same() -> None:
    first, second = (rules.settle({}, image("", attempt)) for attempt in ("a", "b"))
    assert first is not None and second is not None
    ids = [rules.announcement(row)["detail"]["id"] for row in (first, first, second)]
    assert ids == ["id#a", "id#a", "id#b"]


def test_leftovers_exclude_attempts_that_can_still_win() -> None:
    mine = image("5")
    mine["outputs"] = rules.name_outputs(mine, [{"file": "128.jpg", "sha256": "a" * 64}])
    row = rules.settle({}, mine)
    older, newer, twin = (rules.folder_of(image(s, a)) for s, a in (("4", "o"), ("6", "n"), ("5", "t")))
    saw_mine = rules.folder_of(image("", "b", seen_attempt="mine"))
    saw_other = rules.folder_of(image("", "c", seen_attempt="other"))
    folders = (older, newer, twin, saw_mine, saw_other)
    keys = [mine["outputs"][0]["key"], *(f"{folder}x.jpg" for folder in folders)]
    assert set(rules.leftovers("id", keys, row)) == {f"{f}x.jpg" for f in (older, twin, saw_other)}
    assert f"{newer}x.jpg" in rules.leftovers("id", keys, row, discarded="n")


@given(st.data())
def test_any_history_of_events_ends_in_the_newest_state(data: st.DataObject) -> None:
    """Puts and deletes happen; their events come shuffled and repeated, some between the changes."""
    versions: list[Current | None] = []
    waiting: list[Change] = []
    row: dict[str, Any] = {}
    settled: list[str] = []

    def deliver(change: Change) -> None:
        nonlocal row
        current = versions[-1]
        decision = rules.decide(change, current, row)
        if decision == "unchanged":
            return
        attempt = f"attempt-{len(settled)}-{change.sequencer}"
        begun = rules.begin(change, current, row, attempt)
        outcome = "rendered" if decision == "render" else "gone"
        try:
            taken = rules.settle(row, {**begun, "outcome": outcome})
        except ImageSuperseded:
            return
        assert taken is not None
        row = taken
        settled.append(f"{row['status']} {row['version_id']}")

    for number in range(data.draw(st.integers(1, 6))):
        put = data.draw(st.booleans())
        current = Current(f"v{number}", f"e{data.draw(st.integers(0, 2))}", 1) if put else None
        versions.append(current)
        kind, etag = ("created", current.etag) if current else ("deleted", "")
        version = current.version_id if current else f"marker{number}"
        sequencer = f"{number + 1}".ljust(64, "0")
        waiting += [Change(kind, "k", version, etag, sequencer, hidden=not put)] * data.draw(
            st.integers(1, 2)
        )
        while waiting and data.draw(st.booleans()):
            deliver(waiting.pop(data.draw(st.integers(0, len(waiting) - 1))))
    for change in data.draw(st.permutations(waiting)):
        deliver(change)
    newest = versions[-1]
    if newest is None:
        assert row["status"] == "DELETED"
    else:
        assert (row["status"], row["version_id"]) == ("READY", newest.version_id)
    assert len(settled) == len(set(settled)) or "DELETED " in settled
