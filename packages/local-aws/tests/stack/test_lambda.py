"""Lambda on the local stack: invocations of all triggers run in the Lambda runner, with the function's role."""

from __future__ import annotations

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from .conftest import Aws, eventually

pytestmark = pytest.mark.xdist_group("aws")

ECHO = "def handler(event, context):\n    return event\n"
RAISES = """
class PaymentDeclined(Exception):
    pass

def handler(event, context):
    raise PaymentDeclined("insufficient funds")
"""
# Sends its event to a queue.
REPORTS = """
import json, os, boto3
sqs = boto3.client("sqs")

def handler(event, context):
    report = {"event": event, "dir": os.environ["LAMBDA_TASK_ROOT"]}
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(report))
"""


def _reporting_function(aws: Aws) -> tuple[str, str, str]:
    """Create a function that sends its events to a queue; return its name, its ARN and the queue's URL."""
    url, _ = aws.queue()
    role = aws.role({"Action": "sqs:*", "Resource": "*"})
    name = aws.function(REPORTS, role=role, Environment={"Variables": {"QUEUE": url}}, Timeout=20)
    return name, aws.client("lambda").get_function(FunctionName=name)["Configuration"]["FunctionArn"], url


def test_invoke_returns_the_response_of_the_handler(aws: Aws) -> None:
    event = {"text": "Zoë", "number": 12, "list": [None, True]}
    assert aws.invoke(aws.function(ECHO), event) == (event, None)


def test_error_has_the_class_of_the_exception(aws: Aws) -> None:
    payload, error = aws.invoke(aws.function(RAISES))
    assert error == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == ("PaymentDeclined", "insufficient funds")


def test_function_has_the_permissions_of_its_role(aws: Aws) -> None:
    url, arn = aws.queue()
    source = """
import boto3
def handler(url, context):
    try:
        return boto3.client("sqs").send_message(QueueUrl=url, MessageBody="hello")["ResponseMetadata"]["HTTPStatusCode"]
    except Exception as error:
        return f"{type(error).__name__}: {error}"
"""
    allowed = aws.function(source, role=aws.role({"Action": "sqs:SendMessage", "Resource": arn}), Timeout=20)
    denied = aws.function(
        source, role=aws.role({"Action": "sqs:ReceiveMessage", "Resource": arn}), Timeout=20
    )
    assert aws.invoke(allowed, url) == (200, None)
    response, _ = aws.invoke(denied, url)
    assert "AccessDenied" in response
    assert "sqs:sendmessage" in response.lower()


def test_updated_function_runs_with_its_new_configuration(aws: Aws) -> None:
    client = aws.client("lambda")
    name = aws.function("import os\ndef handler(event, context):\n    return os.environ.get('COLOUR')\n")
    assert aws.invoke(name)[0] is None
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOUR": "red"}})
    assert aws.invoke(name)[0] == "red"


def test_published_version_does_not_change(aws: Aws) -> None:
    client = aws.client("lambda")
    name = aws.function(
        "import os\ndef handler(event, context):\n    return os.environ['COLOUR'] + context.function_version\n",
        Environment={"Variables": {"COLOUR": "red"}},
    )
    client.publish_version(FunctionName=name)
    client.update_function_configuration(FunctionName=name, Environment={"Variables": {"COLOUR": "blue"}})
    assert aws.invoke(name, Qualifier="1")[0] == "red1"
    assert aws.invoke(name)[0] == "blue$LATEST"


def test_reserved_concurrency_throttles(aws: Aws) -> None:
    name = aws.function("import time\ndef handler(event, context):\n    time.sleep(event)\n", Timeout=20)
    aws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as throttled:
        aws.invoke(name, 0)
    assert throttled.value.response["Error"]["Code"] == "TooManyRequestsException"


def test_output_is_in_cloudwatch_and_in_the_log_tail(aws: Aws) -> None:
    name = aws.function("def handler(event, context):\n    print('hello', event)\n")
    response = aws.client("lambda").invoke(FunctionName=name, Payload=b'"world"', LogType="Tail")
    tail = base64.b64decode(response["LogResult"]).decode()
    assert "hello world" in tail
    events = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert [event["message"].split()[0] for event in events] == [
        "INIT_START",
        "START",
        "hello",
        "END",
        "REPORT",
    ]


