"""Dashboards of the deployed template: everything is on one."""

import json
from typing import Any

import pytest

from tests.template.deployed import monitoring, of_type

DASHBOARDS: dict[str, Any] = {
    name: found["Properties"]
    for name, found in monitoring()["Resources"].items()
    if found["Type"] == "AWS::CloudWatch::Dashboard"
}
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
MOST_WIDGETS, MOST_METRICS, MOST_METRICS_OF_A_WIDGET = 500, 2_500, 500


def widgets(dashboard: str) -> list[Any]:
    return list(json.loads(DASHBOARDS[dashboard]["DashboardBody"]["Fn::Sub"][0])["widgets"])


def shown(dashboard: str) -> set[str]:
    """Return the logical ids of the resources of a dashboard."""
    body, names = DASHBOARDS[dashboard]["DashboardBody"]["Fn::Sub"]
    assert all(f"${{{name}}}" in body for name in names)
    return set(names)


def test_there_are_dashboards_of_business_workflows_and_platform() -> None:
    assert set(DASHBOARDS) == {"BusinessDashboard", "WorkflowsDashboard", "PlatformDashboard"}


def test_every_resource_is_on_a_dashboard() -> None:
    workflows = set(of_type("AWS::StepFunctions::StateMachine"))
    assert shown("WorkflowsDashboard") == shown("BusinessDashboard") == workflows
    kinds = ("AWS::Lambda::Function", "AWS::DynamoDB::Table", "AWS::SQS::Queue")
    assert shown("PlatformDashboard") == set(of_type(*kinds))


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_dashboard_stays_within_the_quotas_of_cloudwatch(dashboard: str) -> None:
    counts = [len(widget["properties"]["metrics"]) for widget in widgets(dashboard)]
    assert (
        len(counts) <= MOST_WIDGETS
        and sum(counts) <= MOST_METRICS
        and max(counts) <= MOST_METRICS_OF_A_WIDGET
    )


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_name_of_a_dashboard_differs_between_stacks_and_regions(dashboard: str) -> None:
    name = DASHBOARDS[dashboard]["DashboardName"]["Fn::Sub"]
    assert "${Deployment}" in name and "${AWS::Region}" in name


@pytest.mark.parametrize("dashboard", DASHBOARDS)
def test_widgets_do_not_overlap(dashboard: str) -> None:
    places = [(widget["x"], widget["y"]) for widget in widgets(dashboard)]
    assert len(set(places)) == len(places)
    assert all(widget["x"] + widget["width"] <= 24 for widget in widgets(dashboard))
