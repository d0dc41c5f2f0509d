"""What every resource of a kind has in common, so that no fragment repeats it."""

from pathlib import Path
from typing import Any

from tools.template.conventions import access, deployments, functions, messaging, storage, workflows
from tools.template.conventions.alarms import alarms, rollback_alarms
from tools.template.conventions.dashboards import dashboards
from tools.template.conventions.model import FUNCTION, SALE, Resources, kind_of
from tools.template.conventions.outputs import outputs

__all__ = ["FUNCTION", "alarms", "dashboards", "expand", "outputs", "rollback_alarms", "traffic_shift"]


def expand(
    section: Resources, service: str, environment: dict[str, Any], declared: Resources, root: Path
) -> Resources:
    """Return the resources of a fragment as they are deployed. `declared` holds those of all fragments."""
    expanded: Resources = {}
    callers = workflows.callers(declared, root)
    sale = _sale_functions(callers, declared)
    for name, resource in section.items():
        match kind_of(resource):
            case "AWS::Serverless::Function":
                expanded |= functions.function(name, resource, service, environment, name in callers, sale)
            case "AWS::Serverless::StateMachine":
                expanded |= workflows.state_machine(name, resource, declared, root)
            case "AWS::DynamoDB::Table":
                expanded |= storage.table(name, resource)
            case "AWS::S3::Bucket":
                expanded |= storage.bucket(name, resource, declared)
            case "AWS::S3::BucketPolicy":
                pass  # The bucket's convention includes its statements.
            case "AWS::SQS::Queue":
                expanded |= messaging.queue(name, resource, declared)
            case "AWS::Events::Rule":
                expanded |= messaging.rule(name, resource, declared)
            case "AWS::SNS::Topic":
                expanded |= messaging.topic(name, resource)
            case "AWS::IAM::ManagedPolicy":
                expanded[name] = access.managed_policy(resource, declared)
            case "AWS::IAM::Role":
                expanded[name] = access.role(resource)
            case _:
                expanded[name] = resource
    return expanded


def traffic_shift(declared: Resources, root: Path) -> Resources:
    """Return the role with which CodeDeploy moves aliases."""
    return deployments.role(_sale_functions(workflows.callers(declared, root), declared))


def _sale_functions(callers: dict[str, set[str]], declared: Resources) -> list[str]:
    return sorted(name for name, by in callers.items() if SALE in by and kind_of(declared[name]) == FUNCTION)