def test_handler_receives_the_trace_header_of_the_caller(aws: Aws) -> None:
    client = aws.client("lambda")
    name = aws.function(
        "import os\ndef handler(event, context):\n    return os.environ['_X_AMZN_TRACE_ID']\n"
    )
    header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    client.meta.events.register(
        "before-sign.lambda.Invoke",
        lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", header),
    )
    assert json.loads(client.invoke(FunctionName=name)["Payload"].read()) == header


def test_event_invocation_runs_in_the_runner(aws: Aws) -> None:
    name, _, url = _reporting_function(aws)
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    [message] = aws.messages(url, 1)
    assert message["event"] == {"n": 1}
    assert "packages/task" in message["dir"]


def _status(aws: Aws, name: str, body: bytes, **options: str) -> tuple[int, str]:
    with pytest.raises(ClientError) as error:
        aws.client("lambda").invoke(FunctionName=name, Payload=body, **options)
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_payload_that_is_not_json_is_rejected(aws: Aws) -> None:
    assert _status(aws, aws.function(ECHO), b"hello") == (400, "InvalidRequestContentException")


@pytest.mark.parametrize("body", [b'{"a":', b"NaN", b'"x', b"\xff", b"[1,]"])
def test_text_that_only_resembles_json_is_rejected(aws: Aws, body: bytes) -> None:
    assert _status(aws, aws.function(ECHO), body) == (400, "InvalidRequestContentException")


def test_too_large_payload_is_rejected(aws: Aws) -> None:
    name = aws.function(ECHO)
    assert _status(aws, name, b'"%s"' % (b"x" * 6_291_456)) == (413, "RequestEntityTooLargeException")
    too_large = (413, "RequestEntityTooLargeException")
    assert _status(aws, name, b'"%s"' % (b"x" * 1_048_576), InvocationType="Event") == too_large


def test_payload_and_response_pass_unchanged(aws: Aws) -> None:
    body = b'{"number": 1e2, "text": "Z\\u006f\xc3\xab", "n":12345678901234567890}'
    name = aws.function("def handler(event, context):\n    return event\n")
    response = aws.client("lambda").invoke(FunctionName=name, Payload=body)["Payload"].read()
    assert json.loads(response) == {"number": 100.0, "text": "Zoë", "n": 12345678901234567890}
    assert aws.client("lambda").invoke(FunctionName=name)["Payload"].read() == b"{}"


def test_response_that_is_not_json_passes_unchanged(aws: Aws) -> None:
    name = aws.function("def handler(event, context):\n    return b'abc'\n")
    response = aws.client("lambda").invoke(FunctionName=name)
    assert response["StatusCode"] == 200


