"""Product images over HTTP: look them up, and sign uploads. Files go to S3 directly, not through the API."""

import os
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from tillflow.api import Api, Call, PageQuery, Reply
from tillflow.aws import client, s3_client
from tillflow.references import FindUnknown, Kind, Reference, check_filters, check_references, invoked
from tillflow.store import Item

from images import objects, rules
from images.models import ImageSummary, ImageView, RedrivenImage, SignedUpload, UploadRequest
from images.operations import ImageOperations

api = Api("images")
handle = api.handle

_VARIABLES = {
    "ImagesTable": "TABLE_NAME",
    "ThumbnailsBucket": "THUMBNAILS_BUCKET",
    "ThumbnailsDomain": "THUMBNAILS_DOMAIN",
    "ImageDeadLetterQueue": "DEAD_LETTER_QUEUE",
    "ImageIngestAlias": "INGEST_ARN",
}
_LIST_SIZE = 128
_REDRIVEN = 50


class ImageQuery(PageQuery):
    """sku: only the images that this product shows, on one page."""

    sku: Annotated[str | None, Field(min_length=1, max_length=200)] = None


class KeyQuery(BaseModel):
    """key: of the object; it has slashes, so that it is not a part of the path."""

    model_config = ConfigDict(frozen=True)

    key: Annotated[str, Field(min_length=1, max_length=1024)]


class ProductsBody(BaseModel):
    """The products whose images are wanted."""

    model_config = ConfigDict(frozen=True)

    skus: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=100)]


class ImagePage(BaseModel):
    """A page of images; next_cursor is null on the last page."""

    images: list[ImageSummary]
    next_cursor: str | None


class _Deployment:
    """The resources of the function, as its environment names them."""

    def client(self, service: str) -> Any:
        return _client(service)

    def output(self, logical_id: str) -> str:
        return os.environ[_VARIABLES[logical_id]]


@cache
def _client(service: str) -> Any:
    # It signs URLs of thumbnails: those of a plain client are not valid in every region.
    return s3_client() if service == "s3" else client(service)


@cache
def _images() -> ImageOperations:
    return ImageOperations(_Deployment())


@cache
def _originals() -> objects.ImageObjects:
    return objects.ImageObjects(s3_client(), os.environ["IMAGES_BUCKET"])


def _find_unknown_products() -> FindUnknown:
    return invoked(client("lambda"), os.environ["FIND_UNKNOWN_PRODUCTS_FUNCTION"])


@api.route("GET /images", "read", query=ImageQuery, response=ImagePage)
def list_images(call: Call) -> ImagePage:
    """List images in no order, a page at a time, or those of a product by key."""
    query: ImageQuery = call.query
    if query.sku is not None:
        rows = _images().list_of_product(query.sku)
        check_filters(rows, [("product", "sku", query.sku)], {"product": _find_unknown_products()})
        return _page(call, rows, None)
    page = _images().list_page(query.limit, call.after)
    return _page(call, page.rows, page.after)


@api.route("POST /images/search", "read", body=ProductsBody, response=dict[str, list[ImageSummary]])
def search_images(call: Call) -> dict[str, list[ImageSummary]]:
    """Return the images that products show, by SKU."""
    skus = list(dict.fromkeys(call.body.skus))
    images = zip(skus, _images().list_of_products(skus), strict=True)
    return {sku: [_summary(row) for row in rows] for sku, rows in images}


@api.route("GET /images/quarantine", "manage", query=PageQuery, response=ImagePage)
def list_quarantine(call: Call) -> ImagePage:
    """List rejected images with the reason, the newest first, a page at a time."""
    page = _images().list_quarantine(call.query.limit, call.after)
    return _page(call, page.rows, page.after)


@api.route("GET /images/details", "read", query=KeyQuery, response=ImageView)
def get_image(call: Call) -> ImageView:
    """Return an image with its metadata and the URL of each thumbnail."""
    return ImageView.model_validate(_images().show(call.query.key))


@api.route("POST /images/uploads", "manage", body=UploadRequest, response=SignedUpload, statuses=(201,))
def sign_upload(call: Call) -> Reply:
    """Sign a form by which a browser uploads an image of a product to S3 within a few minutes."""
    key = rules.upload_key(call.body)
    find: dict[Kind, FindUnknown] = {"product": _find_unknown_products()}
    check_references([Reference("product", "sku", call.body.sku)], find)
    form = _originals().sign_upload(key, call.body.content_type)
    return Reply(SignedUpload(key=key, url=form["url"], fields=form["fields"]), 201)


@api.route("POST /images/redrive", "operate", response=list[RedrivenImage])
def redrive_images(call: Call) -> list[RedrivenImage]:
    """Start the ingest of up to 50 events in the dead-letter queue again; none is left when the list is empty."""
    return [RedrivenImage(key=key, execution_arn=arn) for key, arn in _images().redrive(_REDRIVEN)]


def _page(call: Call, rows: list[Item], after: str | None) -> ImagePage:
    return ImagePage(images=[_summary(row) for row in rows], next_cursor=call.cursor(after))


def _summary(row: Item) -> ImageSummary:
    return ImageSummary.model_validate({**row, "thumbnail_url": _images().thumbnail_url(row, _LIST_SIZE)})
