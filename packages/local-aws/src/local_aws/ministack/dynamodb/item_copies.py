"""Items of DynamoDB copied as what they are, and expressions split into tokens once.

An update copies its item up to five times. `copy.deepcopy`, which copies any object, takes five times as long for the
nested dictionaries, lists and texts of an item; with the tokens of the expressions it was a quarter of a write.
"""

from __future__ import annotations

import copy
import functools
from types import SimpleNamespace
from typing import Any

from ministack.services import dynamodb

_MAX_EXPRESSIONS = 4_096


def copy_items_by_their_types() -> None:
    """Let MiniStack's DynamoDB copy with `copied`."""
    dynamodb.copy = SimpleNamespace(deepcopy=copied)


def cache_tokens() -> None:
    """Split each text of an expression once; MiniStack does not change the tokens."""
    dynamodb._tokenize = functools.lru_cache(_MAX_EXPRESSIONS)(dynamodb._tokenize)


def copied(value: Any) -> Any:
    """Return a copy of an attribute value, an item, or any other object."""
    kind = type(value)
    if kind is dict:
        return {name: inner if type(inner) is str else copied(inner) for name, inner in value.items()}
    if kind is list:
        return [copied(inner) for inner in value]
    return value if kind is str or kind is bool else copy.deepcopy(value)
