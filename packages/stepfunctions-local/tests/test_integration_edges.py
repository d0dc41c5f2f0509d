"""Optimised integrations with fake services: params, outputs, errors and polling."""

import asyncio
import json
from datetime import UTC, datetime

import pytest

from stepfunctions_local import history
from stepfunctions_local.errors import StateError
from stepfunctions_local.integrations import TaskRequest, resolve
from stepfunctions_local.integrations.form_encoding import encode_form
from stepfunctions_local.integrations.formatting import json_text
from stepfunctions_local.services import CallFailed, HttpResponse, RoleNotAssumable, ServiceError


class FakeResponses:
    """Services that return the given responses in turn, or raise them. `calls` records the calls."""

    def __init__(self, *responses):
        self.responses = list(responses)
        self.calls = []
        self.slept = []

    async def call(self, service, operation, params, **_):
        self.calls.append((service, operation, params))
        return self._next()

    async def invoke_lambda(self, function, payload, *, role_arn, trace_header, **params):
        self.calls.append(("lambda", function, json.loads(payload), params))
        return self._next()

    async def http(self, request, **_):
        self.calls.append(request)
        return self._next()

    async def sleep(self, seconds):
        self.slept.append(seconds)

    async def execution_ended(self, execution_arn):
        return self._next()

    def _next(self):
        response = self.responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response


def request(resource, arguments, **more):
    arn = resource if resource.startswith("arn:") else f"arn:aws:states:::{resource}"
    return TaskRequest(
        arn,
        arguments,
        role_arn="arn:role",
        execution_arn="arn:execution",
        state_machine_arn="arn:machine",
        **more,
    )


def run(resource, arguments, services, **more):
    calls = request(resource, arguments, **more)
    return asyncio.run(resolve(calls.resource).invoke(calls, services))


def failure(resource, arguments, services, **more):
    with pytest.raises(StateError) as failed:
        run(resource, arguments, services, **more)
    return failed.value.error, failed.value.cause


def lambda_response(payload, **more):
    return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": json.dumps(payload).encode(), **more}


def test_lambda_invoke_output_has_metadata():
    http = {
        "RequestId": "r-1",
        "HTTPStatusCode": 200,
        "HTTPHeaders": {
            "x-amzn-requestid": "r-1",
            "content-length": "7",
            "access-control-allow-origin": "*",
            "x-amz-executed-version": "$LATEST",
        },
    }
    services = FakeResponses(lambda_response({"a": 1}, ResponseMetadata=http))
    output = run("lambda:invoke", {"FunctionName": "price", "Payload": {"sku": "A"}}, services)
    headers = {"x-amzn-RequestId": "r-1", "Content-Length": "7", "X-Amz-Executed-Version": "$LATEST"}
    assert output == {
        "ExecutedVersion": "$LATEST",
        "Payload": {"a": 1},
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": "r-1"},
        "StatusCode": 200,
    }
    assert services.calls == [("lambda", "price", {"sku": "A"}, {})]


def test_function_arn_passes_input_and_returns_response():
    arn = "arn:aws:lambda:us-east-1:123456789012:function:price"
    services = FakeResponses(lambda_response([1, 2]))
    assert run(arn, {"sku": "A"}, services) == [1, 2]
    assert services.calls == [("lambda", arn, {"sku": "A"}, {})]


@pytest.mark.parametrize(
    ("payload", "received"),
    [
        ('{"a":1}', {"a": 1}),
        ("[1, 2]", [1, 2]),
        ('"HelloWorld"', "HelloWorld"),
        ("0", 0),
        ("null", None),
        ("not JSON", "not JSON"),
        ("", ""),
        (None, {}),
        (7, 7),
        ({"text": '{"a":1}'}, {"text": '{"a":1}'}),
        ('"\ud83d"', "?"),
    ],
)
def test_string_payload_is_the_request_body(payload, received):
    services = FakeResponses(lambda_response({}))
    run("lambda:invoke", {"FunctionName": "f", "Payload": payload}, services)
    assert services.calls == [("lambda", "f", received, {})]


