"""Amazon EMR's optimised integration, whose actions and arguments differ from EMR's API.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..errors import StateError
from ..services import TaskServices
from .base import Pattern, TaskRequest, UnknownResource
from .jobs import JOBS
from .optimised import SERVICES, OptimisedIntegration
from .sdk import cannot_start

NAME = "elasticmapreduce"


@dataclass(frozen=True, slots=True)
class _Lookup:
    """How a name in the arguments becomes an id: the list operation, its result field, and the argument."""

    method: str
    listed: str
    argument: str


@dataclass(frozen=True, slots=True)
class _Action:
    """An action in terms of EMR's API: the operation, its params from the arguments, the output from its response.

    `required` names the required arguments; None means those of the operation itself. `params` receives the
    resolved id as `Id`.
    """

    method: str
    required: tuple[str, ...] | None
    params: Callable[[dict[str, Any]], dict[str, Any]]
    output: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda response: response)
    optional: tuple[str, ...] = ()
    lookup: _Lookup | None = None


def _renamed(
    response: dict[str, Any], was: str, now: str, value: Callable[[Any], Any] = lambda value: value
) -> dict[str, Any]:
    return {now: value(response[was]), **{name: item for name, item in response.items() if name != was}}


_ACTIONS = {
    "createCluster": _Action(
        "runJobFlow", None, dict, lambda response: _renamed(response, "JobFlowId", "ClusterId")
    ),
    "terminateCluster": _Action(
        "terminateJobFlows", ("ClusterId",), lambda arguments: {"JobFlowIds": [arguments["ClusterId"]]}
    ),
    "setClusterTerminationProtection": _Action(
        "setTerminationProtection",
        ("ClusterId", "TerminationProtected"),
        lambda arguments: {
            "JobFlowIds": [arguments["ClusterId"]],
            "TerminationProtected": arguments["TerminationProtected"],
        },
    ),
    "addStep": _Action(
        "addJobFlowSteps",
        ("ClusterId", "Step"),
        lambda arguments: {
            "JobFlowId": arguments["ClusterId"],
            "Steps": [arguments["Step"]],
            **{name: arguments[name] for name in ("ExecutionRoleArn",) if name in arguments},
        },
        lambda response: _renamed(response, "StepIds", "StepId", lambda ids: ids[0]),
        optional=("ExecutionRoleArn",),
    ),
    "cancelStep": _Action(
        "cancelSteps",
        ("ClusterId", "StepId"),
        lambda arguments: {"ClusterId": arguments["ClusterId"], "StepIds": [arguments["StepId"]]},
        lambda response: _renamed(
            response, "CancelStepsInfoList", "CancelStepsInfo", lambda steps: steps[0] if steps else None
        ),
    ),
    "modifyInstanceFleetByName": _Action(
        "modifyInstanceFleet",
        ("ClusterId", "InstanceFleetName", "InstanceFleet"),
        lambda arguments: {
            "ClusterId": arguments["ClusterId"],
            "InstanceFleet": {**arguments["InstanceFleet"], "InstanceFleetId": arguments["Id"]},
        },
        lookup=_Lookup("listInstanceFleets", "InstanceFleets", "InstanceFleetName"),
    ),
    "modifyInstanceGroupByName": _Action(
        "modifyInstanceGroups",
        ("ClusterId", "InstanceGroupName", "InstanceGroup"),
        lambda arguments: {
            "ClusterId": arguments["ClusterId"],
            "InstanceGroups": [{**arguments["InstanceGroup"], "InstanceGroupId": arguments["Id"]}],
        },
        lookup=_Lookup("listInstanceGroups", "InstanceGroups", "InstanceGroupName"),
    ),
}
_SYNC = ("createCluster", "terminateCluster", "addStep")


@dataclass(frozen=True, slots=True)
class EmrIntegration(OptimisedIntegration):
    """An action of EMR."""

    emr: _Action = field(kw_only=True)

    def argument_errors(self, names: set[str]) -> list[str]:
        if self.emr.required is None:
            return OptimisedIntegration.argument_errors(self, names)
        unknown = sorted(names - {*self.emr.required, *self.emr.optional})
        missing = [name for name in self.emr.required if name not in names]
        return [
            *(f"The field '{name}' is not supported by Step Functions" for name in unknown),
            *(f"The field '{name}' is required but was missing" for name in missing),
        ]

    def check_arguments(self, arguments: Any) -> None:
        if self.emr.required is None:
            OptimisedIntegration.check_arguments(self, arguments)
            return
        faults = self.argument_errors(set(arguments) if isinstance(arguments, dict) else set())
        if faults:
            raise cannot_start(arguments, faults)

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        self.check_arguments(request.arguments)
        arguments = request.arguments if isinstance(request.arguments, dict) else {}
        if self.emr.lookup is not None:
            arguments = {**arguments, "Id": await self._id(self.emr.lookup, request, services, arguments)}
        params = self.emr.params(arguments)
        return self.emr.output(await self._call(self.botocore, self.action, request, services, params))

    async def _id(
        self, lookup: _Lookup, request: TaskRequest, services: TaskServices, arguments: dict[str, Any]
    ) -> str:
        params = {"ClusterId": arguments["ClusterId"]}
        response = await self._call(self.botocore, lookup.method, request, services, params)
        name = arguments[lookup.argument]
        for listed in response.get(lookup.listed, []):
            if listed.get("Name") == name:
                return str(listed["Id"])
        raise StateError(
            "ElasticMapReduce.AmazonElasticMapReduceException",
            f"The cluster {params['ClusterId']} has no {lookup.argument} '{name}'.",
        )


def resolve(arn: str, action: str, suffix: str) -> EmrIntegration:
    """Return the integration of `elasticmapreduce:action[.sync]`. Raises UnknownResource."""
    emr = _ACTIONS.get(action)
    if emr is None or suffix not in ("", "sync") or (suffix and action not in _SYNC):
        raise UnknownResource(arn)
    pattern: Pattern = "sync" if suffix else "request_response"
    service = SERVICES[NAME]
    return EmrIntegration(
        arn,
        NAME,
        f"{action}.{suffix}" if suffix else action,
        pattern,
        emr.required or (),
        service=service,
        botocore=service.botocore,
        action=emr.method,
        job=JOBS.get((NAME, action)),
        emr=emr,
    )
