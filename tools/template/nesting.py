"""Move resources into nested stacks: a stack can have 500 resources.

A reference to a resource of another stack is a parameter of the stack that has the reference, named after the resource
and its attribute, and an output of the stack that has the resource. Functions are written as AWS::Lambda::Function:
`sam build` builds these too, and a nested stack without a transform needs no CAPABILITY_AUTO_EXPAND.
"""

from typing import Any

from tools.template.conventions.model import FUNCTION, Resource, Resources, kind_of, ref, when
from tools.template.deployed import FILES
from tools.template.references import Reference, parts_of, references, rewrite, target_of
from tools.template.translate import plain

_DESCRIPTIONS = {
    "Api": "The functions that people call by the HTTP API or their alias, and the policies that allow it.",
    "Consumers": "The functions that consume events, queues and streams, or run on a schedule.",
}
_PSEUDO_PARAMETERS = {"AWS::StackName": "Deployment", "AWS::StackId": "DeploymentId"}
type Owners = dict[str, str]
"""The nested stack of each resource that is in one."""


class NestedConflict(Exception):
    """The name of a parameter of a nested stack stands for two references."""


def owners(resources: Resources, assigned: Owners) -> Owners:
    """Return the nested stacks by resource: those assigned, API functions', and consumers of queues and streams.

    A function's role is in the stack of the function. Functions of workflows are in the main stack.
    """
    stacks = dict(assigned)
    for name, resource in resources.items():
        if kind_of(resource) == FUNCTION and "AutoPublishAlias" not in resource["Properties"]:
            if resource["Properties"]["Handler"].endswith(".api.handle"):
                stacks[name] = "Api"
            elif resource["Properties"].get("Events"):
                stacks[name] = "Consumers"
            if name in stacks:
                stacks[f"{name}Role"] = stacks[name]
    return stacks


def stack(name: str, resources: Resources, owned: Owners, head: dict[str, Any]) -> Resource:
    """Return the nested stack as a resource of the main template, with the values of its parameters."""
    parameters = _parameters(name, resources, owned, head)
    return {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": FILES[name],
            "Parameters": {
                key: from_main(_argument(value, resources, head), owned) for key, value in parameters.items()
            },
        },
    }


def template(name: str, resources: Resources, owned: Owners, document: dict[str, Any]) -> dict[str, Any]:
    """Return the template of a nested stack. document: the whole template, all resources and outputs in it."""
    members = {each: resources[each] for each in resources if owned.get(each) == name}
    parameters = _parameters(name, resources, owned, document)
    names = {parts_of(reference): key for key, reference in parameters.items()}
    conditions = _conditions(_used_conditions([members, document["Globals"]]), document)

    def inside(reference: Reference) -> Reference:
        return ref(names[parts_of(reference)]) if parts_of(reference) in names else reference

    local = {
        "Globals": document["Globals"],
        "Conditions": conditions,
        "Resources": members,
    }
    rewritten = rewrite(local, inside)
    declared = {key: {"Type": _type(reference, document)} for key, reference in parameters.items()}
    outputs = {
        _name(reference): {"Value": reference} for reference in _exported(name, resources, owned, document)
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": _DESCRIPTIONS[name],
        **plain({"Parameters": declared, **rewritten}),
        "Outputs": outputs,
    }


def from_main(value: Any, owned: Owners) -> Any:
    """Return a value of the main template with outputs of nested stacks in the place of resources in them."""

    def outside(reference: Reference) -> Reference:
        owner = owned.get(target_of(reference))
        return {"Fn::GetAtt": [owner, f"Outputs.{_name(reference)}"]} if owner else reference

    return rewrite(value, outside)


def _parameters(
    name: str, resources: Resources, owned: Owners, document: dict[str, Any]
) -> dict[str, Reference]:
    """Return what a nested stack needs of others, by the name of the parameter, in order. NestedConflict."""
    members = {each: resources[each] for each in resources if owned.get(each) == name}
    used = _used_conditions([members, document["Globals"]])
    local = [members, document["Globals"], _conditions(used, document)]
    values: dict[str, Reference] = {}
    for reference in references(local):
        target = target_of(reference)
        pseudo = target.startswith("AWS::") and target not in _PSEUDO_PARAMETERS
        if target not in members and not pseudo:
            key = _name(reference)
            if values.setdefault(key, reference) != reference or key in members:
                raise NestedConflict(f"parameter {key} of {name} stands for {values[key]} and {reference}")
    return dict(sorted(values.items()))


def _exported(name: str, resources: Resources, owned: Owners, document: dict[str, Any]) -> list[Reference]:
    """Return the references to the nested stack's resources from outside of it, each once, in order."""
    outside = [resource for each, resource in resources.items() if owned.get(each) != name]
    found = {
        parts_of(reference): reference
        for reference in references([outside, document["Outputs"]])
        if owned.get(target_of(reference)) == name
    }
    return [found[key] for key in sorted(found)]


def _used_conditions(value: Any) -> set[str]:
    match value:
        case {"Fn::If": [str(condition), *branches]}:
            return {condition} | _used_conditions(branches)
        case {"Condition": str(condition), **rest}:
            return {condition} | _used_conditions(rest)
        case dict():
            return set().union(*map(_used_conditions, value.values()))
        case list():
            return set().union(*map(_used_conditions, value))
    return set()


def _conditions(names: set[str], document: dict[str, Any]) -> dict[str, Any]:
    """Return the conditions of these names, and those that they are made of, in the order of the document."""
    needed, pending = set[str](), set(names)
    while pending:
        needed |= pending
        pending = _used_conditions([document["Conditions"].get(each) for each in pending]) - needed
    return {name: value for name, value in document["Conditions"].items() if name in needed}


def _name(reference: Reference) -> str:
    """Return the name of the parameter or output for a reference: SalesTable, SalesTableArn, ImportAliaslive."""
    first, *attribute = parts_of(reference)
    return "".join([_PSEUDO_PARAMETERS.get(first, first), *attribute]).replace(".", "")


def _type(reference: Reference, document: dict[str, Any]) -> str:
    return str(document["Parameters"].get(target_of(reference), {"Type": "String"})["Type"])


def _argument(reference: Reference, resources: Resources, document: dict[str, Any]) -> Any:
    """Return the value of a parameter: a list as text, and of a resource that has a condition none without it."""
    if _type(reference, document) == "CommaDelimitedList":
        return {"Fn::Join": [",", reference]}
    condition = resources.get(target_of(reference), {}).get("Condition")
    return when(condition, reference, "") if condition else reference