def test_json_of_half_a_surrogate_pair_is_escaped():
    assert json_text({"é": "\ud83d"}) == r'{"\u00e9":"\ud83d"}'
    assert json_text({"é": "😀"}) == '{"é":"😀"}'
    assert history.json_text({"é": 10**30}) == f'{{"é":{10**30}}}'
    assert encode_form({"q": "\ud83d"}, "INDICES") == b"q=%3F"


def test_missing_payload_is_an_empty_object():
    services = FakeResponses(lambda_response({}))
    run("lambda:invoke", {"FunctionName": "f"}, services)
    assert services.calls == [("lambda", "f", {}, {})]


@pytest.mark.parametrize(
    ("body", "output"), [(b"abc", "abc"), (b"\xff", "\ufffd"), (b'{"a": 1.0}', {"a": 1.0}), (b"", {})]
)
def test_function_response_that_is_not_json_is_text(body, output):
    response = {"StatusCode": 200, "Payload": body}
    arn = "arn:aws:lambda:us-east-1:123456789012:function:price"
    assert run(arn, {}, FakeResponses(response)) == output


def test_handler_exception_is_the_error():
    payload = {"errorMessage": "no card", "errorType": "PaymentDeclined", "stackTrace": ["..."]}
    services = FakeResponses(lambda_response(payload, FunctionError="Unhandled"))
    assert failure("lambda:invoke", {"FunctionName": "pay"}, services) == (
        "PaymentDeclined",
        '{"errorMessage":"no card","errorType":"PaymentDeclined","stackTrace":["..."]}',
    )


def test_function_timeout_and_exit_have_lambda_error_names():
    for name in ("Sandbox.Timedout", "Runtime.ExitError"):
        payload = {"errorType": name, "errorMessage": "RequestId: r-1 Error: it ended"}
        services = FakeResponses(lambda_response(payload, FunctionError="Unhandled"))
        assert failure("lambda:invoke", {"FunctionName": "pay"}, services)[0] == name


def test_error_without_type_is_lambda_unknown():
    services = FakeResponses(
        lambda_response({"errorMessage": "2026 r-1 Task timed out"}, FunctionError="Unhandled")
    )
    assert failure("lambda:invoke", {"FunctionName": "pay"}, services) == (
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type. "
        'Returned payload: {"errorMessage": "2026 r-1 Task timed out"}',
    )


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("TooManyRequestsException", 429, "Lambda.TooManyRequestsException"),
        ("ServiceException", 500, "Lambda.ServiceException"),
        ("AccessDeniedException", 403, "Lambda.AWSLambdaException"),
    ],
)
def test_lambda_service_errors_are_named(code, status, error):
    refusal = ServiceError("lambda", "Invoke", code, "no", status=status, request_id="r-1")
    assert failure("lambda:invoke", {"FunctionName": "pay"}, FakeResponses(refusal)) == (
        error,
        f"no (Service: AWSLambda; Status Code: {status}; Error Code: {code}; Request ID: r-1; Proxy: null)",
    )


def test_missing_message_of_service_is_null():
    refusal = ServiceError("ssm", "GetParameter", "ParameterNotFound", "", request_id="r")
    assert failure("aws-sdk:ssm:getParameter", {"Name": "n"}, FakeResponses(refusal)) == (
        "Ssm.ParameterNotFoundException",
        "null (Service: Ssm, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)",
    )
    refusal = ServiceError("dynamodb", "GetItem", "InternalServerError", "", status=500, request_id="r")
    _, cause = failure("dynamodb:getItem", {"TableName": "t", "Key": {}}, FakeResponses(refusal))
    assert cause.startswith("null (Service: AmazonDynamoDBv2; Status Code: 500; ")


def test_unreachable_service_is_sdk_client_exception():
    assert failure("lambda:invoke", {"FunctionName": "pay"}, FakeResponses(CallFailed("refused"))) == (
        "Lambda.SdkClientException",
        "refused",
    )
    gone = FakeResponses(CallFailed("refused"))
    assert failure("aws-sdk:s3:listBuckets", {}, gone) == ("S3.SdkClientException", "refused")


