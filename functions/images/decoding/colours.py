"""Colour profiles of files that name their colours by numbers: PNG's cHRM, gAMA and cICP. Pure.

https://www.w3.org/TR/png-3/#11addnlcolinfo, https://www.itu.int/rec/T-REC-H.273, and ICC.1:2010 for the profile.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from images.decoding.limits import Rejected

type Chromaticities = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue."""
type Curve = tuple[float, ...]
"""The decoding of a sample: the parameters of an ICC parametric curve, `gamma` alone or `gamma, a, b, c, d`."""

_D65 = (0.3127, 0.3290)
_DCI_WHITE = (0.314, 0.351)
_C = (0.310, 0.316)
BT_709: Final[Chromaticities] = (*_D65, 0.640, 0.330, 0.300, 0.600, 0.150, 0.060)
_PRIMARIES: Final[dict[int, Chromaticities]] = {
    1: BT_709,
    4: (*_C, 0.670, 0.330, 0.210, 0.710, 0.140, 0.080),
    5: (*_D65, 0.640, 0.330, 0.290, 0.600, 0.150, 0.060),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (*_DCI_WHITE, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
SRGB_CURVE: Final[Curve] = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT_709_CURVE: Final[Curve] = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES: Final[dict[int, Curve]] = {
    1: _BT_709_CURVE,
    4: (2.2,),
    5: (2.8,),
    6: _BT_709_CURVE,
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4, 4 * 0.0228),
    8: (1.0,),
    # These two are BT.709 for the samples that a PNG can have, from 0 to 1.
    11: _BT_709_CURVE,
    12: _BT_709_CURVE,
    13: SRGB_CURVE,
    14: _BT_709_CURVE,
    15: _BT_709_CURVE,
}
_BT_709_PRIMARIES, SRGB_TRANSFER = 1, 13
_UNSPECIFIED = 2
_NAMES: Final = {16: "PQ", 18: "HLG"}
_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

type _Vector = tuple[float, float, float]
type _Matrix = tuple[_Vector, _Vector, _Vector]


@dataclass(frozen=True, slots=True)
class CodePoints:
    """Colours by the numbers of H.273: the content of a cICP chunk, or of nclx for pixels that are decoded to RGB."""

    primaries: int
    transfer: int
    matrix: int = 0
    is_full_range: bool = True

    @property
    def says_nothing(self) -> bool:
        """Whether primaries or transfer are unspecified, so that the other chunks decide."""
        return _UNSPECIFIED in (self.primaries, self.transfer)

    @property
    def is_srgb(self) -> bool:
        return (self.primaries, self.transfer) == (_BT_709_PRIMARIES, SRGB_TRANSFER)

    @property
    def is_known(self) -> bool:
        """Whether the samples can be converted."""
        return self._is_rgb and self.primaries in _PRIMARIES and self.transfer in _CURVES

    @property
    def _is_rgb(self) -> bool:
        return self.matrix == 0 and self.is_full_range

    def profile(self) -> bytes | None:
        """Return the profile of these colours; Rejected for those that cannot be converted."""
        if not self.is_known:
            transfer = _NAMES.get(self.transfer, str(self.transfer))
            named = f"primaries {self.primaries}, transfer {transfer}"
            accepted = "accepted are RGB of full range with the curve of a display or camera"
            if self._is_rgb:
                raise Rejected("unsupported_format", f"the file has colours of {named}; {accepted}")
            kind = "full" if self.is_full_range else "narrow"
            raise Rejected(
                "unsupported_format",
                f"the file has colours of {named}, matrix {self.matrix}, {kind} range; {accepted}",
            )
        return profile(_PRIMARIES[self.primaries], _CURVES[self.transfer])


def profile(chromaticities: Chromaticities, curve: Curve) -> bytes | None:
    """Return the ICC profile of primaries and a curve; None if the primaries span no space."""
    columns = _adapted_columns(chromaticities)
    return None if columns is None else _icc(columns, curve)


def _adapted_columns(chromaticities: Chromaticities) -> Sequence[_Vector] | None:
    """Return XYZ of red, green and blue, relative to D50; None if the primaries span no space."""
    white, *primaries = (_xyz(*chromaticities[at : at + 2]) for at in range(0, 8, 2))
    if white is None or None in primaries:
        return None
    red, green, blue = (one for one in primaries if one is not None)
    inverse = _inverse(_transposed((red, green, blue)))
    if inverse is None:
        return None
    shares = _times(inverse, white)
    if min(shares) <= 0:
        return None
    cone = _times(_BRADFORD, white)
    target = _times(_BRADFORD, _D50)
    back = _inverse(_BRADFORD)
    if back is None or min(cone) <= 0:
        return None
    columns = []
    for share, primary in zip(shares, (red, green, blue), strict=True):
        response = _times(_BRADFORD, _scaled(primary, share))
        adapted = tuple(one * to / of for one, to, of in zip(response, target, cone, strict=True))
        columns.append(_times(back, (adapted[0], adapted[1], adapted[2])))
    return columns


def _icc(columns: Sequence[_Vector], curve: Curve) -> bytes:
    """Return a display profile: three columns and one curve for all channels."""
    text = "PNG".encode("utf-16-be")
    kind = 0 if len(curve) == 1 else 3
    name = b"mluc" + bytes(4) + struct.pack(">II2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    trc = b"para" + bytes(4) + struct.pack(">HH", kind, 0) + b"".join(map(_fixed, curve))
    tags = {b"desc": name, b"cprt": name, b"wtpt": _xyz_tag(_D50)}
    tags |= {
        kind + b"XYZ": _xyz_tag(column) for kind, column in zip((b"r", b"g", b"b"), columns, strict=True)
    }
    tags |= {kind + b"TRC": trc for kind in (b"r", b"g", b"b")}
    table, data, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for signature, content in tags.items():
        table += signature + struct.pack(">II", offset + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    size = offset + len(data)
    head = struct.pack(">I4sI4s4s4s", size, b"", 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + b"acsp"
    return (
        head
        + bytes(28)
        + b"".join(map(_fixed, _D50))
        + bytes(48)
        + struct.pack(">I", len(tags))
        + table
        + data
    )


def _xyz_tag(values: _Vector) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, values))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(max(min(value, 30_000), -30_000) * 65_536))


def _xyz(x: float, y: float) -> _Vector | None:
    return (x / y, 1.0, (1 - x - y) / y) if y > 0 else None


def _scaled(vector: _Vector, factor: float) -> _Vector:
    return (vector[0] * factor, vector[1] * factor, vector[2] * factor)


def _times(matrix: _Matrix, vector: _Vector) -> _Vector:
    first, second, third = (sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix)
    return first, second, third


def _transposed(matrix: _Matrix) -> _Matrix:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    return (a, d, g), (b, e, h), (c, f, i)


def _inverse(matrix: _Matrix) -> _Matrix | None:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(determinant) < 1e-9:
        return None
    rows: _Matrix = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    first, second, third = (_scaled(row, 1 / determinant) for row in rows)
    return first, second, third
