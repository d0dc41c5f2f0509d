"""Jobs of the `.sync` pattern: how to describe and stop them, when they have ended, and their output."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

Outcome = Literal["running", "succeeded", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """How to poll one kind of job, with the integration's capitalised names.

    `identify` returns the arguments of `describe` from the submission's response and arguments, `stopping` those of
    `stop` (default: `identify`); `result` extracts the job from its description; a `status` in neither `succeeded`
    nor `running` is a failure. With `deleted_at_end` the job has succeeded when it no longer exists.
    """

    describe: str
    identify: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
    result: Callable[[dict[str, Any]], Any]
    status: Callable[[Any], str]
    succeeded: frozenset[str]
    running: frozenset[str]
    stop: str | None = None
    stopping: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]] | None = None
    deleted_at_end: bool = False

    def outcome(self, description: dict[str, Any]) -> Outcome:
        """Return the outcome that a description shows."""
        status = self.status(self.result(description))
        if status in self.succeeded:
            return "succeeded"
        return "running" if status in self.running else "failed"


def _first(field: str) -> Callable[[dict[str, Any]], Any]:
    return lambda description: description[field][0]


def _field(field: str) -> Callable[[dict[str, Any]], Any]:
    return lambda description: description[field]


def _whole(description: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in description.items() if not name.startswith("Sdk")}


def _sagemaker(kind: str) -> Job:
    name = f"{kind}Name"
    return Job(
        describe=f"describe{kind}",
        identify=lambda submitted, _: {name: submitted[f"{kind}Arn"].rsplit("/", 1)[-1]},
        result=_whole,
        status=_field(f"{kind}Status"),
        succeeded=frozenset({"Completed"}),
        running=frozenset({"InProgress", "Stopping", "Initializing"}),
        stop=f"stop{kind}",
    )


def _codebuild(kind: str, describe: str, stop: str) -> Job:
    return Job(
        describe=describe,
        identify=lambda submitted, _: {"Ids": [submitted[kind]["Id"]]},
        result=lambda description: {kind: description[f"{kind}{'es' if kind.endswith('h') else 's'}"][0]},
        status=lambda result: result[kind].get("BuildStatus") or result[kind].get("BuildBatchStatus"),
        succeeded=frozenset({"SUCCEEDED"}),
        running=frozenset({"IN_PROGRESS"}),
        stop=stop,
        stopping=lambda submitted, _: {"Id": submitted[kind]["Id"]},
    )


def _ecs_status(task: dict[str, Any]) -> str:
    if task["LastStatus"] != "STOPPED":
        return "RUNNING"
    codes = [container.get("ExitCode") for container in task.get("Containers", [])]
    return "SUCCEEDED" if all(code == 0 for code in codes) else "FAILED"


def _ecs_task(submitted: dict[str, Any], _: dict[str, Any]) -> dict[str, Any]:
    task = submitted["Tasks"][0]
    return {"Cluster": task["ClusterArn"], "Tasks": [task["TaskArn"]]}


_BATCH = Job(
    describe="describeJobs",
    identify=lambda submitted, _: {"Jobs": [submitted["JobId"]]},
    result=_first("Jobs"),
    status=_field("Status"),
    succeeded=frozenset({"SUCCEEDED"}),
    running=frozenset({"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"}),
    stop="terminateJob",
    stopping=lambda submitted, _: {
        "JobId": submitted["JobId"],
        "Reason": "The state machine stopped this job.",
    },
)
_ECS = Job(
    describe="describeTasks",
    identify=_ecs_task,
    result=_first("Tasks"),
    status=_ecs_status,
    succeeded=frozenset({"SUCCEEDED"}),
    running=frozenset({"RUNNING"}),
    stop="stopTask",
    stopping=lambda submitted, _: {
        "Cluster": submitted["Tasks"][0]["ClusterArn"],
        "Task": submitted["Tasks"][0]["TaskArn"],
    },
)
_ATHENA = Job(
    describe="getQueryExecution",
    identify=lambda submitted, _: {"QueryExecutionId": submitted["QueryExecutionId"]},
    result=_whole,
    status=lambda result: result["QueryExecution"]["Status"]["State"],
    succeeded=frozenset({"SUCCEEDED"}),
    running=frozenset({"QUEUED", "RUNNING"}),
    stop="stopQueryExecution",
)
_MEDIACONVERT = Job(
    describe="getJob",
    identify=lambda submitted, _: {"Id": submitted["Job"]["Id"]},
    result=_whole,
    status=lambda result: result["Job"]["Status"],
    succeeded=frozenset({"COMPLETE"}),
    running=frozenset({"SUBMITTED", "PROGRESSING"}),
    stop="cancelJob",
)
_GLUE = Job(
    describe="getJobRun",
    identify=lambda submitted, arguments: {"JobName": arguments["JobName"], "RunId": submitted["JobRunId"]},
    result=_field("JobRun"),
    status=_field("JobRunState"),
    succeeded=frozenset({"SUCCEEDED"}),
    running=frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"}),
    stop="batchStopJobRun",
    stopping=lambda submitted, arguments: {
        "JobName": arguments["JobName"],
        "JobRunIds": [submitted["JobRunId"]],
    },
)
_DATABREW = Job(
    describe="describeJobRun",
    identify=lambda submitted, arguments: {"Name": arguments["Name"], "RunId": submitted["RunId"]},
    result=_whole,
    status=_field("State"),
    succeeded=frozenset({"SUCCEEDED"}),
    running=frozenset({"STARTING", "RUNNING", "STOPPING"}),
    stop="stopJobRun",
)
_EMR_CLUSTER = Job(
    describe="describeCluster",
    identify=lambda submitted, _: {"ClusterId": submitted["ClusterId"]},
    result=lambda description: {"ClusterId": description["Cluster"]["Id"], "Cluster": description["Cluster"]},
    status=lambda result: result["Cluster"]["Status"]["State"],
    succeeded=frozenset({"RUNNING", "WAITING"}),
    running=frozenset({"STARTING", "BOOTSTRAPPING"}),
    stop="terminateJobFlows",
    stopping=lambda submitted, _: {"JobFlowIds": [submitted["ClusterId"]]},
)
_EMR_CLUSTER_TERMINATED = replace(
    _EMR_CLUSTER,
    identify=lambda _, arguments: {"ClusterId": arguments["ClusterId"]},
    succeeded=frozenset({"TERMINATED", "TERMINATED_WITH_ERRORS"}),
    running=frozenset({"STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING", "TERMINATING"}),
    stop=None,
)
_EMR_STEP = Job(
    describe="describeStep",
    identify=lambda submitted, arguments: {
        "ClusterId": arguments["ClusterId"],
        "StepId": submitted["StepId"],
    },
    result=lambda description: {"Step": description["Step"]},
    status=lambda result: result["Step"]["Status"]["State"],
    succeeded=frozenset({"COMPLETED"}),
    running=frozenset({"PENDING", "RUNNING", "CANCEL_PENDING"}),
    stop="cancelSteps",
    stopping=lambda submitted, arguments: {
        "ClusterId": arguments["ClusterId"],
        "StepIds": [submitted["StepId"]],
    },
)
_EMR_CONTAINERS_JOB = Job(
    describe="describeJobRun",
    identify=lambda submitted, _: {"Id": submitted["Id"], "VirtualClusterId": submitted["VirtualClusterId"]},
    result=_field("JobRun"),
    status=_field("State"),
    succeeded=frozenset({"COMPLETED"}),
    running=frozenset({"PENDING", "SUBMITTED", "RUNNING", "CANCEL_PENDING"}),
    stop="cancelJobRun",
)
_EMR_CONTAINERS_DELETED = Job(
    describe="describeVirtualCluster",
    identify=lambda submitted, arguments: {"Id": arguments["Id"]},
    result=_field("VirtualCluster"),
    status=_field("State"),
    succeeded=frozenset({"TERMINATED"}),
    running=frozenset({"RUNNING", "TERMINATING"}),
)


def _emr_application(target: str, *transitional: str) -> Job:
    """Return the job of an EMR Serverless application that changes its state."""
    return Job(
        describe="getApplication",
        identify=lambda submitted, arguments: {
            "ApplicationId": submitted.get("ApplicationId") or arguments["ApplicationId"]
        },
        result=_field("Application"),
        status=_field("State"),
        succeeded=frozenset({target}),
        running=frozenset(transitional),
    )


def _emr_serverless_job(target: str) -> Job:
    """Return the job of an EMR Serverless job run."""
    return Job(
        describe="getJobRun",
        identify=lambda submitted, arguments: {
            "ApplicationId": arguments["ApplicationId"],
            "JobRunId": submitted["JobRunId"],
        },
        result=_field("JobRun"),
        status=_field("State"),
        succeeded=frozenset({target}),
        running=frozenset({"SUBMITTED", "PENDING", "SCHEDULED", "QUEUED", "RUNNING", "CANCELLING"}),
        stop="cancelJobRun",
    )


def _eks(kind: str, target: str, transitional: str) -> Job:
    """Return the job of an EKS cluster, node group or Fargate profile that changes its state."""
    names = {"Cluster": ("Name",), "Nodegroup": ("ClusterName", "NodegroupName")}
    arguments_used = names.get(kind, ("ClusterName", "FargateProfileName"))
    return Job(
        describe=f"describe{kind}",
        identify=lambda submitted, arguments: {name: arguments[name] for name in arguments_used},
        result=_field(kind),
        status=_field("Status"),
        succeeded=frozenset({target}),
        running=frozenset({transitional, "ACTIVE"} - {target}),
        deleted_at_end=target == "DELETED",
    )


_MODEL_CUSTOMIZATION = Job(
    describe="getModelCustomizationJob",
    identify=lambda submitted, _: {"JobIdentifier": submitted["JobArn"]},
    result=_whole,
    status=_field("Status"),
    succeeded=frozenset({"Completed"}),
    running=frozenset({"InProgress", "Stopping"}),
    stop="stopModelCustomizationJob",
)


JOBS: dict[tuple[str, str], Job] = {
    ("bedrock", "createModelCustomizationJob"): _MODEL_CUSTOMIZATION,
    ("batch", "submitJob"): _BATCH,
    ("ecs", "runTask"): _ECS,
    ("athena", "startQueryExecution"): _ATHENA,
    ("mediaconvert", "createJob"): _MEDIACONVERT,
    ("glue", "startJobRun"): _GLUE,
    ("emr-containers", "startJobRun"): _EMR_CONTAINERS_JOB,
    ("emr-containers", "deleteVirtualCluster"): _EMR_CONTAINERS_DELETED,
    ("emr-serverless", "createApplication"): _emr_application("CREATED", "CREATING"),
    ("emr-serverless", "startApplication"): _emr_application("STARTED", "CREATED", "STARTING", "STOPPED"),
    ("emr-serverless", "stopApplication"): _emr_application("STOPPED", "STARTED", "STOPPING"),
    ("emr-serverless", "deleteApplication"): _emr_application("TERMINATED", "CREATED", "STOPPED"),
    ("emr-serverless", "startJobRun"): _emr_serverless_job("SUCCESS"),
    ("emr-serverless", "cancelJobRun"): _emr_serverless_job("CANCELLED"),
    ("databrew", "startJobRun"): _DATABREW,
    ("elasticmapreduce", "createCluster"): _EMR_CLUSTER,
    ("elasticmapreduce", "terminateCluster"): _EMR_CLUSTER_TERMINATED,
    ("elasticmapreduce", "addStep"): _EMR_STEP,
    ("codebuild", "startBuild"): _codebuild("Build", "batchGetBuilds", "stopBuild"),
    ("codebuild", "startBuildBatch"): _codebuild("BuildBatch", "batchGetBuildBatches", "stopBuildBatch"),
    ("codebuild", "retryBuildBatch"): _codebuild("BuildBatch", "batchGetBuildBatches", "stopBuildBatch"),
    ("sagemaker", "createTrainingJob"): _sagemaker("TrainingJob"),
    ("sagemaker", "createTransformJob"): _sagemaker("TransformJob"),
    ("sagemaker", "createProcessingJob"): _sagemaker("ProcessingJob"),
    ("sagemaker", "createLabelingJob"): _sagemaker("LabelingJob"),
    ("sagemaker", "createHyperParameterTuningJob"): _sagemaker("HyperParameterTuningJob"),
    **{
        ("eks", f"{verb}{kind}"): _eks(kind, *states)
        for kind in ("Cluster", "Nodegroup", "FargateProfile")
        for verb, states in (("create", ("ACTIVE", "CREATING")), ("delete", ("DELETED", "DELETING")))
    },
}
