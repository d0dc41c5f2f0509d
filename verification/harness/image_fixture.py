"""A fixture for the image workflows: moto's S3 behind the shipped handlers and a real decoding process."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tillflow.aws import client

from audit import Snapshot
from verification.harness import image_buckets
from verification.harness.fixture import WorkflowFixture
from verification.harness.services import LocalServices, data_services
from verification.harness.template import ALIAS, Template

KEY = "products/COF-ESP-1KG/crème & café + 100%.png"


@dataclass
class ImageFixture(WorkflowFixture):
    """Put and delete objects, deliver their events in any order and number, inspect the result."""

    _executions: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.s3 = client("s3")

    def put(self, body: bytes, key: str = KEY) -> dict[str, Any]:
        return image_buckets.put(body, key)

    def delete(self, key: str = KEY) -> dict[str, Any]:
        return image_buckets.delete(key)

    def delete_version(self, version: str, key: str = KEY) -> dict[str, Any]:
        return image_buckets.delete_version(version, key)

    def start(self, request: Mapping[str, Any], workflow: str) -> str:
        # EventBridge gives each execution a new name, so a repeated event is a second execution.
        name = f"execution-{next(self._executions)}"
        return str(self.engine.start(f"{self.deploy(workflow)}:{ALIAS}", request, name))

    def thumbnails(self) -> set[str]:
        """The keys of every thumbnail there is."""
        return {
            thing["Key"] for thing in self.s3.list_objects_v2(Bucket="ThumbnailsBucket").get("Contents", [])
        }

    def image(self, key: str = KEY) -> dict[str, Any]:
        """The row of an image; {} when there is none."""
        return self.row("ImagesTable", f"IMAGE#{key}", "IMAGE")

    def dead_letters(self) -> list[dict[str, Any]]:
        return image_buckets.dead_letters()

    def announced(self) -> list[tuple[str, str]]:
        """Return (detail-type, version) of each distinct announcement, in order."""
        return [(kind, version) for kind, _, version in image_buckets.announced(self.services.events)]

    def snapshot(self, *running: str) -> Snapshot:
        """Read the tables and the buckets; events of the keys in `running` are in delivery."""
        return replace(
            super().snapshot(*running), pictures=replace(image_buckets.at_rest(), pending=frozenset(running))
        )


@contextmanager
def image_fixture(workflow: str = "ImageIngest") -> Iterator[ImageFixture]:
    """Yield a fixture over empty tables and buckets in a moto of its own."""
    template = Template.read()
    with data_services(template):
        image_buckets.make_buckets()
        built = ImageFixture(template, workflow, LocalServices(template))
        try:
            yield built
        finally:
            built.close()
