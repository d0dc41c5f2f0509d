"""Details of services in which MiniStack differs from AWS."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws

pytestmark = pytest.mark.xdist_group("aws")


def test_mapping_with_an_invalid_filter_is_rejected(aws: Aws) -> None:
    _, queue = aws.queue()
    function = aws.function("def handler(event, context):\n    pass\n")
    with pytest.raises(ClientError, match="Invalid filter pattern definition"):
        aws.client("lambda").create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=queue,
            FilterCriteria={"Filters": [{"Pattern": "{bad"}]},
        )


def test_mapping_collects_messages_in_its_window(aws: Aws) -> None:
    url, queue = aws.queue()
    reports, _ = aws.queue()
    source = f"""
import boto3, json
def handler(event, context):
    bodies = sorted(record["body"] for record in event["Records"])
    boto3.client("sqs").send_message(QueueUrl="{reports}", MessageBody=json.dumps(bodies))
"""
    function = aws.function(source, role=aws.role({"Action": "sqs:*", "Resource": "*"}), Timeout=20)
    mapping = aws.client("lambda").create_event_source_mapping(
        FunctionName=function, EventSourceArn=queue, BatchSize=3, MaximumBatchingWindowInSeconds=2,
        FilterCriteria={"Filters": [{"Pattern": json.dumps({"body": {"keep": [True]}})}]},
    )  # fmt: skip
    bodies = [json.dumps({"keep": number != 1, "n": number}) for number in range(5)]
    for body in bodies:
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    del bodies[1]
    assert sorted(aws.messages(reports, 2), key=len) == [bodies[3:], bodies[:3]]
    aws.client("lambda").delete_event_source_mapping(UUID=mapping["UUID"])


def test_weighted_alias_invokes_both_versions(aws: Aws) -> None:
    client = aws.client("lambda")
    source = """
def handler(event, context):
    return context.function_version, context.invoked_function_arn.rpartition(":")[2]
"""
    function = aws.function(source)
    for description in ("first", "second"):
        client.update_function_configuration(FunctionName=function, Description=description)
        client.publish_version(FunctionName=function)
    client.create_alias(
        FunctionName=function, Name="live", FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )  # fmt: skip
    results = [tuple(aws.invoke(function, Qualifier="live")[0]) for _ in range(40)]
    assert set(results) == {("1", "live"), ("2", "live")}
    configuration = client.get_function_configuration(FunctionName=function, Qualifier="live")
    assert configuration["Version"] == "1"


def test_object_has_the_content_type_and_the_encryption_of_s3(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="defaults")
    s3.put_object(Bucket="defaults", Key="plain", Body=b"x")
    s3.put_object(Bucket="defaults", Key="image", Body=b"x", ContentType="image/png")
    plain, image = (s3.head_object(Bucket="defaults", Key=key) for key in ("plain", "image"))
    assert (plain["ContentType"], plain["ServerSideEncryption"]) == ("binary/octet-stream", "AES256")
    assert image["ContentType"] == "image/png"


def test_invalid_name_of_a_secret_is_rejected(aws: Aws) -> None:
    with pytest.raises(ClientError, match="Must be a valid name containing alphanumeric characters"):
        aws.client("secretsmanager").create_secret(Name="Invalid Name", SecretString="x")