@pytest.mark.parametrize(
    ("settings", "code", "message"),
    [
        ({"Timeout": 901}, "ValidationException", "at 'timeout' failed .* less than or equal to 900"),
        (
            {"MemorySize": 10_241},
            "ValidationException",
            "at 'memorySize' failed .* less than or equal to 10240",
        ),
        ({"Handler": "app handler"}, "ValidationException", "Value 'app handler' at 'handler' failed"),
        (
            {"Role": "arn:aws:iam::000000000000:role/none"},
            "InvalidParameterValueException",
            "cannot be assumed by",
        ),
        (
            {"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"] * 6},
            "InvalidParameterValueException",
            "than 5",
        ),
        (
            {"DeadLetterConfig": {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:work"}},
            "InvalidParameterValueException",
            "does not have permissions to call SendMessage on SQS",
        ),
    ],
)
def test_invalid_configuration_is_rejected(
    aws: Aws, settings: dict[str, Any], code: str, message: str
) -> None:
    with pytest.raises(ClientError, match=message) as error:
        aws.client("lambda").update_function_configuration(FunctionName=aws.function(ECHO), **settings)
    assert error.value.response["Error"]["Code"] == code


def test_function_needs_a_runtime_and_a_short_name(aws: Aws) -> None:
    client, role = aws.client("lambda"), aws.role()
    settings = {"Role": role, "Handler": "app.handler", "Code": {"ZipFile": b"PK"}}
    with pytest.raises(ClientError, match="Runtime and Handler are mandatory parameters"):
        client.create_function(FunctionName="f", **settings)
    with pytest.raises(ClientError, match=r"at 'functionName' failed .* less than or equal to 64"):
        client.create_function(FunctionName="f" * 65, Runtime="python3.13", **settings)
    with pytest.raises(
        ClientError, match=r"InvalidParameterValueException.* Value python1 at 'runtime' failed"
    ):
        client.create_function(FunctionName="f", Runtime="python1", **settings)


def test_account_keeps_unreserved_concurrency(aws: Aws) -> None:
    with pytest.raises(ClientError, match=r"below its minimum value of \[100\]"):
        aws.client("lambda").put_function_concurrency(
            FunctionName=aws.function(ECHO), ReservedConcurrentExecutions=901
        )


def test_alias_of_a_missing_version_is_rejected(aws: Aws) -> None:
    name = aws.function(ECHO)
    with pytest.raises(ClientError, match=f"Function not found: .*:{name}:7"):
        aws.client("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion="7")


@pytest.mark.parametrize("options", [{"InvocationType": "Later"}, {"LogType": "Full"}])
def test_unknown_option_of_an_invocation_is_rejected(aws: Aws, options: dict[str, str]) -> None:
    assert _status(aws, aws.function(ECHO), b"{}", **options) == (400, "ValidationException")


def test_configuration_of_asynchronous_invocations_is_checked_and_updated(aws: Aws) -> None:
    client, name = aws.client("lambda"), aws.function(ECHO)
    arn = client.get_function(FunctionName=name)["Configuration"]["FunctionArn"]

    def destination(target: str) -> dict[str, Any]:
        return {"DestinationConfig": {"OnFailure": {"Destination": target}}}

    for settings, message in (
        ({}, "You must specify at least one of error handling or destination setting"),
        ({"MaximumRetryAttempts": 3}, "at 'maximumRetryAttempts' failed"),
        (destination("queue"), "at 'destinationConfig.onFailure.destination' failed"),
        (destination(arn), "You can't specify the function as a destination for itself"),
        (destination(f"{arn}-none"), "is invalid"),
    ):
        with pytest.raises(ClientError, match=message):
            client.put_function_event_invoke_config(FunctionName=name, **settings)
    client.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    client.update_function_event_invoke_config(FunctionName=name, MaximumEventAgeInSeconds=100)
    stored = client.get_function_event_invoke_config(FunctionName=name)
    assert (stored["MaximumRetryAttempts"], stored["MaximumEventAgeInSeconds"]) == (1, 100)
    assert stored["FunctionArn"] == f"{arn}:$LATEST"


def test_failed_event_is_stored_in_a_bucket(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), f"failed-{time.time_ns()}"
    s3.create_bucket(Bucket=bucket)
    name = aws.function(RAISES, role=aws.role({"Action": "s3:PutObject", "Resource": "*"}))
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}},
    )
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    [record] = eventually(lambda: s3.list_objects_v2(Bucket=bucket).get("Contents"))
    assert record["Key"].startswith(f"aws/lambda/async/{name}/")


@pytest.mark.parametrize("variables", [{"AWS_REGION": "eu-west-1"}, {"TEXT": "x" * 4096}])
def test_reserved_and_too_large_environments_are_rejected(aws: Aws, variables: dict[str, str]) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        aws.function(ECHO, Environment={"Variables": variables})
    name = aws.function(ECHO)
    with pytest.raises(ClientError, match="InvalidParameterValueException"):
        aws.client("lambda").update_function_configuration(
            FunctionName=name, Environment={"Variables": variables}
        )


