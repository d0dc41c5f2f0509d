"""java.util.Random, which AWS draws seeded random numbers from.

Source: https://docs.oracle.com/javase/8/docs/api/java/util/Random.html
"""

_MULTIPLIER = 0x5DEECE66D
_MASK = (1 << 48) - 1


class JavaRandom:
    """The 48-bit linear congruential generator: the same numbers for the same seed."""

    def __init__(self, seed: int):
        self._state = (seed ^ _MULTIPLIER) & _MASK

    def _next(self, bits: int) -> int:
        self._state = (self._state * _MULTIPLIER + 0xB) & _MASK
        return self._state >> (48 - bits)

    def next_double(self) -> float:
        """A number from 0 up to, not including, 1."""
        return ((self._next(26) << 27) + self._next(27)) / (1 << 53)

    def next_int(self, bound: int) -> int:
        """An integer from 0 up to, not including, `bound` (at most 2**31)."""
        if bound & (bound - 1) == 0:
            return (bound * self._next(31)) >> 31
        while True:
            bits = self._next(31)
            found = bits % bound
            if bits - found + bound - 1 < 1 << 31:
                return found
