"""Optimised integrations that are one call of one service: DynamoDB, SQS, SNS, EventBridge, Batch, ECS, Glue, …

Each row of the table has the actions, their patterns, and the error names of an integration (AWS's developer guide,
"Integrating services"), and functions for what it does besides the call.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import StateError
from ..expressions.json_values import loads
from ..services import TaskServices
from .base import Integration, Pattern, TaskRequest, UnknownResource
from .formatting import json_text, milliseconds
from .jobs import JOBS, Job
from .metadata import sdk_metadata
from .sdk import argument_value_errors, arguments_to_params, check_params, operation_errors
from .service_errors import ErrorNames, as_optimised
from .shapes import operation_model, required_members, to_output

Prepare = Callable[[dict[str, Any], TaskRequest], dict[str, Any]]
Finish = Callable[[dict[str, Any], TaskRequest, Pattern], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Service:
    """An optimised service: botocore's name, its error names, and its actions with their waiting patterns."""

    botocore: str
    error_names: ErrorNames
    actions: dict[str, tuple[str, ...]]
    prepare: Prepare | None = None
    finish: Finish | None = None


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _text_message(field: str) -> Prepare:
    """Return a function that encodes a JSON message as text."""

    def prepare(arguments: dict[str, Any], _: TaskRequest) -> dict[str, Any]:
        message = arguments.get(field)
        if message is None or isinstance(message, str):
            return arguments
        return {**arguments, field: json_text(message)}

    return prepare


def _add_resources(arguments: dict[str, Any], request: TaskRequest) -> dict[str, Any]:
    """Add the execution and its state machine to the resources of every event."""
    own = [arn for arn in (request.execution_arn, request.state_machine_arn) if arn]
    entries = arguments.get("Entries")
    if not isinstance(entries, list):
        return arguments
    sent = []
    for entry in entries:
        if isinstance(entry, dict):
            entry = {**entry, "Resources": [*(entry.get("Resources") or []), *own]}
            if not isinstance(entry.get("Detail", ""), str):
                entry["Detail"] = json_text(entry["Detail"])
        sent.append(entry)
    return {**arguments, "Entries": sent}


def _check_entries(output: dict[str, Any], _: TaskRequest, __: Pattern) -> dict[str, Any]:
    """Raise StateError EventBridge.FailedEntry when an entry was rejected."""
    if output.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", json_text(output))
    return output


def _decode_body(output: dict[str, Any], _: TaskRequest, __: Pattern) -> dict[str, Any]:
    """Decode the JSON body of a model's response."""
    try:
        return {**output, "Body": loads(output["Body"])}
    except (KeyError, ValueError):
        return output


def _check_tasks(output: dict[str, Any], _: TaskRequest, pattern: Pattern) -> dict[str, Any]:
    """Raise StateError AmazonECS.Unknown when a pattern that waits has a task that was not started."""
    if output.get("Failures") and pattern != "request_response":
        raise StateError("AmazonECS.Unknown", json_text(output))
    return output


def _add_job_name(output: dict[str, Any], request: TaskRequest, _: Pattern) -> dict[str, Any]:
    """Add the job's name, which Glue's response does not have."""
    name = {key: value for key, value in request.arguments.items() if key == "JobName"}
    return name | output


_TOKEN = ("waitForTaskToken",)
_SYNC = ("sync",)

