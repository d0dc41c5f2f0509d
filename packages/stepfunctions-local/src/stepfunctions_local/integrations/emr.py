"""Amazon EMR's optimised integration, whose actions and arguments are not those of EMR's API.

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
    """How a name among the arguments becomes an id: the list it is in, and what list and id are called."""

    method: str
    listed: str
    argument: str


@dataclass(frozen=True, slots=True)
class _Action:
    """An action as EMR's API has it: the operation, its params from the arguments, the output from its answer.

    `takes` names the arguments that must be there, None for those of the operation itself. `params` is given the
    id that was looked up as `Id`.
    """

    method: str
    takes: tuple[str, ...] | None
    params: Callable[[dict[str, Any]], dict[str, Any]]
    output: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda answer: answer)
    may_take: tuple[str, ...] = ()
    lookup: _Lookup | None = None


def _renamed(
    answer: dict[str, Any], was: str, now: str, value: Callable[[Any], Any] = lambda found: found
) -> dict[str, Any]:
    return {now: value(answer[was]), **{name: item for name, item in answer.items() if name != was}}


_ACTIONS = {
    "createCluster": _Action(
        "runJobFlow", None, dict, lambda answer: _renamed(answer, "JobFlowId", "ClusterId")
    ),
    "terminateCluster": _Action(
        "terminateJobFlows", ("ClusterId",), lambda given: {"JobFlowIds": [given["ClusterId"]]}
    ),
    "setClusterTerminationProtection": _Action(
        "setTerminationProtection",
        ("ClusterId", "TerminationProtected"),
        lambda given: {
            "JobFlowIds": [given["ClusterId"]],
            "TerminationProtected": given["TerminationProtected"],
        },
    ),
    "addStep": _Action(
        "addJobFlowSteps",
        ("ClusterId", "Step"),
        lambda given: {
            "JobFlowId": given["ClusterId"],
            "Steps": [given["Step"]],
            **{name: given[name] for name in ("ExecutionRoleArn",) if name in given},
        },
        lambda answer: _renamed(answer, "StepIds", "StepId", lambda ids: ids[0]),
        may_take=("ExecutionRoleArn",),
    ),
    "cancelStep": _Action(
        "cancelSteps",
        ("ClusterId", "StepId"),
        lambda given: {"ClusterId": given["ClusterId"], "StepIds": [given["StepId"]]},
        lambda answer: _renamed(
            answer, "CancelStepsInfoList", "CancelStepsInfo", lambda found: found[0] if found else None
        ),
    ),
    "modifyInstanceFleetByName": _Action(
        "modifyInstanceFleet",
        ("ClusterId", "InstanceFleetName", "InstanceFleet"),
        lambda given: {
            "ClusterId": given["ClusterId"],
            "InstanceFleet": {**given["InstanceFleet"], "InstanceFleetId": given["Id"]},
        },
        lookup=_Lookup("listInstanceFleets", "InstanceFleets", "InstanceFleetName"),
    ),
    "modifyInstanceGroupByName": _Action(
        "modifyInstanceGroups",
        ("ClusterId", "InstanceGroupName", "InstanceGroup"),
        lambda given: {
            "ClusterId": given["ClusterId"],
            "InstanceGroups": [{**given["InstanceGroup"], "InstanceGroupId": given["Id"]}],
        },
        lookup=_Lookup("listInstanceGroups", "InstanceGroups", "InstanceGroupName"),
    ),
}
_SYNC = ("createCluster", "terminateCluster", "addStep")


@dataclass(frozen=True, slots=True)
class EmrIntegration(OptimisedIntegration):
    """One of EMR's actions."""

    emr: _Action = field(kw_only=True)

    def argument_faults(self, names: set[str]) -> list[str]:
        if self.emr.takes is None:
            return OptimisedIntegration.argument_faults(self, names)
        unknown = sorted(names - {*self.emr.takes, *self.emr.may_take})
        missing = [name for name in self.emr.takes if name not in names]
        return [
            *(f"The field '{name}' is not supported by Step Functions" for name in unknown),
            *(f"The field '{name}' is required but was missing" for name in missing),
        ]

    async def invoke(self, request: TaskRequest, services: TaskServices) -> Any:
        arguments = request.arguments if isinstance(request.arguments, dict) else {}
        faults = self.argument_faults(set(arguments)) if self.emr.takes is not None else []
        if faults:
            raise cannot_start(request, faults)
        if self.emr.lookup is not None:
            arguments = {**arguments, "Id": await self._id(self.emr.lookup, request, services, arguments)}
        params = self.emr.params(arguments)
        return self.emr.output(await self._call(self.botocore, self.action, request, services, params))

    async def _id(
        self, lookup: _Lookup, request: TaskRequest, services: TaskServices, arguments: dict[str, Any]
    ) -> str:
        asked = {"ClusterId": arguments["ClusterId"]}
        answer = await self._call(self.botocore, lookup.method, request, services, asked)
        name = arguments[lookup.argument]
        for listed in answer.get(lookup.listed, []):
            if listed.get("Name") == name:
                return str(listed["Id"])
        raise StateError(
            "ElasticMapReduce.AmazonElasticMapReduceException",
            f"The cluster {asked['ClusterId']} has no {lookup.argument} '{name}'.",
        )


def resolve(arn: str, action: str, suffix: str) -> EmrIntegration:
    """The integration of `elasticmapreduce:action[.sync]`. Raises UnknownResource."""
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
        emr.takes or (),
        service=service,
        botocore=service.botocore,
        action=emr.method,
        job=JOBS.get((NAME, action)),
        emr=emr,
    )