def test_missing_permission_is_in_cause():
    text = "User: arn:aws:sts::1:assumed-role/m/x is not authorized to perform: dynamodb:GetItem"
    denied = ServiceError("dynamodb", "GetItem", "AccessDeniedException", text, request_id="r")
    arguments = {"TableName": "t", "Key": {"pk": {"S": "1"}}}
    assert failure("aws-sdk:dynamodb:getItem", arguments, FakeResponses(denied)) == (
        "DynamoDb.DynamoDbException",
        f"{text} (Service: DynamoDb, Status Code: 400, Request ID: r) (SDK Attempt Count: 1)",
    )
    error, cause = failure("dynamodb:getItem", arguments, FakeResponses(denied))
    assert error == "DynamoDB.AmazonDynamoDBException"
    assert "Error Code: AccessDeniedException" in cause


def test_role_that_cannot_be_assumed_fails_task():
    refusal = RoleNotAssumable("arn:other", "no")
    error, cause = failure(
        "aws-sdk:s3:listBuckets", {}, FakeResponses(refusal), credentials={"RoleArn": "arn:other"}
    )
    assert error == "States.TaskFailed"
    assert cause == "The role arn:role is not authorized to assume the task state's role, arn:other."


def test_events_have_execution_resource_and_failed_entry_fails_task():
    entry = {"Source": "s", "DetailType": "d", "Detail": {"n": 1}, "Resources": ["arn:own"]}
    services = FakeResponses({"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]})
    output = run("events:putEvents", {"Entries": [entry]}, services)
    assert output == {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}
    sent = services.calls[0][2]["Entries"][0]
    assert sent["Resources"] == ["arn:own", "arn:execution", "arn:machine"]
    assert sent["Detail"] == '{"n":1}'
    refused = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "again"}]}
    error, cause = failure("events:putEvents", {"Entries": [entry]}, FakeResponses(refused))
    assert error == "EventBridge.FailedEntry"
    assert json.loads(cause) == refused


NESTED = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:inner", "Input": {"a": 1}}
ENDED = {
    "executionArn": "arn:inner",
    "input": '{"a":1}',
    "inputDetails": {"included": True},
    "name": "n",
    "output": '{"b":2}',
    "outputDetails": {"included": True},
    "startDate": 1_767_225_600.0,
    "stateMachineArn": NESTED["StateMachineArn"],
    "status": "SUCCEEDED",
    "stopDate": 1_767_225_601.5,
}


def complete(resource, services):
    calls = request(resource, NESTED)
    return asyncio.run(resolve(calls.resource).complete(calls, {"ExecutionArn": "arn:inner"}, services))


def test_nested_execution_input_is_sent_as_text():
    services = FakeResponses({"executionArn": "arn:inner", "startDate": 1_767_225_600.0})
    output = run("states:startExecution", NESTED, services)
    assert output == {"ExecutionArn": "arn:inner", "StartDate": 1767225600000}
    assert services.calls[0][2]["input"] == '{"a":1}'


def test_sync_output_is_text_and_sync2_output_is_json():
    as_text = complete("states:startExecution.sync", FakeResponses(ENDED))
    assert (as_text["Output"], as_text["Input"]) == ('{"b":2}', '{"a":1}')
    assert (as_text["StartDate"], as_text["StopDate"]) == (1767225600000, 1767225601500)
    assert as_text["OutputDetails"] == {"Included": True}
    as_json = complete("states:startExecution.sync:2", FakeResponses(ENDED))
    assert (as_json["Output"], as_json["Input"]) == ({"b": 2}, {"a": 1})


def test_failed_nested_execution_fails_task():
    failed = {name: value for name, value in ENDED.items() if name != "output"}
    failed |= {"status": "FAILED", "error": "Oops", "cause": "why"}
    with pytest.raises(StateError) as task:
        complete("states:startExecution.sync:2", FakeResponses(failed))
    assert task.value.error == "States.TaskFailed"
    payload = json.loads(task.value.cause)
    assert (payload["Error"], payload["Cause"], payload["Status"]) == ("Oops", "why", "FAILED")
    assert (payload["Input"], payload["StopDate"]) == ('{"a":1}', 1767225601500)


