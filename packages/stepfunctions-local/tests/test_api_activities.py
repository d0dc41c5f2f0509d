"""API operations on tags and activities."""

import asyncio
import json

from stepfunctions_local.api.dispatch import dispatch

from .api_machines import ARN, api_error, create, engine

__all__ = ["engine"]  # fixtures


def test_activity_worker_quota_is_enforced(engine, monkeypatch):
    monkeypatch.setattr("stepfunctions_local.activities.MAX_WORKERS", 1)
    activity = engine.create_activity(name="pack")["activityArn"]

    async def two_poll():
        polls = [dispatch(engine.engine, "GetActivityTask", {"activityArn": activity}) for _ in range(2)]
        return await asyncio.gather(*polls, return_exceptions=True)

    first, second = engine.wait(two_poll())
    assert (first, second.code) == ({}, "ActivityWorkerLimitExceeded")


def test_tags_are_added_and_removed(engine):
    create(engine, tags=[{"key": "a", "value": "1"}])
    engine.tag_resource(resourceArn=ARN + "m", tags=[{"key": "b", "value": "2"}, {"key": "a", "value": "3"}])
    listed = engine.list_tags_for_resource(resourceArn=ARN + "m")["tags"]
    assert listed == [{"key": "a", "value": "3"}, {"key": "b", "value": "2"}]
    engine.untag_resource(resourceArn=ARN + "m", tagKeys=["a", "a", "none"])
    assert engine.list_tags_for_resource(resourceArn=ARN + "m")["tags"] == [{"key": "b", "value": "2"}]
    many = [{"key": str(number), "value": ""} for number in range(50)]
    assert api_error(engine.tag_resource, resourceArn=ARN + "m", tags=many)[0] == "TooManyTags"


def test_tagging_missing_resource_raises_not_found(engine):
    create(engine, publish=True)
    for arn in (ARN + "m:1", ARN + "none"):
        error = api_error(engine.tag_resource, resourceArn=arn, tags=[])
        assert error == ("ResourceNotFound", f"Resource not found: '{arn}'")
    activity = engine.create_activity(name="pack", tags=[{"key": "a", "value": "b"}])["activityArn"]
    assert engine.list_tags_for_resource(resourceArn=activity)["tags"] == [{"key": "a", "value": "b"}]


def test_activity_is_created_once_described_and_deleted(engine):
    created = engine.create_activity(name="pack-1.x_y")
    engine.pass_time(5)
    assert engine.create_activity(name="pack-1.x_y") == created
    arn = created["activityArn"]
    assert engine.describe_activity(activityArn=arn) == created | {
        "name": "pack-1.x_y",
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    assert engine.list_activities()["activities"] == [created | {"name": "pack-1.x_y"}]
    assert engine.delete_activity(activityArn=arn) == engine.delete_activity(activityArn=arn) == {}
    error = ("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    assert api_error(engine.describe_activity, activityArn=arn) == error
    assert api_error(engine.get_activity_task, activityArn=arn) == error
    assert api_error(engine.create_activity, name="a,b") == ("InvalidName", "Invalid Name: 'a,b'")


def test_worker_receives_activity_task(engine):
    arn = engine.create_activity(name="pack")["activityArn"]
    assert engine.get_activity_task(activityArn=arn) == {}
    states = {"P": {"Type": "Task", "Resource": arn, "End": True}}
    execution = engine.start(engine.create({"StartAt": "P", "States": states}), {"parcel": 1})
    task = engine.get_activity_task(activityArn=arn, workerName="w")
    assert json.loads(task["input"]) == {"parcel": 1}
    engine.send_task_success(taskToken=task["taskToken"], output='{"packed":true}')
    result = engine.finish(execution)
    assert result.output == {"packed": True}
    assert result.events("ActivityStarted")[0]["activityStartedEventDetails"] == {"workerName": "w"}
