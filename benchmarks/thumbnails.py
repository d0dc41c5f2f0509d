"""Thumbnails three ways, per format: time, peak memory, and how close the picture is to a reference.

    python -m benchmarks.thumbnails [--json] [--megapixels 12] [--rounds 5]

tutorial  AWS's Lambda tutorial: open, thumbnail, save, once for each size, JPEG out.
libvips   `pyvips.Image.thumbnail` for each size, JPEG out: the one-liner its documentation shows.
cascade   libvips shrunk once and then from its own thumbnails, JPEG out: as good as it gets by hand.
ours      images.decoding.render as deployed, made to write JPEG alone: the same work, for comparison.
product   images.decoding.render as deployed: WebP and JPEG, metadata, hash, colour, placeholder.

Each way runs in a process of its own for each format, on one core; the time is the median of rounds of
process time, so that a busy machine does not count; the peak is that process's resident set.
Quality is the PSNR in dB, at 512 pixels, against one Lanczos step from the full decode; the pictures
carry an orientation and a profile only where the table says so.
"""

import argparse
import io
import json
import math
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageStat

SIZES = (1280, 512, 128)
QUALITY_SIZE = 512
WAYS = ("tutorial", "libvips", "cascade", "ours", "product")
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": ("JPEG", {"quality": 88}),
    "jpeg progressive": ("JPEG", {"quality": 88, "progressive": True}),
    "png": ("PNG", {}),
    "webp": ("WEBP", {"quality": 85, "method": 2}),
    "tiff": ("TIFF", {"compression": "tiff_lzw"}),
    "gif": ("GIF", {}),
    "avif": ("AVIF", {"quality": 70, "speed": 9}),
    "heic": ("HEIF", {"quality": 70}),
}


def tutorial(path: Path, folder: Path) -> None:
    for size in SIZES:
        with Image.open(path) as image:
            image.thumbnail((size, size))
            (image if image.mode == "RGB" else image.convert("RGB")).save(folder / f"{size}.jpg", "JPEG")


def libvips(path: Path, folder: Path) -> None:
    import pyvips

    for size in SIZES:
        pyvips.Image.thumbnail(str(path), size, height=size).jpegsave(str(folder / f"{size}.jpg"))


def cascade(path: Path, folder: Path) -> None:
    import pyvips

    image = pyvips.Image.thumbnail(str(path), SIZES[0], height=SIZES[0]).copy_memory()
    for size in SIZES:
        if size != SIZES[0]:
            image = image.thumbnail_image(size, height=size).copy_memory()
        image.jpegsave(str(folder / f"{size}.jpg"))


def ours(path: Path, folder: Path) -> None:
    from images.decoding import render

    everything = render._saved
    render._saved = lambda *args, **options: (
        everything(*args, **options) if options["format"] == "JPEG" else {}  # type: ignore[assignment]
    )
    try:
        render.render(path, folder)
    finally:
        render._saved = everything


def product(path: Path, folder: Path) -> None:
    from images.decoding import render

    render.render(path, folder)


def in_a_process(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a job in a child process and return its response; {"error"} when it fails."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            response = job()
        except Exception as error:
            response = {"error": str(error).splitlines()[0][:60]}
        os.write(write, json.dumps(response).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"error": "died"}


def measure(way: str, path: Path, rounds: int) -> dict[str, Any]:
    """{"ms", "peak_mib", "psnr"} of one way on one picture."""
    run: Callable[[Path, Path], None] = globals()[way]

    def job() -> dict[str, Any]:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        if way in ("libvips", "cascade"):
            import pyvips

            pyvips.cache_set_max(0)
        else:
            import images.decoding.render  # noqa: F401 - decoders are loaded before the clock starts
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            run(path, folder)
            times = []
            for _ in range(rounds):
                started = time.process_time()
                run(path, folder)
                times.append(time.process_time() - started)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            return {
                "ms": round(statistics.median(times) * 1000, 1),
                "peak_mib": peak,
                "psnr": round(psnr(folder / f"{QUALITY_SIZE}.jpg", path), 1),
            }

    return in_a_process(job)


def psnr(thumbnail: Path, source: Path) -> float:
    """Peak signal to noise of a thumbnail, in dB, against one Lanczos step from the full picture."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    with Image.open(thumbnail) as made, Image.open(source) as full:
        reference = full.convert("RGB").resize(made.size, Image.Resampling.LANCZOS)
        noise = ImageStat.Stat(ImageChops.difference(made.convert("RGB"), reference)).rms
    return 10 * math.log10(255**2 / (sum(level**2 for level in noise) / 3))


def run(megapixels: float, rounds: int) -> dict[str, dict[str, Any]]:
    """The measures by format and way."""
    from tests.images.corpus import photo

    os.environ["VIPS_CONCURRENCY"] = "1"
    height = round(math.sqrt(megapixels * 1e6 * 3 / 4))
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as name:
        for label, (kind, options) in FORMATS.items():
            path = Path(name) / f"picture.{kind.lower()}"
            in_a_process(lambda: _make(path, kind, options, (height * 4 // 3, height), photo))  # noqa: B023
            results[label] = {way: measure(way, path, rounds) for way in WAYS}
            results[label]["bytes"] = path.stat().st_size
    return results


def _make(
    path: Path, kind: str, options: dict[str, Any], size: tuple[int, int], photo: Callable[..., Image.Image]
) -> dict[str, Any]:
    buffer = io.BytesIO()
    photo(*size).save(buffer, kind, **options)
    path.write_bytes(buffer.getvalue())
    return {}


def show(results: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="three thumbnails of one picture: ms, peak MiB, dB at 512 pixels")
    for column in ("format", *WAYS, "tutorial / ours", "libvips / ours"):
        table.add_column(column, justify="left" if column == "format" else "right")
    totals = dict.fromkeys(WAYS, 0.0)
    comparable = [row for row in results.values() if all("ms" in row[way] for way in WAYS)]
    for row in comparable:
        for way in WAYS:
            totals[way] += row[way]["ms"]
    for label, row in results.items():
        table.add_row(
            label, *(_cell(row[way]) for way in WAYS), _ratio(row, "tutorial"), _ratio(row, "libvips")
        )
    total = {way: {"ms": totals[way]} for way in WAYS}
    sums = [f"{totals[way]:.0f}" for way in WAYS]
    table.add_row("where all can", *sums, _ratio(total, "tutorial"), _ratio(total, "libvips"), style="bold")
    Console(width=150).print(table)


def _cell(measured: dict[str, Any]) -> str:
    if "error" in measured:
        return "cannot"
    return f"{measured['ms']:.0f}  {measured['peak_mib']}  {measured['psnr']}"


def _ratio(row: dict[str, Any], way: str) -> str:
    if "error" in row[way] or "error" in row["ours"]:
        return ""
    return f"{row[way]['ms'] / row['ours']['ms']:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megapixels", type=float, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    results = run(options.megapixels, options.rounds)
    if options.json:
        json.dump(results, sys.stdout, indent=2)
    else:
        show(results)


if __name__ == "__main__":
    main()
