"""Listings of versions and of multipart uploads with encoding-type=url, which MiniStack has for those of objects alone.

Source: the Amazon S3 API reference (ListObjectVersions, ListMultipartUploads). A key can have characters that XML
cannot, such as U+0001: a client reads no answer that has them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from ministack.services import s3

_LISTINGS = {"ListVersionsResult", "ListMultipartUploadsResult"}
_ENCODED = {"Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker"}

_encoding: ContextVar[str] = ContextVar("encoding", default="")

type Response = tuple[int, dict[str, str], bytes]
type List = Callable[[str, dict[str, Any]], Response]


def install_encoded_listings() -> None:
    """Encode the keys of these listings on request."""
    body = s3._xml_body

    def encoded(list_keys: List) -> List:
        def list_encoded(bucket: str, query: dict[str, Any]) -> Response:
            token = _encoding.set(s3._qp(query, "encoding-type"))
            try:
                return list_keys(bucket, query)
            finally:
                _encoding.reset(token)

        return list_encoded

    def encoded_body(root: Element) -> Any:
        if _encoding.get() == "url" and root.tag in _LISTINGS:
            for element in root.iter():
                if element.tag in _ENCODED and element.text:
                    element.text = s3._url_encode(element.text)
            SubElement(root, "EncodingType").text = "url"
        return body(root)

    s3._list_object_versions = encoded(s3._list_object_versions)
    s3._list_multipart_uploads = encoded(s3._list_multipart_uploads)
    s3._xml_body = encoded_body
