"""CloudFormation resources of Step Functions, and of CodeDeploy as far as SAM's gradual deployments need them.

MiniStack's provisioner of state machines does not pass tracing on; it has none for versions, aliases and activities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stepfunctions_local.errors import ApiError

from ..step_functions.engine import StepFunctions
from .traffic_shift import shift_traffic

type Properties = dict[str, Any]
type Created = tuple[str, dict[str, Any]]

_PREFIX = "AWS::StepFunctions::"

# Properties whose change replaces the resource.
_REPLACING = {
    "StateMachineVersion": ("Description", "StateMachineArn", "StateMachineRevisionId"),
    "StateMachineAlias": ("Name", "StateMachineArn"),
    "Activity": ("Name", "EncryptionConfiguration"),
}


def install_resources(engine: StepFunctions) -> None:
    """Register the resources. Call it after the engine has replaced MiniStack's module."""
    # CloudFormation binds the Step Functions module when it is imported.
    from ministack.services import cloudwatch
    from ministack.services.cloudformation import provisioners, stacks

    resources = _Resources(
        engine,
        lambda stack_name, logical_id: provisioners._physical_name(stack_name, logical_id, max_len=80),
        provisioners._sfn_definition,
        lambda alarm: _alarm_state(cloudwatch, alarm),
    )
    handlers = provisioners._RESOURCE_HANDLERS
    handlers[f"{_PREFIX}StateMachine"] |= {
        "create": resources.create_state_machine,
        "update": resources.update_state_machine,
        "delete": resources.delete_state_machine,
    }
    handlers[f"{_PREFIX}StateMachineVersion"] = {
        "create": resources.create_version,
        "delete": resources.delete_version,
    }
    handlers[f"{_PREFIX}StateMachineAlias"] = {
        "create": resources.create_alias,
        "update": resources.update_alias,
        "delete": resources.delete_alias,
    }
    handlers[f"{_PREFIX}Activity"] = {
        "create": resources.create_activity,
        "update": resources.update_activity,
        "delete": resources.delete_activity,
    }
    for name in ("Application", "DeploymentGroup"):
        handlers[f"AWS::CodeDeploy::{name}"] = {
            "create": _record_codedeploy_resource,
            "update": lambda physical_id, *_: (physical_id, {}),
            "delete": lambda *_: None,
        }
    for name, properties in _REPLACING.items():
        provisioners._REPLACING_PROPERTIES[f"{_PREFIX}{name}"] = properties
    runs_on_thread = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource: (
        resource == f"{_PREFIX}StateMachineAlias" or runs_on_thread(resource)
    )


def _alarm_state(cloudwatch: Any, name: str) -> str | None:
    alarm = cloudwatch._alarms.get(name.rpartition(":alarm:")[2] or name)
    return str(alarm["StateValue"]) if alarm else None


def _record_codedeploy_resource(logical_id: str, properties: Properties, stack_name: str) -> Created:
    """Accept a resource without effect: an alias of a function changes at once."""
    name = properties.get("ApplicationName") if "DeploymentGroupName" not in properties else None
    return str(properties.get("DeploymentGroupName") or name or f"{stack_name}-{logical_id}"), {}


