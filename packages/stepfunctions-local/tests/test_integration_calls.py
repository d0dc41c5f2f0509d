"""Integrations against moto, through `AwsServices`."""

import asyncio
import json
import uuid

import pytest
from moto import mock_aws

from stepfunctions_local.aws_services import AwsServices
from stepfunctions_local.errors import RuntimeFailure, StateError
from stepfunctions_local.integrations import TaskRequest, resolve

ROLE = "arn:aws:iam::123456789012:role/machine"
KEY = {"pk": {"S": "1"}}


class Tasks:
    """Runs one task and returns its output."""

    def __init__(self) -> None:
        self.services = AwsServices(access_key=("test", "test"), threads=4)

    def __call__(self, resource, arguments, **request):
        arn = f"arn:aws:states:::{resource}"
        integration = resolve(arn)
        asked = TaskRequest(
            arn,
            arguments,
            role_arn=ROLE,
            execution_arn="arn:execution",
            state_machine_arn="arn:machine",
            **request,
        )
        return asyncio.run(integration.invoke(asked, self.services))


@pytest.fixture(scope="module")
def task():
    with mock_aws():
        tasks = Tasks()
        yield tasks
        tasks.services.close()


@pytest.fixture
def table(task):
    name = f"orders-{uuid.uuid4()}"
    task(
        "aws-sdk:dynamodb:createTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )
    return name


def plain(output):
    return {name: value for name, value in output.items() if not name.startswith("Sdk")}


def test_item_has_the_format_of_each_integration(task, table):
    item = KEY | {"paid": {"BOOL": True}, "note": {"NULL": True}, "tags": {"SS": ["a"]}, "raw": {"B": "aGk="}}
    task("dynamodb:putItem", {"TableName": table, "Item": item})
    optimised = task("dynamodb:getItem", {"TableName": table, "Key": KEY})
    assert plain(optimised) == {"Item": item}
    assert optimised["SdkHttpMetadata"]["HttpStatusCode"] == 200
    headers = optimised["SdkHttpMetadata"]["AllHttpHeaders"]
    assert headers["x-amzn-RequestId"] == [optimised["SdkResponseMetadata"]["RequestId"]]
    by_sdk = task("aws-sdk:dynamodb:getItem", {"TableName": table, "Key": KEY})
    assert by_sdk == {
        "Item": KEY
        | {"paid": {"Bool": True}, "note": {"Nul": True}, "tags": {"Ss": ["a"]}, "raw": {"B": "aGk="}}
    }


def test_failed_condition_has_error_name_of_each_integration(task, table):
    task("dynamodb:putItem", {"TableName": table, "Item": KEY})
    again = {"TableName": table, "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(StateError) as optimised:
        task("dynamodb:putItem", again)
    assert optimised.value.error == "DynamoDB.ConditionalCheckFailedException"
    assert optimised.value.cause.startswith(
        "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; "
        "Error Code: ConditionalCheckFailedException; Request ID: "
    )
    assert optimised.value.cause.endswith("; Proxy: null)")
    with pytest.raises(StateError) as by_sdk:
        task("aws-sdk:dynamodb:putItem", again)
    assert by_sdk.value.error == "DynamoDb.ConditionalCheckFailedException"
    assert by_sdk.value.cause.startswith(
        "The conditional request failed (Service: DynamoDb, Status Code: 400, Request ID: "
    )


def test_cancelled_transaction_cause_has_reasons(task, table):
    task("dynamodb:putItem", {"TableName": table, "Item": KEY})
    puts = [
        {"Put": {"TableName": table, "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}},
        {"Put": {"TableName": table, "Item": {"pk": {"S": "2"}}}},
    ]
    with pytest.raises(StateError) as cancelled:
        task("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": puts})
    assert cancelled.value.error == "DynamoDb.TransactionCanceledException"
    assert cancelled.value.cause.startswith(
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[ConditionalCheckFailed, None] (Service: DynamoDb, "
    )


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "cause"),
    [
        (
            "dynamodb:getItem",
            {"TableName": "no", "Key": KEY},
            "DynamoDB.ResourceNotFoundException",
            "AmazonDynamoDBv2",
        ),
        (
            "aws-sdk:s3:listObjects",
            {"Bucket": "no-bucket"},
            "S3.NoSuchBucketException",
            "Extended Request ID",
        ),
        ("lambda:invoke", {"FunctionName": "no"}, "Lambda.ResourceNotFoundException", "Service: AWSLambda"),
        (
            "aws-sdk:sfn:describeExecution",
            {"ExecutionArn": "arn:aws:states:us-east-1:123456789012:execution:no:no"},
            "Sfn.ExecutionDoesNotExistException",
            "Service: Sfn",
        ),
        # an error the model does not list is the client's own class
        ("aws-sdk:dynamodb:getItem", {"TableName": "no", "Key": {}}, "DynamoDb.", "Service: DynamoDb"),
    ],
)
def test_errors_are_named_by_service_and_exception(task, resource, arguments, error, cause):
    with pytest.raises(StateError) as failed:
        task(resource, arguments)
    assert failed.value.error.startswith(error)
    assert cause in failed.value.cause


def test_json_messages_are_sent_as_text(task):
    queue = task("aws-sdk:sqs:createQueue", {"QueueName": "parcels"})["QueueUrl"]
    sent = task("sqs:sendMessage", {"QueueUrl": queue, "MessageBody": {"order": "ord-1"}})
    assert set(plain(sent)) == {"MD5OfMessageBody", "MessageId"}
    received = task("aws-sdk:sqs:receiveMessage", {"QueueUrl": queue})
    assert json.loads(received["Messages"][0]["Body"]) == {"order": "ord-1"}


def test_s3_objects_are_written_as_json_and_read_as_text(task):
    task("aws-sdk:s3:createBucket", {"Bucket": "shelf"})
    task("aws-sdk:s3:putObject", {"Bucket": "shelf", "Key": "a.json", "Body": {"n": 1}})
    got = task("aws-sdk:s3:getObject", {"Bucket": "shelf", "Key": "a.json"})
    assert got["Body"] == '{"n":1}'
    assert got["LastModified"].endswith("Z")
    assert got["ContentLength"] == 7


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"TableName": "t"}, "The field 'Item' is required but was missing"),
        (
            {"TableName": "t", "Item": KEY, "Colour": 1},
            "The field 'Colour' is not supported by Step Functions",
        ),
    ],
)
def test_invalid_arguments_do_not_start_task(task, arguments, reason):
    with pytest.raises(RuntimeFailure) as refused:
        task("dynamodb:putItem", arguments)
    shown = json.dumps(arguments, separators=(",", ":"))
    assert refused.value.cause == f"The Parameters '{shown}' could not be used to start the Task: [{reason}]"


