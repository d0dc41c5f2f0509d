"""Decoding of files in the child process and within its limits."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from images.decoding.pool import DecoderPool

from tests.images.rendering import MIB, Rendered


@pytest.fixture(scope="session")
def pool() -> Iterator[DecoderPool]:
    started = DecoderPool()
    yield started
    started.close()


@pytest.fixture
def render(pool: DecoderPool, tmp_path: Path) -> Callable[[bytes], Rendered]:
    def run(data: bytes, **limit: float) -> Rendered:
        source = tmp_path / "upload.jpg"  # the name does not matter
        source.write_bytes(data)
        metadata = pool.render(source, tmp_path, **limit)
        assert metadata["peak_kib"] < 512 * MIB
        return Rendered(metadata, tmp_path)

    return run
