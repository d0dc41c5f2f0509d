"""Operations on activities, and GetActivityTask for their workers."""

from collections.abc import Mapping
from typing import Any

from ..errors import ApiError
from . import arns, tags
from . import encryption as encryption_settings
from .paging import Pages
from .session import Session

POLL_SECONDS = 60.0


async def create(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Create an activity, or return the existing one of this name."""
    arns.check_name(params["name"])
    arn = session.arn("activity", params["name"])
    encryption = encryption_settings.complete(params.get("encryptionConfiguration"))
    await encryption_settings.check_key(encryption, session.engine.services)
    activity = session.store.get("activity", arn)
    if activity is None:
        activity = {
            "activityArn": arn,
            "name": params["name"],
            "creationDate": session.clock.now(),
            "encryptionConfiguration": encryption,
        }
        quota = session.engine.config.max_activities
        if session.store.count("activity", session.arn("activity", "")) >= quota:
            raise ApiError("ActivityLimitExceeded", f"Activity Limit Exceeded: '{quota}'")
        tag_map = tags.as_dict(params.get("tags") or [])
        session.store.put("activity", arn, activity)
        if tag_map:
            session.store.put("tags", arn, tag_map)
    elif activity["encryptionConfiguration"] != encryption:
        raise ApiError("ActivityAlreadyExists", f"Activity Already Exists: '{arn}'")
    return {"activityArn": arn, "creationDate": activity["creationDate"]}


def _activity(session: Session, text: str) -> dict[str, Any]:
    arns.parse(text, "activity")
    activity = session.store.get("activity", text)
    if activity is None:
        raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{text}'")
    return activity


def describe(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Describe an activity."""
    return _activity(session, params["activityArn"])


def delete(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Delete an activity if it exists."""
    arns.parse(params["activityArn"], "activity")
    session.store.delete("activity", params["activityArn"])
    session.store.delete("tags", params["activityArn"])
    return {}


def list_all(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """List activities, oldest first."""
    activities = sorted(
        session.store.scan("activity", session.arn("activity", "")),
        key=lambda activity: activity["creationDate"],
    )
    pages = Pages(session, "ListActivities", params)
    items, token = pages.select(activities, lambda activity: activity["activityArn"])
    fields = ("activityArn", "name", "creationDate")
    return {"activities": [{field: item[field] for field in fields} for item in items], **token}


async def get_task(session: Session, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the token and input of a scheduled task, or an empty response after a minute."""
    arn = _activity(session, params["activityArn"])["activityArn"]
    task = await session.engine.activities.take(arn, params.get("workerName"), POLL_SECONDS)
    return task or {}


OPERATIONS = {
    "CreateActivity": create,
    "DescribeActivity": describe,
    "DeleteActivity": delete,
    "ListActivities": list_all,
    "GetActivityTask": get_task,
}