class _Resources:
    """Handlers of resources: each calls the operation of the API that AWS's handler calls."""

    def __init__(
        self,
        engine: StepFunctions,
        physical_name: Callable[[str, str], str],
        definition: Callable[[Properties], str],
        alarm_state: Callable[[str], str | None],
    ) -> None:
        self._engine = engine
        self._physical_name = physical_name
        self._definition = definition
        self._alarm_state = alarm_state

    def create_state_machine(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        params = self._machine_params(properties) | {
            "name": properties.get("StateMachineName") or self._physical_name(stack_name, logical_id),
            "type": properties.get("StateMachineType", "STANDARD"),
            "tags": _tags(properties),
        }
        arn = self._call("CreateStateMachine", params)["stateMachineArn"]
        return arn, self._machine_attributes(arn)

    def _machine_params(self, properties: Properties) -> dict[str, Any]:
        params = {"definition": self._definition(properties), "roleArn": properties["RoleArn"]}
        for name in ("LoggingConfiguration", "TracingConfiguration", "EncryptionConfiguration"):
            if name in properties:
                params[_lower(name)] = api_shape(properties[name])
        return params

    def update_state_machine(
        self, arn: str, old: Properties, new: Properties, stack_name: str, logical_id: str | None = None
    ) -> Created:
        """Update in place; the name and the type are replaced by CloudFormation. A change of tags is no revision."""
        params = self._machine_params(new)
        if params != self._machine_params(old):
            if "LoggingConfiguration" in old:
                params.setdefault("loggingConfiguration", {"level": "OFF", "includeExecutionData": False})
            if "TracingConfiguration" in old:
                params.setdefault("tracingConfiguration", {"enabled": False})
            self._call("UpdateStateMachine", {"stateMachineArn": arn} | params)
        self._update_tags(arn, old, new)
        return arn, self._machine_attributes(arn)

    def _machine_attributes(self, arn: str) -> dict[str, Any]:
        machine = self._call("DescribeStateMachine", {"stateMachineArn": arn})
        # A machine that was never updated has no revision id: AWS names its revision INITIAL.
        revision = machine.get("revisionId") or "INITIAL"
        return {"Arn": arn, "Name": machine["name"], "StateMachineRevisionId": revision}

    def delete_state_machine(self, arn: str, properties: Properties) -> None:
        self._call("DeleteStateMachine", {"stateMachineArn": arn})

    def create_version(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        params = {"stateMachineArn": properties["StateMachineArn"]}
        if "StateMachineRevisionId" in properties:
            params["revisionId"] = properties["StateMachineRevisionId"]
        if "Description" in properties:
            params["description"] = properties["Description"]
        arn = self._call("PublishStateMachineVersion", params)["stateMachineVersionArn"]
        return arn, {"Arn": arn}

    def delete_version(self, arn: str, properties: Properties) -> None:
        self._call("DeleteStateMachineVersion", {"stateMachineVersionArn": arn})

    def create_alias(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        params = {
            "name": properties.get("Name") or self._physical_name(stack_name, logical_id),
            "routingConfiguration": _routes(properties),
        }
        if "Description" in properties:
            params["description"] = properties["Description"]
        arn = self._call("CreateStateMachineAlias", params)["stateMachineAliasArn"]
        return arn, {"Arn": arn}

    def update_alias(self, arn: str, old: Properties, new: Properties, stack_name: str) -> Created:
        """Update the routes; with a DeploymentPreference, shift them from the current version to the new one."""
        description = {"description": new["Description"]} if "Description" in new else {}

        def route(routes: list[dict[str, Any]]) -> None:
            params = {"stateMachineAliasArn": arn, "routingConfiguration": routes}
            self._call("UpdateStateMachineAlias", params | description)

        if "DeploymentPreference" in new:
            current = self._call("DescribeStateMachineAlias", {"stateMachineAliasArn": arn})
            shift_traffic(
                current["routingConfiguration"], new["DeploymentPreference"], route, self._alarm_state
            )
        else:
            route(_routes(new))
        return arn, {"Arn": arn}

    def delete_alias(self, arn: str, properties: Properties) -> None:
        self._call("DeleteStateMachineAlias", {"stateMachineAliasArn": arn})

    def create_activity(self, logical_id: str, properties: Properties, stack_name: str) -> Created:
        params = {"name": properties["Name"], "tags": _tags(properties)}
        if "EncryptionConfiguration" in properties:
            params["encryptionConfiguration"] = api_shape(properties["EncryptionConfiguration"])
        arn = self._call("CreateActivity", params)["activityArn"]
        return arn, {"Arn": arn, "Name": properties["Name"]}

    def update_activity(self, arn: str, old: Properties, new: Properties, stack_name: str) -> Created:
        self._update_tags(arn, old, new)
        return arn, {"Arn": arn, "Name": new["Name"]}

    def delete_activity(self, arn: str, properties: Properties) -> None:
        self._call("DeleteActivity", {"activityArn": arn})

    def _update_tags(self, arn: str, old: Properties, new: Properties) -> None:
        before, after = ({tag["key"]: tag["value"] for tag in _tags(side)} for side in (old, new))
        if dropped := sorted(before.keys() - after.keys()):
            self._call("UntagResource", {"resourceArn": arn, "tagKeys": dropped})
        changed = [tag for tag in _tags(new) if before.get(tag["key"]) != tag["value"]]
        if changed:
            self._call("TagResource", {"resourceArn": arn, "tags": changed})

    def _call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._engine.call(operation, params)
        except ApiError as error:
            raise resource_error(error) from error


def resource_error(error: ApiError) -> ValueError:
    """Return the error whose text CloudFormation shows as the reason of the failed resource."""
    return ValueError(f'Resource handler returned message: "{error.message}" ({error.code})')


def _routes(properties: Properties) -> list[dict[str, Any]]:
    preference, routing = properties.get("DeploymentPreference"), properties.get("RoutingConfiguration")
    if bool(preference) == bool(routing):
        raise ValueError("Exactly one of DeploymentPreference and RoutingConfiguration must be set.")
    if preference:
        return [{"stateMachineVersionArn": preference["StateMachineVersionArn"], "weight": 100}]
    return [
        {"stateMachineVersionArn": route["StateMachineVersionArn"], "weight": int(route["Weight"])}
        for route in routing or ()
    ]


def _tags(properties: Properties) -> list[dict[str, str]]:
    return [{"key": tag["Key"], "value": str(tag["Value"])} for tag in properties.get("Tags") or ()]


def api_shape(value: Any) -> Any:
    """Convert property names and booleans of CloudFormation to those of the API."""
    if isinstance(value, dict):
        return {_lower(key): api_shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [api_shape(item) for item in value]
    if isinstance(value, str) and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]
