"""Operations on activities, and GetActivityTask for their workers."""

from collections.abc import Mapping
from typing import Any

from ..engine import Engine
from ..errors import ApiError
from . import arns, configuration, tags
from .paging import page

POLL_SECONDS = 60.0


def create(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """Create an activity, or return the existing one of this name."""
    arns.check_name(params["name"])
    config = engine.config
    arn = f"arn:{config.partition}:states:{config.region}:{config.account}:activity:{params['name']}"
    encryption = configuration.encryption(params.get("encryptionConfiguration"))
    activity = engine.store.get("activity", arn)
    if activity is None:
        activity = {
            "activityArn": arn,
            "name": params["name"],
            "creationDate": engine.clock.now(),
            "encryptionConfiguration": encryption,
        }
        tag_map = tags.as_dict(params.get("tags") or [])
        engine.store.put("activity", arn, activity)
        if tag_map:
            engine.store.put("tags", arn, tag_map)
    elif activity["encryptionConfiguration"] != encryption:
        raise ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    return {"activityArn": arn, "creationDate": activity["creationDate"]}


def _activity(engine: Engine, text: str) -> dict[str, Any]:
    arns.parse(text, "activity")
    activity = engine.store.get("activity", text)
    if activity is None:
        raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{text}'")
    return activity


def describe(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an activity."""
    return _activity(engine, params["activityArn"])


def delete(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """Delete an activity if it exists."""
    arns.parse(params["activityArn"], "activity")
    engine.store.delete("activity", params["activityArn"])
    engine.store.delete("tags", params["activityArn"])
    return {}


def list_all(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """List activities, oldest first."""
    activities = sorted(engine.store.scan("activity"), key=lambda activity: activity["creationDate"])
    items, token = page(activities, dict(params), lambda activity: activity["activityArn"])
    fields = ("activityArn", "name", "creationDate")
    return {"activities": [{field: item[field] for field in fields} for item in items], **token}


async def get_task(engine: Engine, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the token and input of a scheduled task, or an empty response after a minute."""
    arn = _activity(engine, params["activityArn"])["activityArn"]
    task = await engine.activities.take(arn, params.get("workerName"), POLL_SECONDS)
    return task or {}


OPERATIONS = {
    "CreateActivity": create,
    "DescribeActivity": describe,
    "DeleteActivity": delete,
    "ListActivities": list_all,
    "GetActivityTask": get_task,
}