SERVICES = {
    "dynamodb": Service(
        "dynamodb",
        ErrorNames("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
        {"getItem": (), "putItem": (), "updateItem": (), "deleteItem": ()},
    ),
    "sqs": Service(
        "sqs",
        ErrorNames("SQS", "AmazonSQS", "AmazonSQSException"),
        {"sendMessage": _TOKEN},
        _text_message("MessageBody"),
    ),
    "sns": Service(
        "sns",
        ErrorNames("SNS", "AmazonSNS", "AmazonSNSException"),
        {"publish": _TOKEN},
        _text_message("Message"),
    ),
    "events": Service(
        "events",
        ErrorNames("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
        {"putEvents": _TOKEN},
        _add_resources,
        _check_entries,
    ),
    "batch": Service("batch", ErrorNames("Batch", "AWSBatch", "AWSBatchException"), {"submitJob": _SYNC}),
    "ecs": Service(
        "ecs",
        ErrorNames("ECS", "AmazonECS", "AmazonECSException"),
        {"runTask": ("sync", "waitForTaskToken")},
        finish=_check_tasks,
    ),
    "glue": Service(
        "glue",
        ErrorNames("Glue", "AWSGlue", "AWSGlueException"),
        {"startJobRun": _SYNC},
        finish=_add_job_name,
    ),
    "databrew": Service(
        "databrew",
        ErrorNames("DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"),
        {"startJobRun": _SYNC},
    ),
    "codebuild": Service(
        "codebuild",
        ErrorNames("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
        {
            "startBuild": _SYNC,
            "stopBuild": (),
            "batchDeleteBuilds": (),
            "batchGetReports": (),
            "startBuildBatch": _SYNC,
            "stopBuildBatch": (),
            "retryBuildBatch": _SYNC,
            "deleteBuildBatch": (),
        },
    ),
    "athena": Service(
        "athena",
        ErrorNames("Athena", "AmazonAthena", "AmazonAthenaException"),
        {
            "startQueryExecution": _SYNC,
            "stopQueryExecution": (),
            "getQueryExecution": (),
            "getQueryResults": (),
        },
    ),
    "sagemaker": Service(
        "sagemaker",
        ErrorNames("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
        {
            "createTrainingJob": _SYNC,
            "createTransformJob": _SYNC,
            "createProcessingJob": _SYNC,
            "createLabelingJob": _SYNC,
            "createHyperParameterTuningJob": _SYNC,
            "createEndpoint": (),
            "createEndpointConfig": (),
            "createModel": (),
            "updateEndpoint": (),
        },
    ),
    "elasticmapreduce": Service(
        "emr",
        ErrorNames("ElasticMapReduce", "AmazonElasticMapReduce", "AmazonElasticMapReduceException"),
        {},
    ),
    "emr-containers": Service(
        "emr-containers",
        ErrorNames("EMRContainers", "AmazonEMRContainers", "AmazonEMRContainersException"),
        {"createVirtualCluster": (), "deleteVirtualCluster": _SYNC, "startJobRun": _SYNC},
    ),
    "emr-serverless": Service(
        "emr-serverless",
        ErrorNames("EMRServerless", "EMRServerless", "AWSEMRServerlessException"),
        {
            "createApplication": _SYNC,
            "startApplication": _SYNC,
            "stopApplication": _SYNC,
            "deleteApplication": _SYNC,
            "startJobRun": _SYNC,
            "cancelJobRun": _SYNC,
        },
    ),
    "eks": Service(
        "eks",
        ErrorNames("EKS", "AmazonEKS", "AmazonEKSException"),
        {
            "createCluster": _SYNC,
            "deleteCluster": _SYNC,
            "createNodegroup": _SYNC,
            "deleteNodegroup": _SYNC,
            "createFargateProfile": _SYNC,
            "deleteFargateProfile": _SYNC,
        },
    ),
    "mediaconvert": Service(
        "mediaconvert",
        ErrorNames("MediaConvert", "AWSMediaConvert", "AWSMediaConvertException"),
        {"createJob": _SYNC},
    ),
    "bedrock": Service(
        "bedrock-runtime",
        ErrorNames("Bedrock", "BedrockRuntime", "AmazonBedrockRuntimeException"),
        {"invokeModel": _TOKEN, "createModelCustomizationJob": _SYNC},
        finish=_decode_body,
    ),
}


# Actions of another botocore service than the other actions.
_OTHER_SERVICES = {("bedrock", "createModelCustomizationJob"): "bedrock"}


@dataclass(frozen=True, slots=True)
class OptimisedIntegration(Integration):
    """An action of a service in the table."""

    service: Service = field(kw_only=True)
    botocore: str = ""
    action: str = ""
    job: Job | None = None

    def argument_errors(self, names: set[str]) -> list[str]:
        return operation_errors(operation_model(self.botocore, self.action), names)

    def value_errors(self, arguments: Mapping[str, Any]) -> list[str]:
        return argument_value_errors(operation_model(self.botocore, self.action), arguments)

    def check_arguments(self, arguments: Any) -> None:
        check_params(operation_model(self.botocore, self.action), arguments)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        output = await self._call(self.botocore, self.action, request, services, request.arguments)
        finish = self.service.finish
        return output if finish is None else finish(output, request, self.pattern)

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> Any:
        """Poll the job until it has ended and return its description."""
        job = self._job()
        wait = 1.0
        while True:
            params = job.identify(submitted, request.arguments)
            try:
                description = await self._call(self.botocore, job.describe, request, services, params)
            except StateError as error:
                if job.deleted_at_end and (error.error or "").endswith("NotFoundException"):
                    return {}
                raise
            outcome = job.outcome(description)
            if outcome == "succeeded":
                return job.result(description)
            if outcome == "failed":
                raise StateError("States.TaskFailed", json_text(job.result(description)))
            await services.sleep(wait)
            wait = min(wait * 2, 60.0)

    async def cancel(self, request: TaskRequest, submitted: Any, services: TaskServices) -> None:
        job = self._job()
        if job.stop:
            stopping = (job.stopping or job.identify)(submitted, request.arguments)
            await self._call(self.botocore, job.stop, request, services, stopping)

    def _job(self) -> Job:
        if self.job is None:
            raise UnknownResource(self.arn)
        return self.job

    async def _call(
        self,
        botocore: str,
        action: str,
        request: TaskRequest,
        services: TaskServices,
        arguments: dict[str, Any],
    ) -> dict[str, Any]:
        service = self.service
        operation = operation_model(botocore, action)
        if operation is None:
            raise UnknownResource(self.arn)
        if service.prepare is not None and action == self.action and isinstance(arguments, dict):
            arguments = service.prepare(arguments, request)
        with as_optimised(request, botocore, service.error_names):
            params = arguments_to_params(operation, arguments)
            response = await services.call(
                botocore,
                operation.name,
                params,
                **request.authority,
                trace_header=request.trace_header,
            )
        return {**to_output(operation, response, _capital, milliseconds), **sdk_metadata(response)}


def resolve(arn: str, name: str, action: str, suffix: str) -> OptimisedIntegration:
    """Return the integration of `name:action[.suffix]`. Raises UnknownResource."""
    service = SERVICES.get(name)
    if service is None or action not in service.actions:
        raise UnknownResource(arn)
    if suffix and suffix not in service.actions[action]:
        raise UnknownResource(arn)
    botocore = _OTHER_SERVICES.get((name, action), service.botocore)
    operation = operation_model(botocore, action)
    if operation is None:
        raise UnknownResource(arn)
    pattern: Pattern = "request_response"
    if suffix == "waitForTaskToken":
        pattern = "task_token"
    elif suffix == "sync":
        pattern = "sync"
    return OptimisedIntegration(
        arn,
        name,
        f"{action}.{suffix}" if suffix else action,
        pattern,
        tuple(_capital(member) for member in required_members(operation)),
        service=service,
        botocore=botocore,
        action=action,
        job=JOBS.get((name, action)),
    )
