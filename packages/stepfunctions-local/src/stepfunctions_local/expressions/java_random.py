"""The generator of java.util.Random, which AWS uses for seeded random numbers.

Source: https://docs.oracle.com/javase/8/docs/api/java/util/Random.html
"""

_MULTIPLIER = 0x5DEECE66D
_MASK = (1 << 48) - 1
MAX_BOUND = 1 << 31
"""The largest bound of a random integer."""


class JavaRandom:
    """A 48-bit linear congruential generator: the same numbers for the same seed."""

    def __init__(self, seed: int):
        self._state = (seed ^ _MULTIPLIER) & _MASK

    def _next(self, bits: int) -> int:
        self._state = (self._state * _MULTIPLIER + 0xB) & _MASK
        return self._state >> (48 - bits)

    def next_double(self) -> float:
        """Return a number from 0 (inclusive) to 1 (exclusive)."""
        return ((self._next(26) << 27) + self._next(27)) / (1 << 53)

    def next_int(self, bound: int) -> int:
        """Return an integer from 0 (inclusive) to `bound` (exclusive, at most MAX_BOUND)."""
        if bound & (bound - 1) == 0:
            return (bound * self._next(31)) >> 31
        while True:
            bits = self._next(31)
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:
                return value
