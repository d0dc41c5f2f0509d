"""Saga metadata: the bracketed prefix of a Comment that tools read. docs/saga-metadata.md has the grammar.

Step Functions refuses fields it does not define, so what a state means to its saga is kept in front of the
prose: `[compensatable; undo=ReleaseStock] Reserve every line's stock.` The prose itself is never read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SIDES = ("compensatable", "pivot", "inquiry", "forward", "compensation", "case")
EXEMPTABLE_RULES = ("reverse",)

_PREFIX = re.compile(r"\[([^\[\]]*)\](?: (?=\S)|$)")
_ITEM = re.compile(r"([a-z-]+)(?:=([A-Za-z0-9_.-]+(?:,[A-Za-z0-9_.-]+)*))?")

type Items = dict[str, tuple[str, ...]]


class MetadataError(ValueError):
    """A Comment's metadata does not follow the grammar."""


@dataclass(frozen=True, slots=True)
class Step:
    """A Task's place in its saga: `undo` is the compensation of a compensatable step, None when it has no effect."""

    side: str
    undo: str | None = None
    has_effect: bool = True


@dataclass(frozen=True, slots=True)
class Exemption:
    """A checker rule that a Catch or a Choice rule is exempt from; for a Catch, the errors it holds for."""

    rule: str
    errors: tuple[str, ...] = ()


def prose(comment: str) -> str:
    """Return a Comment without its metadata."""
    return _PREFIX.sub("", comment, count=1) if comment.startswith("[") else comment


def parse_step(state: Mapping[str, Any]) -> Step | None:
    """Return the metadata of a state: a Task must have some, a Pass may, no other state may.

    Raises MetadataError when it is missing, malformed or not allowed.
    """
    items = _items(state.get("Comment", ""))
    if state["Type"] not in ("Task", "Pass"):
        require_none(state)
    if state["Type"] != "Task" and not items:
        return None
    sides = [word for word in items if word in SIDES]
    if len(sides) != 1 or next(iter(items)) != sides[0]:
        raise MetadataError(
            f"a Task's metadata must begin with exactly one of {', '.join(SIDES)}; got {list(items)}"
        )
    side = sides[0]
    allowed = {"compensatable": {"undo", "no-effect"}, "forward": {"no-effect"}}.get(side, set())
    _require_known(items, {side, *allowed}, side)
    undo = _single(items, "undo") if "undo" in items else None
    has_effect = "no-effect" not in items
    for word in (side, "no-effect"):
        if items.get(word):
            raise MetadataError(f"{word} takes no value")
    if side == "compensatable" and (undo is None) == has_effect:
        raise MetadataError("a compensatable step must have either undo=STATE or no-effect")
    return Step(side, undo, has_effect)


def parse_exemption(entry: Mapping[str, Any]) -> Exemption | None:
    """Return the exemption of a Catch or a Choice rule, None without one. Raises MetadataError."""
    items = _items(entry.get("Comment", ""))
    if not items:
        return None
    catches = "ErrorEquals" in entry
    _require_known(items, {"exempt", "errors"} if catches else {"exempt"}, "an exemption")
    rule = _single(items, "exempt")
    if rule not in EXEMPTABLE_RULES:
        raise MetadataError(f"exempt must name one of {', '.join(EXEMPTABLE_RULES)}; got {rule!r}")
    errors = items.get("errors", ())
    if catches and sorted(errors) != sorted(entry["ErrorEquals"]):
        raise MetadataError(
            f"errors must be the Catch's ErrorEquals {entry['ErrorEquals']}; got {list(errors)}"
        )
    return Exemption(rule, errors)


def require_none(value: Mapping[str, Any]) -> None:
    """Raise MetadataError when an object whose Comment takes no metadata has some."""
    if _items(value.get("Comment", "")):
        raise MetadataError("only a Task, a Pass, a Catch and a Choice rule take metadata")


def _items(comment: str) -> Items:
    if not comment.startswith("["):
        return {}
    prefix = _PREFIX.match(comment)
    if prefix is None:
        raise MetadataError(
            f"metadata must be [WORD; WORD=VALUE] followed by one space; got {comment[:60]!r}"
        )
    items: Items = {}
    for text in prefix[1].split("; "):
        item = _ITEM.fullmatch(text)
        if item is None:
            raise MetadataError(f"metadata item must be WORD or WORD=VALUE,VALUE; got {text!r}")
        if item[1] in items:
            raise MetadataError(f"metadata has {item[1]} twice")
        items[item[1]] = tuple(item[2].split(",")) if item[2] else ()
    return items


def _require_known(items: Items, known: set[str], where: str) -> None:
    for word in items:
        if word not in known:
            raise MetadataError(f"metadata of {where} takes {', '.join(sorted(known))}; got {word!r}")


def _single(items: Items, word: str) -> str:
    values = items.get(word, ())
    if len(values) != 1:
        raise MetadataError(f"{word} must have one value; got {list(values)}")
    return values[0]
