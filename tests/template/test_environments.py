"""The environments of samconfig.toml: every set of parameters is one that the template accepts."""

import re
import tomllib
from typing import Any

import pytest

from tests.template.deployed import ROOT, source

CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = ("local", "dev", "staging", "prod")
PARAMETERS: dict[str, dict[str, Any]] = source()["Parameters"]


def overrides(environment: str) -> dict[str, str]:
    entries = CONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(entry.split("=", 1) for entry in entries)


def accepts(parameter: dict[str, Any], value: str) -> bool:
    """Return whether CloudFormation accepts a value of a parameter."""
    if "AllowedValues" in parameter and value not in map(str, parameter["AllowedValues"]):
        return False
    if "AllowedPattern" in parameter and not re.fullmatch(parameter["AllowedPattern"], value):
        return False
    if parameter["Type"] == "Number":
        number = int(value)
        return parameter.get("MinValue", number) <= number <= parameter.get("MaxValue", number)
    return True


def holds(condition: Any, values: dict[str, str]) -> bool:
    """Evaluate a condition of Rules or Conditions on parameter values."""

    def value_of(expression: Any) -> str:
        return values[expression["Ref"]] if isinstance(expression, dict) else str(expression)

    match condition:
        case {"Fn::Equals": [first, second]}:
            return value_of(first) == value_of(second)
        case {"Fn::Not": [inner]}:
            return not holds(inner, values)
    raise ValueError(condition)


def refusals(values: dict[str, str]) -> list[str]:
    """Return the descriptions of the assertions in Rules that fail."""
    return [
        assertion["AssertDescription"]
        for rule in source()["Rules"].values()
        if holds(rule["RuleCondition"], values)
        for assertion in rule["Assertions"]
        if not holds(assertion["Assert"], values)
    ]


def all_values(**given: str) -> dict[str, str]:
    return {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items()} | given


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_parameters_of_an_environment_are_accepted(environment: str) -> None:
    for name, value in overrides(environment).items():
        assert accepts(PARAMETERS[name], value), f"{name}={value}"
    assert overrides(environment)["Stage"] == environment


@pytest.mark.parametrize("name", PARAMETERS)
def test_default_of_a_parameter_is_accepted(name: str) -> None:
    assert accepts(PARAMETERS[name], str(PARAMETERS[name]["Default"]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Stage", "production"),
        ("AlertEmail", "nobody"),
        ("ApprovalLimits", "EUR"),
        ("IngestConcurrency", "1"),
        ("ConsumerConcurrency", "1"),
        ("SaleReservedConcurrency", "-1"),
        ("LogRetentionDays", "2"),
        ("KeyArn", "alias/shop"),
        ("UploadOrigins", "shop.example"),
        ("UploadOrigins", "https://shop.example/"),
        ("SubnetIds", "subnet-0a1b2c3d, subnet-4e5f6a7b"),
        ("SubnetIds", "vpc-0a1b2c3d"),
        ("SecurityGroupIds", "shop"),
        ("ShopTimeZone", ""),
        ("ShopTimeZone", "Berlin"),
        ("ShopTimeZone", "europe/berlin"),
        ("ShopTimeZone", "Europe/Berlin "),
        ("ShopTimeZone", "Europe/"),
        ("ShopTimeZone", "+02:00"),
    ],
)
def test_wrong_value_is_refused(name: str, value: str) -> None:
    assert not accepts(PARAMETERS[name], value)


@pytest.mark.parametrize(
    "zone",
    [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Port-au-Prince",
        "America/Argentina/Buenos_Aires",
        "Pacific/Auckland",
        "Etc/GMT+5",
    ],
)
def test_time_zone_of_the_iana_database_is_accepted(zone: str) -> None:
    assert accepts(PARAMETERS["ShopTimeZone"], zone)


@pytest.mark.parametrize("environment", ["local", "dev", "staging"])
def test_environment_below_prod_is_not_refused(environment: str) -> None:
    assert refusals(all_values(**overrides(environment))) == []


def test_snapshots_with_provisioned_concurrency_are_refused() -> None:
    values = all_values(SaleSnapStart="on")
    assert refusals(values) == []
    assert len(refusals(values | {"SaleProvisionedConcurrency": "1"})) == 1


@pytest.mark.parametrize("name", ["SubnetIds", "SecurityGroupIds"])
def test_network_is_refused_without_subnets_or_security_groups(name: str) -> None:
    network = {"SubnetIds": "subnet-0a1b2c3d,subnet-4e5f6a7b", "SecurityGroupIds": "sg-0a1b2c3d"}
    assert all(accepts(PARAMETERS[parameter], value) for parameter, value in network.items())
    assert refusals(all_values(**network)) == []
    assert len(refusals(all_values(**{name: network[name]}))) == 1


def test_prod_is_refused_until_alerts_and_payments_are_decided() -> None:
    values = all_values(**overrides("prod"))
    assert len(refusals(values)) == 2
    decided = {"AlertEmail": "ops@shop.example", "AcceptSandboxPayments": "yes"}
    assert refusals(values | decided) == []


def test_prod_with_a_sandbox_carrier_is_refused() -> None:
    values = all_values(**overrides("prod"), AlertEmail="ops@shop.example", AcceptSandboxPayments="yes")
    [refusal] = refusals(values | {"SandboxCarrier": "on"})
    assert "sandbox carrier" in refusal


def test_endpoint_is_not_a_parameter() -> None:
    assert "Endpoint" not in PARAMETERS
