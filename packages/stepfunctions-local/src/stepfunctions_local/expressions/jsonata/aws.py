"""The functions Step Functions adds to JSONata, and its own `$random`.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#transforming-jsonata-functions
"""

import hashlib
import json
import math
import random as chance
import uuid
from typing import Any

from ..java_random import JavaRandom
from .errors import MEMORY, JsonataError, LimitExceeded
from .operators import LARGEST_RANGE
from .runtime import Native
from .values import UNDEFINED

_DIGESTS = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def partition(items: Any, size: Any) -> Any:
    """The array cut into chunks of at most `size`, which is rounded down."""
    if items is UNDEFINED or size is UNDEFINED:
        return UNDEFINED
    length = math.trunc(size)
    if length < 1:
        raise JsonataError("D3137", message="The chunk size of $partition must be a positive integer")
    return [items[at : at + length] for at in range(0, len(items), length)]


def number_range(first: Any, last: Any, step: Any) -> Any:
    """Numbers from `first` to `last`, both included, `step` apart; fractions are dropped."""
    if first is UNDEFINED or last is UNDEFINED or step is UNDEFINED:
        return UNDEFINED
    start, stop, by = math.trunc(first), math.trunc(last), math.trunc(step)
    if by == 0:
        return UNDEFINED
    numbers = range(start, stop + (1 if by > 0 else -1), by)
    if len(numbers) > LARGEST_RANGE:
        raise LimitExceeded(MEMORY)
    return list(numbers)


def digest(content: Any, algorithm: Any) -> Any:
    """The hexadecimal digest with MD5, SHA-1, SHA-256, SHA-384 or SHA-512."""
    if content is UNDEFINED or algorithm not in _DIGESTS:
        return UNDEFINED
    return hashlib.new(_DIGESTS[algorithm], content.encode(), usedforsecurity=False).hexdigest()


def random_number(seed: Any = UNDEFINED) -> float:
    """A number from 0 up to, not including, 1: always the same one for a seed."""
    return chance.random() if seed is UNDEFINED else JavaRandom(math.trunc(seed)).next_double()  # noqa: S311


def new_uuid() -> str:
    """A version 4 UUID."""
    return str(uuid.uuid4())


def parse(text: Any) -> Any:
    """The value of a JSON text, for which AWS has taken away `$eval`."""
    if text is UNDEFINED:
        return UNDEFINED
    try:
        return json.loads(text)
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
