"""The functions that Step Functions adds to JSONata, and its variant of `$random`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#transforming-jsonata-functions
"""

import hashlib
import math
import random
import uuid
from typing import Any

from ..java_random import JavaRandom
from ..json_values import loads, utf8
from .errors import MEMORY, JsonataError, LimitExceeded
from .runtime import Native
from .values import UNDEFINED, Sequence

_MAX_RANGE_LENGTH = 360_145
"""The most numbers that fit into the memory limit on AWS, fewer than with the range operator."""
_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def partition(items: Any, size: Any) -> Any:
    """Split an array into chunks of at most `size` items; `size` is rounded down."""
    if items is UNDEFINED or size is UNDEFINED:
        return UNDEFINED
    length = math.trunc(size)
    if length < 1:
        raise JsonataError("D3137", message="The chunk size of $partition must be a positive integer")
    return [items[start : start + length] for start in range(0, len(items), length)]


def number_range(first: Any, last: Any, step: Any) -> Any:
    """Return the numbers from `first` to `last`, both included, `step` apart; fractions are dropped.

    The result is a sequence: one number is that number, none is undefined.
    """
    if first is UNDEFINED or last is UNDEFINED or step is UNDEFINED:
        return UNDEFINED
    start, stop, increment = math.trunc(first), math.trunc(last), math.trunc(step)
    if increment == 0:
        return UNDEFINED
    numbers = range(start, stop + (1 if increment > 0 else -1), increment)
    if len(numbers) > _MAX_RANGE_LENGTH:
        raise LimitExceeded(MEMORY)
    return Sequence(numbers)


def digest(content: Any, algorithm: Any) -> Any:
    """Return the hexadecimal digest, with MD5, SHA-1, SHA-256, SHA-384 or SHA-512."""
    if content is UNDEFINED or algorithm not in _DIGESTS:
        return UNDEFINED
    return hashlib.new(_DIGESTS[algorithm], utf8(content), usedforsecurity=False).hexdigest()


def random_number(seed: Any = UNDEFINED) -> float:
    """Return a number from 0 (inclusive) to 1 (exclusive), always the same for a seed."""
    return random.random() if seed is UNDEFINED else JavaRandom(math.trunc(seed)).next_double()  # noqa: S311


def new_uuid() -> str:
    """Return a version 4 UUID."""
    return str(uuid.uuid4())


def parse(text: Any) -> Any:
    """Return the value of a JSON text; AWS's replacement of `$eval`."""
    if text is UNDEFINED:
        return UNDEFINED
    try:
        return loads(text)
    except ValueError:
        raise JsonataError("D3137", message=f"Unable to parse JSON text: {text}") from None


FUNCTIONS = [
    Native("partition", partition, "<an:a>", 2),
    Native("range", number_range, "<nnn:a>", 3),
    Native("hash", digest, "<s-s:s>", 2),
    Native("random", random_number, "<n?:n>", 1),
    Native("uuid", new_uuid, "<:s>", 0),
    Native("parse", parse, "<s-:x>", 1),
]
