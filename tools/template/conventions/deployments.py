"""Gradual deployments: aliases move to a new version at once, or in two steps and back if an alarm is raised.

Each function with a deployment of its own needs two more resources, so only those of a sale have one. The other
functions' aliases move at once.
"""

from typing import Any

from tools.template.conventions.model import ALIAS, Resources, allow, arn, document, ref, sub, trust, when

_PERCENTAGE, _MINUTES = 10, 10
_ROLE = "TrafficShiftRole"
_ALARM_METRICS = 10


def of_workflow(name: str) -> dict[str, Any]:
    """Return the properties of a state machine that publish its versions and move its alias."""
    return {
        "AutoPublishAlias": ALIAS,
        "DeploymentPreference": {
            "Type": when("ShiftsGradually", "CANARY", "ALL_AT_ONCE"),
            "Percentage": when("ShiftsGradually", _PERCENTAGE),
            "Interval": when("ShiftsGradually", _MINUTES),
            "Alarms": when("ShiftsGradually", [ref(f"{name}Alarm")]),
        },
    }


def of_function(sale: list[str] | None) -> dict[str, Any]:
    """Return the properties of a function that publish its versions and move its alias.

    sale: the functions of a sale when it is one of them, for which CodeDeploy moves the alias.
    """
    published = {"AutoPublishAlias": ALIAS, "AutoPublishAliasAllProperties": True}
    if sale is None:
        return published
    return {
        **published,
        "DeploymentPreference": {
            "Enabled": ref("GradualDeployment"),  # SAM reads the parameter: it has to be true or false
            "Type": f"Canary{_PERCENTAGE}Percent{_MINUTES}Minutes",
            "Role": arn(_ROLE),
            "Alarms": [ref(alarm) for alarm in sale_alarms(sale)],
        },
    }


def sale_alarms(functions: list[str]) -> dict[str, list[str]]:
    """Return the functions of a sale by the alarm on their errors; an alarm has at most ten metrics."""
    starts = range(0, len(functions), _ALARM_METRICS)
    return {
        f"SaleErrors{number}Alarm": functions[start : start + _ALARM_METRICS]
        for number, start in enumerate(starts, start=1)
    }


def role(sale: list[str]) -> Resources:
    """Return the role with which CodeDeploy moves the aliases of functions of a sale; none without them."""
    if not sale:
        return {}
    functions = [arn(name) for name in sale]
    statements = [
        allow({"Action": ["lambda:GetAlias", "lambda:UpdateAlias"], "Resource": functions}),
        allow(
            {
                "Action": "lambda:GetProvisionedConcurrencyConfig",
                "Resource": [sub(f"${{{name}.Arn}}:{ALIAS}") for name in sale],
            }
        ),
        allow(
            {"Action": "cloudwatch:DescribeAlarms", "Resource": [arn(alarm) for alarm in sale_alarms(sale)]}
        ),
    ]
    properties = {
        "AssumeRolePolicyDocument": trust("codedeploy.amazonaws.com"),
        "Policies": [{"PolicyName": "ShiftTraffic", "PolicyDocument": document(*statements)}],
    }
    return {_ROLE: {"Type": "AWS::IAM::Role", "Condition": "ShiftsGradually", "Properties": properties}}