@pytest.mark.parametrize(
    ("resource", "arguments", "field"),
    [
        ("dynamodb:putItem", {"TableName": "t", "Item": {"pk": "1"}}, "Item"),
        ("dynamodb:putItem", {"TableName": "t", "Item": {"pk": {"BOOL": "maybe"}}}, "BOOL"),
        ("events:putEvents", {"Entries": {"Source": "s"}}, "Entries"),
        ("events:putEvents", {"Entries": [{"Source": "s", "Time": "soon"}]}, "Time"),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "MaxKeys": "many"}, "MaxKeys"),
        ("aws-sdk:dynamodb:getItem", {"TableName": "t", "Key": {"pk": {"B": "a"}}}, "B"),
    ],
)
def test_argument_of_another_type_does_not_start_task(task, resource, arguments, field):
    with pytest.raises(RuntimeFailure) as refused:
        task(resource, arguments)
    assert refused.value.error == "States.Runtime"
    assert refused.value.cause.endswith(
        f"could not be used to start the Task: [The value of the field '{field}' has an invalid format]"
    )


def test_numbers_and_booleans_may_be_text(task, table):
    item = KEY | {"paid": {"BOOL": "true"}, "n": {"N": 7}}
    task("dynamodb:putItem", {"TableName": table, "Item": item})
    read = task("aws-sdk:dynamodb:scan", {"TableName": table, "Limit": "5"})
    assert read["Items"] == [KEY | {"paid": {"Bool": True}, "n": {"N": "7"}}]


def test_service_rejects_values_out_of_range(task):
    with pytest.raises(StateError) as refused:
        task("aws-sdk:kms:describeKey", {"KeyId": ""})
    assert refused.value.error == "Kms.NotFoundException"
    assert "(Service: Kms, Status Code: 400, " in refused.value.cause


@pytest.mark.parametrize(
    ("action", "arguments", "error"),
    [
        ("headObject", {"Bucket": "heads", "Key": "none"}, "S3.NoSuchKeyException"),
        ("headBucket", {"Bucket": "no-bucket"}, "S3.NoSuchBucketException"),
    ],
)
def test_missing_object_of_head_request_has_its_exception(task, action, arguments, error):
    task("aws-sdk:s3:createBucket", {"Bucket": "heads"})
    with pytest.raises(StateError) as missing:
        task(f"aws-sdk:s3:{action}", arguments)
    assert missing.value.error == error
    assert missing.value.cause.startswith("null (Service: S3, Status Code: 404, Request ID: ")


def test_s3_objects_have_no_checksum_of_the_task(task):
    task("aws-sdk:s3:createBucket", {"Bucket": "plain"})
    put = task("aws-sdk:s3:putObject", {"Bucket": "plain", "Key": "a", "Body": "x"})
    got = task("aws-sdk:s3:getObject", {"Bucket": "plain", "Key": "a"})
    assert not [name for name in put | got if name.startswith("Checksum")]


def test_null_required_argument_is_rejected_by_service(task):
    with pytest.raises(StateError) as refused:
        task("aws-sdk:dynamodb:putItem", {"TableName": "t", "Item": None})
    assert refused.value.error == "DynamoDb.DynamoDbException"
    assert refused.value.cause.startswith(
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null "
        "(Service: DynamoDb, Status Code: 400, Request ID: "
    )


def test_credentials_role_makes_the_call(task):
    other = "arn:aws:iam::210987654321:role/other"
    mine = task("aws-sdk:sts:getCallerIdentity", {})
    theirs = task("aws-sdk:sts:getCallerIdentity", {}, credentials={"RoleArn": other})
    assert mine["Arn"] == "arn:aws:sts::123456789012:assumed-role/machine/StepFunctions"
    assert theirs["Arn"] == "arn:aws:sts::210987654321:assumed-role/other/StepFunctions"
