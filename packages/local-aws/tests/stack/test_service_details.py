"""Details of services in which MiniStack differs from AWS."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws, eventually

pytestmark = pytest.mark.xdist_group("aws")


def test_mapping_needs_its_function_its_source_and_permissions(aws: Aws) -> None:
    client, (_, queue) = aws.client("lambda"), aws.queue()
    source = "def handler(event, context):\n    pass\n"
    stranger, reader = (
        aws.function(source),
        aws.function(source, role=aws.role({"Action": "sqs:*", "Resource": "*"})),
    )

    def problem(function: str, event_source: str) -> tuple[str, str]:
        with pytest.raises(ClientError) as error:
            client.create_event_source_mapping(FunctionName=function, EventSourceArn=event_source)
        return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]

    invalid = "InvalidParameterValueException"
    assert problem("none", queue) == (invalid, "Function does not exist")
    assert problem(reader, f"{queue}-none")[1].startswith("Error occurred while ReceiveMessage.")
    missing = "The function execution role does not have permissions to call ReceiveMessage on SQS"
    assert problem(stranger, queue) == (invalid, missing)
    created = client.create_event_source_mapping(FunctionName=reader, EventSourceArn=queue)
    code, message = problem(reader, queue)
    assert (code, created["UUID"] in message) == ("ResourceConflictException", True)
    client.delete_event_source_mapping(UUID=created["UUID"])
    with pytest.raises(ClientError, match="The resource you requested does not exist"):
        client.get_event_source_mapping(UUID=created["UUID"])


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


def test_responses_have_the_checksums_of_objects(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="checksums")
    options = {"ChecksumAlgorithm": "SHA256", "StorageClass": "STANDARD_IA"}
    stored = s3.put_object(Bucket="checksums", Key="a b&c", Body=b"hello", **options)
    assert stored["ChecksumSHA256"] == "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
    assert stored["ChecksumType"] == "FULL_OBJECT"
    copied = s3.copy_object(
        Bucket="checksums", Key="copy", CopySource={"Bucket": "checksums", "Key": "a b&c"}
    )
    assert copied["CopyObjectResult"]["ChecksumSHA256"] == stored["ChecksumSHA256"]
    for operation in (s3.list_objects, s3.list_objects_v2):
        [first, second] = operation(Bucket="checksums")["Contents"]
        assert (first["ChecksumAlgorithm"], first["ChecksumType"]) == (["SHA256"], "FULL_OBJECT")
        assert (first["StorageClass"], second["StorageClass"]) == ("STANDARD_IA", "STANDARD")


def test_secret_without_a_value_has_no_version(aws: Aws) -> None:
    secrets, name = aws.client("secretsmanager"), f"secret-{uuid.uuid4()}"
    assert "VersionId" not in secrets.create_secret(Name=name)
    with pytest.raises(ClientError, match="secret value for staging label: AWSCURRENT"):
        secrets.get_secret_value(SecretId=name)
    secrets.put_secret_value(SecretId=name, SecretString="x")
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "x"
    secrets.delete_secret(SecretId=name)
    with pytest.raises(ClientError, match="already scheduled for deletion"):
        secrets.create_secret(Name=name, SecretString="x")


def test_secret_has_one_kind_of_value(aws: Aws) -> None:
    secrets, name = aws.client("secretsmanager"), f"secret-{uuid.uuid4()}"
    both = {"SecretString": "x", "SecretBinary": b"x"}
    with pytest.raises(ClientError, match="both a binary secret value and a string secret value"):
        secrets.create_secret(Name="both", **both)
    secrets.create_secret(Name=name, SecretString="x")
    with pytest.raises(ClientError, match="both a binary secret value and a string secret value"):
        secrets.put_secret_value(SecretId=name, **both)
    with pytest.raises(ClientError, match="You must provide either SecretString or SecretBinary"):
        secrets.put_secret_value(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "x"


def test_version_of_a_secret_is_stored_once(aws: Aws) -> None:
    secrets, name, token = aws.client("secretsmanager"), f"secret-{uuid.uuid4()}", str(uuid.uuid4())
    secrets.create_secret(Name=name, SecretString="x")
    first = secrets.put_secret_value(SecretId=name, SecretString="y", ClientRequestToken=token)
    secrets.put_secret_value(SecretId=name, SecretString="z")
    again = secrets.put_secret_value(SecretId=name, SecretString="y", ClientRequestToken=token)
    assert (again["VersionId"], again["VersionStages"]) == (first["VersionId"], ["AWSPREVIOUS"])
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "z"
    with pytest.raises(ClientError, match="already in use for a version of secret") as refused:
        secrets.put_secret_value(SecretId=name, SecretString="other", ClientRequestToken=token)
    assert refused.value.response["Error"]["Code"] == "ResourceExistsException"


def test_invalid_name_of_a_secret_is_rejected(aws: Aws) -> None:
    with pytest.raises(ClientError, match="Must be a valid name containing alphanumeric characters"):
        aws.client("secretsmanager").create_secret(Name="Invalid Name", SecretString="x")


def test_failure_of_a_function_behind_an_api_is_not_described_to_the_caller(aws: Aws) -> None:
    source = (
        "def handler(event, context):\n"
        "    if 'cookies' not in event: return {'statusCode': 'unknown'}\n"
        "    raise ValueError(event['cookies'])\n"
    )
    gateway, function = aws.client("apigatewayv2"), aws.function(source)
    arn = aws.client("lambda").get_function(FunctionName=function)["Configuration"]["FunctionArn"]
    api = gateway.create_api(Name=function, ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=arn, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="$default", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    for headers in ({}, {"Cookie": "a=1; b=2"}):
        url = f"{aws.stack.endpoint}/_aws/execute-api/{api}/$default/"
        with pytest.raises(urllib.error.HTTPError) as failed:
            urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)
        assert (failed.value.code, failed.value.read()) == (500, b'{"message":"Internal Server Error"}')
        failed.value.close()


def _get(aws: Aws, host: str, path: str) -> str:
    request = urllib.request.Request(f"{aws.stack.endpoint}{path}", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=60) as response:
        return str(response.read().decode())


def test_api_has_the_routes_of_its_document_and_is_an_origin_of_cloudfront(aws: Aws) -> None:
    source = "def handler(event, context):\n    return event['routeKey'] + ' ' + event['rawPath']\n"
    function = aws.client("lambda").get_function(FunctionName=aws.function(source))["Configuration"][
        "FunctionArn"
    ]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = {"type": "aws_proxy", "httpMethod": "POST", "payloadFormatVersion": "2.0", "uri": uri}
    template = {
        "Resources": {
            "Api": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {
                    "Body": {
                        "openapi": "3.0.1",
                        "info": {"title": "orders", "version": "1"},
                        "paths": {"/orders/{id}": {"get": {"x-amazon-apigateway-integration": integration}}},
                    }
                },
            },
            "Stage": {
                "Type": "AWS::ApiGatewayV2::Stage",
                "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": function,
                    "Principal": "apigateway.amazonaws.com",
                },
            },
            "Web": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {
                    "DistributionConfig": {
                        "Enabled": True,
                        "Origins": [
                            {
                                "Id": "api",
                                "DomainName": {"Fn::Sub": "${Api}.execute-api.us-east-1.amazonaws.com"},
                                "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
                            }
                        ],
                        "DefaultCacheBehavior": {
                            "TargetOriginId": "api",
                            "ViewerProtocolPolicy": "allow-all",
                            "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
                            "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",
                        },
                    }
                },
            },
        },
        "Outputs": {
            "Api": {"Value": {"Ref": "Api"}},
            "Endpoint": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}},
            "Web": {"Value": {"Fn::GetAtt": ["Web", "DomainName"]}},
        },
    }
    formation, name = aws.client("cloudformation"), f"stack-{uuid.uuid4().hex[:8]}"
    formation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    def ended() -> dict[str, str] | None:
        stack = formation.describe_stacks(StackName=name)["Stacks"][0]
        assert not stack["StackStatus"].startswith("ROLLBACK"), formation.describe_stack_events(
            StackName=name
        )
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
        return outputs if stack["StackStatus"] == "CREATE_COMPLETE" else None

    outputs = eventually(ended)
    [api] = [
        each for each in aws.client("apigatewayv2").get_apis()["Items"] if each["ApiId"] == outputs["Api"]
    ]
    assert api["Name"] == "orders"
    response = "GET /orders/{id} /orders/7"
    assert _get(aws, outputs["Endpoint"].removeprefix("http://"), "/orders/7") == response
    assert _get(aws, outputs["Web"], "/orders/7") == response


def test_mail_needs_the_permission_for_its_sender_and_keeps_its_attachment(aws: Aws) -> None:
    sender = f"{uuid.uuid4().hex}@example.com"
    aws.client("sesv2").create_email_identity(EmailIdentity=sender)
    source = f"""
