"""State after kill -9: everything that was acknowledged is there."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import Any

import pytest

from local_aws import StateFolder

from ..storm import storm
from .conftest import Aws, eventually, free_port, start

TABLE: dict[str, Any] = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def restart(folder: StateFolder, aws: Aws) -> Aws:
    """Kill the stack without warning and start it again on another port."""
    os.kill(aws.stack.pid, signal.SIGKILL)
    eventually(lambda: folder.running() is None)
    return start(folder)


def keys(aws: Aws, table: str = "orders") -> set[str]:
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return {item["pk"]["S"] for page in pages for item in page["Items"]}


def test_items_survive_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(**TABLE)
    for name in ("put", "updated", "deleted"):
        dynamodb.put_item(TableName="orders", Item={"pk": {"S": name}})
    dynamodb.update_item(
        TableName="orders", Key={"pk": {"S": "updated"}}, UpdateExpression="SET amount = :n",
        ExpressionAttributeValues={":n": {"N": "12.5"}},
    )  # fmt: skip
    dynamodb.delete_item(TableName="orders", Key={"pk": {"S": "deleted"}})
    dynamodb.transact_write_items(
        TransactItems=[{"Put": {"TableName": "orders", "Item": {"pk": {"S": name}}}} for name in ("a", "b")]
    )
    dynamodb.batch_write_item(RequestItems={"orders": [{"PutRequest": {"Item": {"pk": {"S": "batch"}}}}]})

    again = restart(folder, aws).client("dynamodb")
    read = {item["pk"]["S"]: item for item in again.scan(TableName="orders")["Items"]}
    assert read.keys() == {"put", "updated", "a", "b", "batch"}
    assert read["updated"]["amount"] == {"N": "12.5"}
    assert again.describe_table(TableName="orders")["Table"]["ItemCount"] == 5


def test_deleted_table_stays_deleted_after_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(**TABLE)
    dynamodb.put_item(TableName="orders", Item={"pk": {"S": "old"}})
    dynamodb.delete_table(TableName="orders")
    dynamodb.create_table(**TABLE)
    assert keys(restart(folder, aws)) == set()


def test_messages_survive_a_kill_with_their_receipts(folder: StateFolder) -> None:
    aws = start(folder)
    url, _ = aws.queue()
    sqs, name = aws.client("sqs"), url.rpartition("/")[2]
    for body in ("deleted", "received", "waiting"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    first, second = (sqs.receive_message(QueueUrl=url, VisibilityTimeout=600)["Messages"][0] for _ in "ab")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])

    again = restart(folder, aws).client("sqs")
    url = again.get_queue_url(QueueName=name)["QueueUrl"]
    left = again.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in left] == ["waiting"]
    again.delete_message(QueueUrl=url, ReceiptHandle=second["ReceiptHandle"])
    counts = again.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_fifo_queue_keeps_order_and_duplicates_after_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="orders.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

    def send(client: Any, body: str) -> str:
        number: str = client.send_message(
            QueueUrl=url, MessageBody=body, MessageGroupId="g", MessageDeduplicationId=body
        )["SequenceNumber"]
        return number

    one, two = send(sqs, "one"), send(sqs, "two")
    again = restart(folder, aws).client("sqs")
    assert send(again, "two") == two
    assert one < two < send(again, "three")
    messages = again.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == ["one", "two", "three"]


def test_stream_continues_at_its_position_after_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    url, queue = aws.queue()
    source = (
        "import boto3, json\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        f"    for r in event['Records']: sqs.send_message(QueueUrl={url.rpartition('/')[2]!r}, "
        "MessageBody=json.dumps(r['dynamodb']['Keys']['pk']['S']))\n"
    )
    role = aws.role({"Action": ["sqs:SendMessage", "sqs:GetQueueUrl"], "Resource": queue})
    dynamodb = aws.client("dynamodb")
    stream = dynamodb.create_table(**TABLE, StreamSpecification=STREAM)["TableDescription"]["LatestStreamArn"]
    mapping = aws.client("lambda").create_event_source_mapping(
        EventSourceArn=stream, FunctionName=aws.function(source, role=role), StartingPosition="TRIM_HORIZON"
    )
    dynamodb.put_item(TableName="orders", Item={"pk": {"S": "before"}})
    assert aws.messages(url, 1) == ["before"]
    aws.client("sqs").purge_queue(QueueUrl=url)
    aws.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    for name in ("while", "disabled"):
        dynamodb.put_item(TableName="orders", Item={"pk": {"S": name}})

    again = restart(folder, aws)
    again.client("lambda").update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    again.client("dynamodb").put_item(TableName="orders", Item={"pk": {"S": "after"}})
    assert again.messages(url, 3) == ["while", "disabled", "after"]


def test_configuration_survives_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    s3, events, scheduler = aws.client("s3"), aws.client("events"), aws.client("scheduler")
    s3.create_bucket(Bucket="pictures")
    s3.put_bucket_tagging(Bucket="pictures", Tagging={"TagSet": [{"Key": "stage", "Value": "local"}]})
    s3.put_object(Bucket="pictures", Key="a", Body=b"one", ContentType="image/png", Metadata={"sku": "1"})
    events.put_rule(Name="orders", EventPattern='{"source": ["shop"]}')
    role = aws.role({"Action": "sqs:SendMessage", "Resource": "*"})
    scheduler.create_schedule(
        Name="later", ScheduleExpression="at(2099-01-01T00:00:00)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": role},
    )  # fmt: skip
    secret = aws.client("secretsmanager").create_secret(Name="key", SecretString="s3cret")["ARN"]
    aws.client("ssm").put_parameter(Name="/rate", Value="7", Type="String")
    topic = aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    function = aws.function("def handler(event, context):\n    return event\n")

    again = restart(folder, aws)
    s3 = again.client("s3")
    assert s3.get_bucket_tagging(Bucket="pictures")["TagSet"] == [{"Key": "stage", "Value": "local"}]
    picture = s3.get_object(Bucket="pictures", Key="a")
    assert (picture["Body"].read(), picture["ContentType"], picture["Metadata"]) == (
        b"one",
        "image/png",
        {"sku": "1"},
    )
    assert json.loads(again.client("events").describe_rule(Name="orders")["EventPattern"]) == {
        "source": ["shop"]
    }
    assert again.client("scheduler").get_schedule(Name="later")["Target"]["RoleArn"] == role
    policy = again.client("iam").get_role_policy(RoleName=role.rpartition("/")[2], PolicyName="may")
    assert policy["PolicyDocument"]["Statement"][0]["Action"] == "sqs:SendMessage"
    assert again.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "s3cret"
    assert again.client("ssm").get_parameter(Name="/rate")["Parameter"]["Value"] == "7"
    assert again.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["TopicArn"] == topic
    assert again.invoke(function, {"n": 1}) == ({"n": 1}, None)


def test_log_events_and_metrics_survive_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    function = aws.function("def handler(event, context):\n    print('hello', event)\n")
    aws.invoke(function, "world")
    now = time.time()
    aws.client("cloudwatch").put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3, "Timestamp": now}]
    )
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="own")
    logs.create_log_stream(logGroupName="own", logStreamName="s")
    logs.put_log_events(
        logGroupName="own", logStreamName="s",
        logEvents=[{"timestamp": int(now * 1000), "message": "written"}],
    )  # fmt: skip

    again = restart(folder, aws)
    messages = [
        event["message"]
        for event in again.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    ]
    assert "hello world" in messages
    [event] = again.client("logs").get_log_events(logGroupName="own", logStreamName="s")["events"]
    assert event["message"] == "written"
    points = again.client("cloudwatch").get_metric_statistics(
        Namespace="Shop", MetricName="Orders", StartTime=now - 60, EndTime=now + 60, Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]  # fmt: skip
    assert [point["Sum"] for point in points] == [3.0]


def test_event_invocation_survives_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    url, _ = aws.queue()
    source = (
        "import boto3, time\nsqs = boto3.client('sqs')\ndef handler(event, context):\n"
        f"    time.sleep(2)\n    sqs.send_message(QueueUrl={url.rpartition('/')[2]!r}, MessageBody='1')\n"
    )
    name = aws.function(source, role=aws.role({"Action": "sqs:*", "Resource": "*"}), Timeout=30)
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    assert restart(folder, aws).messages(url, 1) == [1]


def test_temporary_credentials_survive_a_kill(folder: StateFolder) -> None:
    aws = start(folder)
    role = aws.role({"Action": "sqs:*", "Resource": "*"})
    credentials = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    again = restart(folder, aws)
    session = again.client(
        "sts",
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
    assert session.get_caller_identity()["Arn"].endswith("/session")


def test_deployment_that_a_kill_interrupts_can_be_repeated(folder: StateFolder) -> None:
    aws = start(folder)
    resources = {
        f"Table{n}": {"Type": "AWS::DynamoDB::Table", "Properties": _properties(n)} for n in range(3)
    }
    # The function of the custom resource does not exist: the deployment waits.
    waiting = {"Wait": {"Type": "AWS::CloudFormation::WaitCondition", "DependsOn": ["Table0", "Table1"]}}
    waiting["Wait"]["Properties"] = {"Handle": {"Ref": "Handle"}, "Timeout": "300"}  # type: ignore[assignment]
    handle = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}
    formation = aws.client("cloudformation")
    template = json.dumps({"Resources": resources | waiting | handle})
    formation.create_stack(StackName="shop", TemplateBody=template)

    again = restart(folder, aws).client("cloudformation")
    assert again.describe_stacks(StackName="shop")["Stacks"][0]["StackStatus"] == "CREATE_FAILED"
    again.delete_stack(StackName="shop")
    again.get_waiter("stack_delete_complete").wait(StackName="shop", WaiterConfig={"Delay": 1})
    again.create_stack(StackName="shop", TemplateBody=json.dumps({"Resources": resources}))
    again.get_waiter("stack_create_complete").wait(StackName="shop", WaiterConfig={"Delay": 1})


def _properties(number: int) -> dict[str, Any]:
    return TABLE | {"TableName": f"table-{number}"}


@pytest.mark.parametrize("size", [10, 5_000])
def test_write_does_not_depend_on_the_size_of_the_state(folder: StateFolder, size: int) -> None:
    """A write adds a page or two to the journal, with few items and with many."""
    aws = start(folder)
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(**TABLE)
    for start_ in range(0, size, 25):
        requests = [
            {"PutRequest": {"Item": {"pk": {"S": f"{number:06}"}, "text": {"S": "x" * 200}}}}
            for number in range(start_, min(start_ + 25, size))
        ]
        dynamodb.batch_write_item(RequestItems={"orders": requests})
    log = folder.journal.with_name("services.sqlite-wal")
    before = log.stat().st_size
    dynamodb.put_item(TableName="orders", Item={"pk": {"S": "new"}})
    assert log.stat().st_size - before <= 10 * 4120


def test_kills_under_load_lose_no_acknowledged_write(folder: StateFolder) -> None:
    """`python -m tests.storm` does the same with more kills."""
    assert storm(folder, free_port(), kills=2, seed=7, report=lambda _: None) == []