def test_times_are_milliseconds_in_optimised_and_text_in_sdk_integrations():
    moment = datetime(2026, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    run_of_job = {"JobRun": {"Id": "r", "JobRunState": "SUCCEEDED", "StartedOn": moment}}
    calls = request("glue:startJobRun.sync", {"JobName": "n"})
    output = asyncio.run(
        resolve(calls.resource).complete(calls, {"JobRunId": "r"}, FakeResponses(run_of_job))
    )
    assert output["StartedOn"] == 1767225601500
    by_sdk = run("aws-sdk:glue:getJobRun", {"JobName": "n", "RunId": "r"}, FakeResponses(run_of_job))
    assert by_sdk["JobRun"]["StartedOn"] == "2026-01-01T00:00:01.500Z"


def test_job_is_polled_until_it_ends():
    described = [
        {"jobs": [{"jobId": "j", "status": status}]} for status in ("RUNNABLE", "RUNNING", "SUCCEEDED")
    ]
    services = FakeResponses(*described)
    calls = request("batch:submitJob.sync", {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"})
    output = asyncio.run(resolve(calls.resource).complete(calls, {"JobId": "j"}, services))
    assert output == {"JobId": "j", "Status": "SUCCEEDED"}
    assert services.slept == [1.0, 2.0]
    assert services.calls[0] == ("batch", "DescribeJobs", {"jobs": ["j"]})


def test_failed_job_fails_task_with_description():
    services = FakeResponses({"jobs": [{"jobId": "j", "status": "FAILED", "statusReason": "disk"}]})
    calls = request("batch:submitJob.sync", {"JobName": "n", "JobQueue": "q", "JobDefinition": "d"})
    with pytest.raises(StateError) as failed:
        asyncio.run(resolve(calls.resource).complete(calls, {"JobId": "j"}, services))
    assert failed.value.error == "States.TaskFailed"
    assert json.loads(failed.value.cause)["StatusReason"] == "disk"


def test_bedrock_model_response_is_decoded():
    services = FakeResponses({"body": b'{"completion":"hi"}', "contentType": "application/json"})
    output = run("bedrock:invokeModel", {"ModelId": "m", "Body": {"prompt": "p"}}, services)
    assert output == {"Body": {"completion": "hi"}, "ContentType": "application/json"}
    assert services.calls[0][:2] == ("bedrock-runtime", "InvokeModel")
    assert json.loads(services.calls[0][2]["body"]) == {"prompt": "p"}


def test_bedrock_customization_job_is_polled():
    services = FakeResponses({"status": "InProgress"}, {"status": "Completed", "jobName": "n"})
    calls = request("bedrock:createModelCustomizationJob.sync", {"JobName": "n"})
    output = asyncio.run(resolve(calls.resource).complete(calls, {"JobArn": "arn:job"}, services))
    assert output == {"Status": "Completed", "JobName": "n"}
    assert services.calls[0] == ("bedrock", "GetModelCustomizationJob", {"jobIdentifier": "arn:job"})


STEP = {"Name": "count", "HadoopJarStep": {"Jar": "command-runner.jar"}}


@pytest.mark.parametrize(
    ("action", "arguments", "called", "params", "response", "output"),
    [
        (
            "addStep",
            {"ClusterId": "j-1", "Step": STEP},
            "AddJobFlowSteps",
            {"JobFlowId": "j-1", "Steps": [STEP]},
            {"StepIds": ["s-1"]},
            {"StepId": "s-1"},
        ),
        (
            "setClusterTerminationProtection",
            {"ClusterId": "j-1", "TerminationProtected": True},
            "SetTerminationProtection",
            {"JobFlowIds": ["j-1"], "TerminationProtected": True},
            {},
            {},
        ),
        (
            "cancelStep",
            {"ClusterId": "j-1", "StepId": "s-1"},
            "CancelSteps",
            {"ClusterId": "j-1", "StepIds": ["s-1"]},
            {"CancelStepsInfoList": [{"StepId": "s-1", "Status": "SUBMITTED"}]},
            {"CancelStepsInfo": {"StepId": "s-1", "Status": "SUBMITTED"}},
        ),
    ],
)
def test_emr_actions_map_to_api_operations(action, arguments, called, params, response, output):
    services = FakeResponses(response)
    assert run(f"elasticmapreduce:{action}", arguments, services) == output
    assert services.calls == [("emr", called, params)]


def test_emr_instance_fleet_is_resolved_by_name():
    services = FakeResponses(
        {"InstanceFleets": [{"Id": "f-0", "Name": "other"}, {"Id": "f-1", "Name": "core"}]}, {}
    )
    arguments = {
        "ClusterId": "j-1",
        "InstanceFleetName": "core",
        "InstanceFleet": {"TargetSpotCapacity": 2},
    }
    run("elasticmapreduce:modifyInstanceFleetByName", arguments, services)
    fleet = {"TargetSpotCapacity": 2, "InstanceFleetId": "f-1"}
    assert services.calls[1] == ("emr", "ModifyInstanceFleet", {"ClusterId": "j-1", "InstanceFleet": fleet})


def test_emr_step_is_polled_until_it_ends():
    running, done = (
        {"Step": {"Id": "s-1", "Status": {"State": state}}} for state in ("RUNNING", "COMPLETED")
    )
    services = FakeResponses(running, done)
    calls = request("elasticmapreduce:addStep.sync", {"ClusterId": "j-1", "Step": STEP})
    output = asyncio.run(resolve(calls.resource).complete(calls, {"StepId": "s-1"}, services))
    assert (output, services.slept) == (done, [1.0])
    assert services.calls[0] == ("emr", "DescribeStep", {"ClusterId": "j-1", "StepId": "s-1"})


def test_emr_argument_names_are_checked():
    faults = resolve("arn:aws:states:::elasticmapreduce:addStep").argument_errors({"JobFlowId", "Step"})
    assert faults == [
        "The field 'JobFlowId' is not supported by Step Functions",
        "The field 'ClusterId' is required but was missing",
    ]


def test_deletion_succeeds_when_resource_is_gone():
    missing = ServiceError("eks", "DescribeCluster", "ResourceNotFoundException", "none", status=404)
    services = FakeResponses({"cluster": {"name": "c", "status": "DELETING"}}, missing)
    calls = request("eks:deleteCluster.sync", {"Name": "c"})
    assert asyncio.run(resolve(calls.resource).complete(calls, {}, services)) == {}


def test_api_gateway_response_is_returned_in_parts():
    services = FakeResponses(HttpResponse(200, "OK", {"content-type": "application/json"}, b'{"ok":true}'))
    arguments = {
        "ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com",
        "Method": "POST",
        "Stage": "prod",
        "Path": "orders",
        "QueryParameters": {"dry": ["yes"]},
        "Headers": {"X-Kind": ["a", "b"]},
        "RequestBody": {"n": 1},
        "AuthType": "IAM_ROLE",
    }
    assert run("apigateway:invoke", arguments, services) == {
        "Headers": {"content-type": ["application/json"]},
        "ResponseBody": {"ok": True},
        "StatusCode": 200,
        "StatusText": "OK",
    }
    sent = services.calls[0]
    assert sent.url == "https://abc.execute-api.us-east-1.amazonaws.com/prod/orders?dry=yes"
    assert (sent.body, sent.headers["X-Kind"], sent.signed_for) == (b'{"n":1}', "a,b", "execute-api")


def test_api_gateway_error_is_named_by_status():
    response = HttpResponse(429, "Too Many Requests", {}, b'{"message":"slow down"}')
    arguments = {"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"}
    assert failure("apigateway:invoke", arguments, FakeResponses(response)) == (
        "ApiGateway.429",
        '{"message":"slow down"}',
    )
