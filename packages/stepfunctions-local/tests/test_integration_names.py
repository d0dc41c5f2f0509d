"""Names of the Java SDK. Source: the developer guide's "AWS SDK service integrations"."""

import pytest

from stepfunctions_local.integrations import UnknownResource, naming, resolve


@pytest.mark.parametrize(
    ("service_id", "client"),
    [
        ("DynamoDB", "DynamoDb"),
        ("SFN", "Sfn"),
        ("S3", "S3"),
        ("SQS", "Sqs"),
        ("ACM PCA", "AcmPca"),
        ("Secrets Manager", "SecretsManager"),
        ("CloudWatch Logs", "CloudWatchLogs"),
        ("ApiGatewayV2", "ApiGatewayV2"),
        ("SESv2", "SesV2"),
        ("Elastic Load Balancing v2", "ElasticLoadBalancingV2"),
        ("Config Service", "Config"),
    ],
)
def test_service_id_maps_to_sdk_client_name(service_id, client):
    assert naming.client(service_id) == client


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ("BucketAlreadyExists", "BucketAlreadyExistsException"),
        ("NoSuchKey", "NoSuchKeyException"),
        ("ResourceNotFoundException", "ResourceNotFoundException"),
        ("DBClusterNotFoundFault", "DbClusterNotFoundException"),
    ],
)
def test_error_shape_maps_to_exception_class(shape, name):
    assert naming.exception(shape) == name


@pytest.mark.parametrize(
    ("member", "shown"),
    [
        ("BOOL", "Bool"),
        ("NULL", "Nul"),
        ("SS", "Ss"),
        ("M", "M"),
        ("ETag", "ETag"),
        ("DBClusterIdentifier", "DbClusterIdentifier"),
        ("stateMachineArn", "StateMachineArn"),
        ("MD5OfMessageBody", "Md5OfMessageBody"),
        ("TableName", "TableName"),
    ],
)
def test_members_are_in_sdk_pascal_case(member, shown):
    assert naming.member(member) == shown


@pytest.mark.parametrize(
    ("package", "service"),
    [
        ("dynamodb", "dynamodb"),
        ("sfn", "stepfunctions"),
        ("eventbridge", "events"),
        ("cloudwatchlogs", "logs"),
        ("cognitoidentityprovider", "cognito-idp"),
        ("elasticloadbalancingv2", "elbv2"),
        ("scheduler", "scheduler"),
        ("sesv2", "sesv2"),
        ("dynamodbstreams", "dynamodbstreams"),
        ("nosuchservice", None),
        # names of the AWS CLI that are no Java packages
        ("logs", None),
        ("stepfunctions", None),
        ("events", None),
        ("../dynamodb", None),
    ],
)
def test_java_package_resolves_to_service(package, service):
    assert naming.botocore_service(package) == service


@pytest.mark.parametrize(
    ("resource", "resource_type", "shown", "pattern"),
    [
        ("states:::lambda:invoke", "lambda", "invoke", "request_response"),
        ("states:::lambda:invoke.waitForTaskToken", "lambda", "invoke.waitForTaskToken", "task_token"),
        ("states:::dynamodb:putItem", "dynamodb", "putItem", "request_response"),
        ("states:::sqs:sendMessage.waitForTaskToken", "sqs", "sendMessage.waitForTaskToken", "task_token"),
        ("states:::events:putEvents", "events", "putEvents", "request_response"),
        ("states:::states:startExecution", "states", "startExecution", "request_response"),
        ("states:::states:startExecution.sync", "states", "startExecution.sync", "sync"),
        ("states:::states:startExecution.sync:2", "states", "startExecution.sync:2", "sync2"),
        (
            "states:::aws-sdk:dynamodb:transactWriteItems",
            "aws-sdk:dynamodb",
            "transactWriteItems",
            "request_response",
        ),
        ("states:::aws-sdk:sfn:startSyncExecution", "aws-sdk:sfn", "startSyncExecution", "request_response"),
        (
            "states:::aws-sdk:sqs:sendMessage.waitForTaskToken",
            "aws-sdk:sqs",
            "sendMessage.waitForTaskToken",
            "task_token",
        ),
        ("states:::batch:submitJob.sync", "batch", "submitJob.sync", "sync"),
        ("states:::apigateway:invoke", "apigateway", "invoke", "request_response"),
    ],
)
def test_resource_has_name_and_type_of_history(resource, resource_type, shown, pattern):
    integration = resolve(f"arn:aws:{resource}")
    assert (integration.resource_type, integration.resource, integration.pattern) == (
        resource_type,
        shown,
        pattern,
    )


def test_function_and_activity_arns_are_resources():
    function = resolve("arn:aws:lambda:us-east-1:123456789012:function:price:live")
    activity = resolve("arn:aws:states:us-east-1:123456789012:activity:pack")
    assert (function.pattern, activity.pattern) == ("lambda_arn", "activity")


@pytest.mark.parametrize(
    "resource",
    [
        "price",
        "arn:aws:s3:::bucket",
        "arn:aws:states:::dynamodb:query",
        "arn:aws:states:::dynamodb:putItem.sync",
        "arn:aws:states:::sqs:sendMessage.sync",
        "arn:aws:states:::aws-sdk:dynamodb:PutItem",
        "arn:aws:states:::aws-sdk:dynamodb:putItem.sync",
        "arn:aws:states:::aws-sdk:nosuch:thing",
        "arn:aws:states:::lambda:invoke.sync",
        "arn:aws:states:::states:startExecution.waitForTaskToken:2",
        "arn:aws:states:us-east-1:123456789012:activity:a b",
        "arn:aws:states:us-east-1::dynamodb:putItem",
        "arn:aws:states:::aws-sdk:sts:assumeRole",
    ],
)
def test_unsupported_resources_are_rejected_with_aws_message(resource):
    with pytest.raises(UnknownResource) as refused:
        resolve(resource)
    assert str(refused.value) == (
        f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, "
        "or the resource is not available in this region."
    )
