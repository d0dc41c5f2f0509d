"""Operations on tags of state machines and activities."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from . import arns
from .session import Session

_MAX_TAGS = 50
_KINDS = {"stateMachine": "state_machine", "activity": "activity"}


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    """Convert a request's tags to a dict; the last value of a key wins. Raises ApiError TooManyTags."""
    tag_map = {tag["key"]: tag.get("value") or "" for tag in tags if tag.get("key") is not None}
    if len(tag_map) > _MAX_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: a resource has at most {_MAX_TAGS}")
    return tag_map


def _resource(session: Session, text: str) -> str:
    arn = arns.parse(text, *_KINDS)
    if session.store.get(_KINDS[arn.kind], text) is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)
    return text


def tag(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Add tags to a resource, replacing those with the same key."""
    arn = _resource(session, params["resourceArn"])
    tag_map = (session.store.get("tags", arn) or {}) | as_dict(params["tags"])
    if len(tag_map) > _MAX_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: a resource has at most {_MAX_TAGS}", resourceName=arn)
    session.store.put("tags", arn, tag_map)
    return {}


def untag(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Remove tags from a resource; missing keys are ignored."""
    arn = _resource(session, params["resourceArn"])
    tag_map = session.store.get("tags", arn) or {}
    session.store.put("tags", arn, {k: v for k, v in tag_map.items() if k not in params["tagKeys"]})
    return {}


def list_tags(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List the tags of a resource."""
    tag_map = session.store.get("tags", _resource(session, params["resourceArn"])) or {}
    return {"tags": [{"key": key, "value": value} for key, value in tag_map.items()]}


OPERATIONS = {"TagResource": tag, "UntagResource": untag, "ListTagsForResource": list_tags}