import boto3
def handler(event, context):
    attachment = {{"FileName": "a.pdf", "ContentType": "application/pdf", "RawContent": b"%PDF-1.7"}}
    text = {{"Data": "text"}}
    return boto3.client("sesv2").send_email(
        FromEmailAddress="{sender}",
        Destination={{"ToAddresses": ["ada@example.com"]}},
        Content={{"Simple": {{"Subject": text, "Body": {{"Text": text}}, "Attachments": [attachment]}}}},
    )["MessageId"]
"""

    def send(identity: str) -> tuple[object, str | None]:
        resource = f"arn:aws:ses:us-east-1:000000000000:identity/{identity}"
        role = aws.role({"Action": "ses:SendEmail", "Resource": resource})
        return aws.invoke(aws.function(source, role=role, Timeout=20))

    _, failure = send("other@example.com")
    assert failure is not None
    message_id, failure = send(sender)
    assert failure is None
    with urllib.request.urlopen(f"{aws.stack.endpoint}/_ministack/ses/messages") as response:
        records = json.load(response)["messages"]["000000000000"]
    [record] = [one for one in records if one["Source"] == sender]
    content = base64.b64encode(b"%PDF-1.7").decode()
    assert record["MessageId"] == message_id
    assert record["Attachments"] == [
        {"FileName": "a.pdf", "ContentType": "application/pdf", "RawContent": content}
    ]


def test_queue_rejects_invalid_delays_and_attributes(aws: Aws) -> None:
    client, (url, _) = aws.client("sqs"), aws.queue()
    with pytest.raises(ClientError) as refused:
        client.send_message(QueueUrl=url, MessageBody="x", DelaySeconds=901)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    attribute = {"a": {"DataType": "Number", "StringValue": "x"}}
    batch = client.send_message_batch(
        QueueUrl=url,
        Entries=[
            {"Id": "1", "MessageBody": "x", "MessageAttributes": attribute},
            {"Id": "2", "MessageBody": "y"},
        ],
    )
    assert [entry["Id"] for entry in batch["Successful"]] == ["2"]
    assert batch["Failed"][0]["Message"] == (
        "Can't cast the value of message (user) attribute 'a' to a number."
    )