def test_failed_event_invocation_reaches_its_destination_and_dead_letter_queue(aws: Aws) -> None:
    failed_url, failed = aws.queue()
    dead_url, dead = aws.queue()
    role = aws.role({"Action": "sqs:*", "Resource": "*"})
    name = aws.function(RAISES, role=role, DeadLetterConfig={"TargetArn": dead})
    aws.client("lambda").put_function_event_invoke_config(
        FunctionName=name,
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": failed}},
    )
    aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    [record] = aws.messages(failed_url, 1)
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["responsePayload"]["errorType"] == "PaymentDeclined"
    [message] = eventually(
        lambda: (
            aws.client("sqs")
            .receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"], WaitTimeSeconds=1)
            .get("Messages")
        )
    )
    assert json.loads(message["Body"]) == {"n": 1}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "insufficient funds"


def test_eventbridge_rule_invokes_the_runner(aws: Aws) -> None:
    _, arn, url = _reporting_function(aws)
    events = aws.client("events")
    events.put_rule(Name=f"rule-{arn[-6:]}", EventPattern=json.dumps({"source": [f"test.{arn[-6:]}"]}))
    events.put_targets(Rule=f"rule-{arn[-6:]}", Targets=[{"Id": "one", "Arn": arn}])
    events.put_events(Entries=[{"Source": f"test.{arn[-6:]}", "DetailType": "Thing", "Detail": '{"a": 1}'}])
    [message] = aws.messages(url, 1)
    assert message["event"]["detail"] == {"a": 1}
    assert "packages/task" in message["dir"]


def test_queue_invokes_the_runner(aws: Aws) -> None:
    name, _, url = _reporting_function(aws)
    source_url, source_arn = aws.queue()
    aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=source_arn, BatchSize=1
    )
    aws.client("sqs").send_message(QueueUrl=source_url, MessageBody="hello")
    [message] = aws.messages(url, 1)
    assert message["event"]["Records"][0]["body"] == "hello"


def test_topic_invokes_the_runner(aws: Aws) -> None:
    _, arn, url = _reporting_function(aws)
    sns = aws.client("sns")
    topic = sns.create_topic(Name=f"topic-{arn[-6:]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="hello")
    [message] = aws.messages(url, 1)
    assert message["event"]["Records"][0]["Sns"]["Message"] == "hello"


def test_uploaded_object_invokes_the_runner(aws: Aws) -> None:
    _, arn, url = _reporting_function(aws)
    s3, bucket = aws.client("s3"), f"bucket-{arn[-6:]}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "LambdaFunctionConfigurations": [{"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    s3.put_object(Bucket=bucket, Key="a b.txt", Body=b"x")
    [message] = aws.messages(url, 1)
    assert message["event"]["Records"][0]["s3"]["object"]["key"] == "a+b.txt"


def test_table_stream_invokes_the_runner(aws: Aws) -> None:
    name, _, url = _reporting_function(aws)
    dynamodb, table = aws.client("dynamodb"), f"table-{name[-6:]}"
    stream = dynamodb.create_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    aws.client("iam").put_role_policy(
        RoleName=_role_of(aws, name),
        PolicyName="stream",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}],
            }
        ),
    )
    aws.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=stream, StartingPosition="TRIM_HORIZON"
    )
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "one"}})
    [message] = aws.messages(url, 1)
    assert message["event"]["Records"][0]["dynamodb"]["NewImage"] == {"pk": {"S": "one"}}


def _role_of(aws: Aws, function: str) -> str:
    role: str = aws.client("lambda").get_function(FunctionName=function)["Configuration"]["Role"]
    return role.rpartition("/")[2]


def test_concurrent_invocations_get_their_own_response(aws: Aws) -> None:
    name = aws.function(ECHO)
    with ThreadPoolExecutor(20) as threads:
        results = list(threads.map(lambda n: aws.invoke(name, n), range(100)))
    assert results == [(n, None) for n in range(100)]


def test_metrics_count_invocations(aws: Aws) -> None:
    name = aws.function(ECHO)
    aws.invoke(name)
    now = time.time()
    statistics = eventually(
        lambda: aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda", MetricName="Invocations", Dimensions=[{"Name": "FunctionName", "Value": name}],
            StartTime=now - 3600, EndTime=now + 3600, Period=7200, Statistics=["Sum"],
        )["Datapoints"]
    )  # fmt: skip
    assert statistics[0]["Sum"] == 1.0
