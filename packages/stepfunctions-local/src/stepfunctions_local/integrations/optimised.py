"""Optimised integrations that are one call of one service: DynamoDB, SQS, SNS, EventBridge, Batch, ECS, Glue, …

Each row of the table says which operations there are, the patterns each has, and the names the integration
shows (AWS's developer guide, "Integrating services"). What one does beyond the call is a function beside it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import StateError
from ..services import TaskServices
from .base import Integration, Pattern, TaskRequest, UnknownResource
from .formatting import json_text
from .jobs import JOBS, Job
from .metadata import sdk_metadata
from .sdk import arguments_to_params, operation_faults
from .service_errors import Dialect, as_optimised
from .shapes import operation_model, required_members, to_output

Prepare = Callable[[dict[str, Any], TaskRequest], dict[str, Any]]
Finish = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Service:
    """An optimised service: botocore's name, the names it shows, its actions and the patterns besides plain."""

    botocore: str
    dialect: Dialect
    actions: dict[str, tuple[str, ...]]
    prepare: Prepare | None = None
    finish: Finish | None = None


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]


def _text_message(field: str) -> Prepare:
    """A message written as JSON in the state goes out as its text."""

    def prepare(arguments: dict[str, Any], _: TaskRequest) -> dict[str, Any]:
        message = arguments.get(field)
        if message is None or isinstance(message, str):
            return arguments
        return {**arguments, field: json_text(message)}

    return prepare


def _own_resources(arguments: dict[str, Any], request: TaskRequest) -> dict[str, Any]:
    """Every event names the execution and its state machine among its resources."""
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


def _every_entry_accepted(output: dict[str, Any]) -> dict[str, Any]:
    if output.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", json_text(output))
    return output


def _json_body(output: dict[str, Any]) -> dict[str, Any]:
    """A model's answer is JSON in the output, not its text."""
    try:
        return {**output, "Body": json.loads(output["Body"])}
    except (KeyError, ValueError):
        return output


_TOKEN = ("waitForTaskToken",)
_SYNC = ("sync",)

SERVICES = {
    "dynamodb": Service(
        "dynamodb",
        Dialect("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException"),
        {"getItem": (), "putItem": (), "updateItem": (), "deleteItem": ()},
    ),
    "sqs": Service(
        "sqs",
        Dialect("SQS", "AmazonSQS", "AmazonSQSException"),
        {"sendMessage": _TOKEN},
        _text_message("MessageBody"),
    ),
    "sns": Service(
        "sns",
        Dialect("SNS", "AmazonSNS", "AmazonSNSException"),
        {"publish": _TOKEN},
        _text_message("Message"),
    ),
    "events": Service(
        "events",
        Dialect("EventBridge", "AmazonEventBridge", "AmazonEventBridgeException"),
        {"putEvents": _TOKEN},
        _own_resources,
        _every_entry_accepted,
    ),
    "batch": Service("batch", Dialect("Batch", "AWSBatch", "AWSBatchException"), {"submitJob": _SYNC}),
    "ecs": Service(
        "ecs",
        Dialect("ECS", "AmazonECS", "AmazonECSException"),
        {"runTask": ("sync", "waitForTaskToken")},
    ),
    "glue": Service("glue", Dialect("Glue", "AWSGlue", "AWSGlueException"), {"startJobRun": _SYNC}),
    "databrew": Service(
        "databrew", Dialect("DataBrew", "AWSGlueDataBrew", "AWSGlueDataBrewException"), {"startJobRun": _SYNC}
    ),
    "codebuild": Service(
        "codebuild",
        Dialect("CodeBuild", "AWSCodeBuild", "AWSCodeBuildException"),
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
        Dialect("Athena", "AmazonAthena", "AmazonAthenaException"),
        {
            "startQueryExecution": _SYNC,
            "stopQueryExecution": (),
            "getQueryExecution": (),
            "getQueryResults": (),
        },
    ),
    "sagemaker": Service(
        "sagemaker",
        Dialect("SageMaker", "AmazonSageMaker", "AmazonSageMakerException"),
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
        Dialect("ElasticMapReduce", "AmazonElasticMapReduce", "AmazonElasticMapReduceException"),
        {},
    ),
    "emr-containers": Service(
        "emr-containers",
        Dialect("EMRContainers", "AmazonEMRContainers", "AmazonEMRContainersException"),
        {"createVirtualCluster": (), "deleteVirtualCluster": _SYNC, "startJobRun": _SYNC},
    ),
    "emr-serverless": Service(
        "emr-serverless",
        Dialect("EMRServerless", "EMRServerless", "AWSEMRServerlessException"),
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
        Dialect("EKS", "AmazonEKS", "AmazonEKSException"),
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
        Dialect("MediaConvert", "AWSMediaConvert", "AWSMediaConvertException"),
        {"createJob": _SYNC},
    ),
    "bedrock": Service(
        "bedrock-runtime",
        Dialect("Bedrock", "BedrockRuntime", "AmazonBedrockRuntimeException"),
        {"invokeModel": _TOKEN, "createModelCustomizationJob": _SYNC},
        finish=_json_body,
    ),
}


# Actions of another service than the rest.
_ELSEWHERE = {("bedrock", "createModelCustomizationJob"): "bedrock"}


@dataclass(frozen=True, slots=True)
class OptimisedIntegration(Integration):
    """One action of a service of the table."""

    service: Service = field(kw_only=True)
    botocore: str = ""
    action: str = ""
    job: Job | None = None

    def argument_faults(self, names: set[str]) -> list[str]:
        return operation_faults(operation_model(self.botocore, self.action), names)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        output = await self._call(self.botocore, self.action, request, services, request.arguments)
        return output if self.service.finish is None else self.service.finish(output)

    async def complete(self, request: TaskRequest, submitted: Any, services: TaskServices) -> Any:
        """Ask for the job's state until it has ended; its description is the output."""
        job = self._job()
        wait = 1.0
        while True:
            asked = job.identify(submitted, request.arguments)
            try:
                description = await self._call(self.botocore, job.describe, request, services, asked)
            except StateError as error:
                if job.ends_gone and (error.error or "").endswith("NotFoundException"):
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
        with as_optimised(request, botocore, service.dialect):
            params = arguments_to_params(operation, request, arguments)
            answer = await services.call(
                botocore,
                operation.name,
                params,
                **request.authority,
                trace_header=request.trace_header,
            )
        return {**to_output(operation, answer, _capital), **sdk_metadata(answer)}


def resolve(arn: str, name: str, action: str, suffix: str) -> OptimisedIntegration:
    """The integration of `name:action[.suffix]` when the table has it. Raises UnknownResource."""
    service = SERVICES.get(name)
    if service is None or action not in service.actions:
        raise UnknownResource(arn)
    if suffix and suffix not in service.actions[action]:
        raise UnknownResource(arn)
    botocore = _ELSEWHERE.get((name, action), service.botocore)
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
