"""The colours that an AVIF or HEIC file names by numbers (the nclx of its primary picture)."""

from pathlib import Path

import pillow_heif

from images.decoding.colours import SRGB_TRANSFER, CodePoints

_CAMERA_TRANSFERS = {1, 6, 14, 15}
"""BT.709 and those that equal it. Pictures are shown as if these were the curve of sRGB, and are made for that."""


def read_code_points(path: Path) -> CodePoints | None:
    """Return the primaries and transfer of the decoded RGB; None if the file leaves them to a default, which is sRGB.

    Pillow does not report them of an AVIF; pillow-heif reads the container of either without decoding it.
    """
    try:
        named = pillow_heif.open_heif(path).info.get("nclx_profile")
    except (
        Exception
    ):  # libheif reads fewer files than the decoders do; such a file has pixels and no numbers.
        return None
    if not named:
        return None
    transfer = int(named["transfer_characteristics"])
    if transfer in _CAMERA_TRANSFERS:
        transfer = SRGB_TRANSFER
    points = CodePoints(int(named["color_primaries"]), transfer)
    return None if points.says_nothing or points.is_srgb else points
