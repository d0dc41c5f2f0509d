"""Requests of the images service. Its responses are in documents.py, which the decoder loads without pydantic."""

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from images.documents import ImageDocument

MAX_KEY_BYTES = 1024
"""S3's limit of an object key, in UTF-8."""

CONTENT_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/tiff",
    "image/heic",
    "image/avif",
)

_FILE_NAME = "${filename}"

type Execution = Annotated[str, StringConstraints(min_length=1, max_length=512)]
type Token = Annotated[str, StringConstraints(max_length=1024)]


def _in_bytes(text: str) -> str:
    if len(_encoded(text)) > MAX_KEY_BYTES:
        raise ValueError(f"at most {MAX_KEY_BYTES} bytes")
    return text


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueError("text without lone surrogates") from None


class _Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class ChangedObject(_Request):
    """The object of an S3 event; version_id, etag and sequencer are "" when the event does not have them."""

    key: str = Field(min_length=1)
    version_id: Token = Field("", alias="version-id")
    etag: Token = ""
    sequencer: Token = Field("", pattern="^[0-9A-Fa-f]*$")

    _key_in_bytes = field_validator("key")(_in_bytes)


class ChangeDetail(_Request):
    """The detail of an S3 event."""

    object: ChangedObject
    deletion_type: Token = Field("", alias="deletion-type")


class ChangeEvent(_Request):
    """An event of S3 by EventBridge, or of a backfill. `redriven`: an operator started it again."""

    detail_type: Literal["Object Created", "Object Deleted", "Image Stale"] = Field(alias="detail-type")
    detail: ChangeDetail
    redriven: bool = False


class RenderRequest(_Request):
    """Render the object that `change` is about."""

    change: ChangeEvent
    execution: Execution


class KeyRequest(_Request):
    """Remove the thumbnails of an object that are no longer needed."""

    business_id: str = Field(min_length=1)

    _key_in_bytes = field_validator("business_id")(_in_bytes)


class DiscardRequest(KeyRequest):
    """Undo the attempt of an execution."""

    execution: Execution


class ListedObject(_Request):
    """An entry of an S3 listing, as a distributed Map reads it."""

    key: str = Field(alias="Key", min_length=1)
    etag: Token = Field(alias="Etag")
    size: int = Field(alias="Size", ge=0)

    _key_in_bytes = field_validator("key")(_in_bytes)


class ListingRequest(_Request):
    """Find the objects of a listing whose thumbnails are missing or stale."""

    objects: Annotated[list[ListedObject], Field(max_length=1000)]


class UploadRequest(_Request):
    """Sign an upload of a product's image. The key products/<sku>/<name> has at most 1,024 bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sku: str = Field(min_length=1, max_length=200)
    name: str = Field(min_length=1, max_length=200)
    content_type: Literal[*CONTENT_TYPES]  # type: ignore[valid-type]

    @field_validator("sku", "name")
    @classmethod
    def _segment(cls, text: str) -> str:
        # A form of S3 puts the name of the uploaded file in place of _FILE_NAME: the object would have another key.
        if "/" in text or _FILE_NAME in text or not text.isprintable():
            raise ValueError(f"printable characters without a slash and {_FILE_NAME}")
        return text


class ImageRequest(_Request):
    """Continue with the image document that RenderImage returned."""

    image: ImageDocument

    @field_validator("image")
    @classmethod
    def _can_be_stored(cls, image: ImageDocument) -> ImageDocument:
        _in_bytes(image["key"])
        _encoded(json.dumps(image, ensure_ascii=False))
        if not (image["version_id"].isascii() and image["version_id"].isprintable()):
            raise ValueError("an image whose version id is printable ASCII")
        return image


class QuarantineRequest(ImageRequest):
    """Quarantine a rejected original."""

    @field_validator("image")
    @classmethod
    def _has_reason(cls, image: ImageDocument) -> ImageDocument:
        reason = image.get("reason", "")
        if not (reason.isascii() and reason.isidentifier()) or "sentence" not in image:
            raise ValueError("an image with a reason and a sentence")
        return image


class ImageSummary(BaseModel):
    """An image in a list. sku is null where the key names no product; reason and sentence are those of a rejection.

    placeholder: a tiny picture as a data URL; thumbnail_url is valid for an hour at least.
    """

    key: str
    image_id: str
    status: Literal["READY", "REJECTED"] = "READY"
    sku: str | None = None
    displayed_size: tuple[int, int] | None = None
    placeholder: str = ""
    dominant_colour: str = ""
    updated_at: str
    reason: str | None = None
    sentence: str | None = None
    thumbnail_url: str | None = None


class Thumbnail(BaseModel):
    """A thumbnail. size: the longest side it was made for."""

    key: str
    url: str
    type: str
    size: int
    width: int
    height: int
    bytes: int


class ImageView(ImageSummary):
    """An image with its metadata and its thumbnails, largest first."""

    format: str | None = None
    bytes: int | None = None
    frames: int | None = None
    alpha: bool | None = None
    sha256: str | None = None
    perceptual_hash: str | None = None
    stored_size: tuple[int, int] | None = None
    captured_at: str | None = None
    camera: str | None = None
    icc_name: str | None = None
    version_id: str
    etag: str
    quarantine_key: str | None = None
    execution: str | None = None
    outputs: list[Thumbnail]


class RedrivenImage(BaseModel):
    """An object whose ingest was started again."""

    key: str
    execution_arn: str


class SignedUpload(BaseModel):
    """A form that uploads one file to S3: the fields first, the field `file` last."""

    key: str
    url: str
    fields: dict[str, str]
