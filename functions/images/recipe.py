"""The thumbnails of an image."""

RECIPE = 2
"""Increase it when thumbnails are made differently: those of an older recipe are stale."""

SIZES = (1280, 512, 128)
"""The longest sides of the thumbnails, in pixels, largest first: each is made from the one before."""

OUTPUTS = {(size, kind) for size in SIZES for kind in ("image/webp", "image/jpeg")}
"""The thumbnails of an image: (size, type) of each."""
