"""Documents and responses of the images service: what its functions return."""

from typing import Any, Literal, NotRequired, TypedDict

type Decision = Literal["render", "remove", "unchanged"]
type Outcome = Literal["rendered", "rejected", "gone", "unchanged", "settled"]


class Output(TypedDict):
    """A thumbnail. `size` is the longest side it was made for; `key` is where it is stored."""

    file: str
    size: int
    type: str
    width: int
    height: int
    bytes: int
    sha256: str
    key: NotRequired[str]


class Rendering(TypedDict):
    """Metadata of a decoded file and the thumbnails that were written. Sizes are [width, height] in pixels."""

    format: str
    stored_size: list[int]
    displayed_size: list[int]
    orientation: int
    frames: int
    alpha: bool
    icc_name: str | None
    captured_at: str | None
    camera: str | None
    perceptual_hash: str
    dominant_colour: str
    placeholder: str
    outputs: list[Output]
    peak_kib: NotRequired[int]


class Announcement(TypedDict):
    """An event for the order bus. `detail.id` is the same for each delivery; consumers drop repeats."""

    detail_type: str
    detail: dict[str, Any]


class Attempt(TypedDict):
    """What an execution read before it rendered: the object and the row it will replace."""

    key: str
    image_id: str
    sku: str | None
    version_id: str
    etag: str
    bytes: int
    sequencer: str
    seen_attempt: str
    attempt: str
    recipe: int
    execution: str
    outputs: list[Output]


class ImageDocument(Attempt):
    """What an ingest carries through its workflow. reason and sentence are those of a rejected file."""

    outcome: Outcome
    announcement: NotRequired[Announcement]
    reason: NotRequired[str]
    sentence: NotRequired[str]
    quarantine_key: NotRequired[str | None]
    sha256: NotRequired[str]
    format: NotRequired[str]
    stored_size: NotRequired[list[int]]
    displayed_size: NotRequired[list[int]]
    orientation: NotRequired[int]
    frames: NotRequired[int]
    alpha: NotRequired[bool]
    icc_name: NotRequired[str | None]
    captured_at: NotRequired[str | None]
    camera: NotRequired[str | None]
    perceptual_hash: NotRequired[str]
    dominant_colour: NotRequired[str]
    placeholder: NotRequired[str]
    peak_kib: NotRequired[int]


class Quarantined(TypedDict):
    """The key of the copy; None when the object is too large to copy in one request."""

    quarantine_key: str | None


class Tidied(TypedDict):
    """How many thumbnails were removed."""

    removed: int


class Discarded(TypedDict):
    """discarded: the attempt is undone; settled: it holds the row, and nothing was undone."""

    outcome: Literal["discarded", "settled"]
    announcement: NotRequired[Announcement]


class StaleObjects(TypedDict):
    """How many objects were checked, and the events that update those whose thumbnails are stale."""

    checked: int
    stale: list[dict[str, Any]]
