"""Tags of state machines and activities."""

from collections.abc import Mapping
from typing import Any

from ..engine import Engine
from ..errors import ApiError
from . import arns

_MOST = 50
_KINDS = {"stateMachine": "state_machine", "activity": "activity"}


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags as given in a request, the last of a key counting. Raises ApiError TooManyTags."""
    named = {tag["key"]: tag.get("value") or "" for tag in tags if tag.get("key") is not None}
    if len(named) > _MOST:
        raise ApiError("TooManyTags", f"Too many tags: a resource has at most {_MOST}")
    return named


def _resource(engine: Engine, text: str) -> str:
    arn = arns.parse(text, *_KINDS)
    if engine.store.get(_KINDS[arn.kind], text) is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)
    return text


def tag(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """TagResource: adds to the tags there are, replacing those of the same key."""
    arn = _resource(engine, params["resourceArn"])
    named = (engine.store.get("tags", arn) or {}) | as_dict(params["tags"])
    if len(named) > _MOST:
        raise ApiError("TooManyTags", f"Too many tags: a resource has at most {_MOST}", resourceName=arn)
    engine.store.put("tags", arn, named)
    return {}


def untag(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """UntagResource: keys that are not there are no error."""
    arn = _resource(engine, params["resourceArn"])
    kept = engine.store.get("tags", arn) or {}
    engine.store.put("tags", arn, {k: v for k, v in kept.items() if k not in params["tagKeys"]})
    return {}


def list_tags(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    named = engine.store.get("tags", _resource(engine, params["resourceArn"])) or {}
    return {"tags": [{"key": key, "value": value} for key, value in named.items()]}


OPERATIONS = {"TagResource": tag, "UntagResource": untag, "ListTagsForResource": list_tags}
