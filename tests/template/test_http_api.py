"""What the local AWS does not enforce of the HTTP API, and what its functions may call."""

from tests.template.deployed import resources, source


def test_stage_is_throttled_by_parameters() -> None:
    (stage,) = resources("AWS::ApiGatewayV2::Stage").values()
    limits = {"ThrottlingRateLimit": "ApiRateLimit", "ThrottlingBurstLimit": "ApiBurstLimit"}
    settings = stage["Properties"]["DefaultRouteSettings"]
    assert settings == {name: {"Ref": parameter} for name, parameter in limits.items()}
    parameters = source()["Parameters"]
    assert all(int(parameters[name]["Default"]) > 0 for name in limits.values())


def test_pages_of_other_origins_may_not_call_the_api() -> None:
    (api,) = resources("AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api["Properties"]


def test_addresses_of_this_machine_are_called_on_a_local_stack_alone() -> None:
    functions = resources("AWS::Lambda::Function")
    values = [one["Properties"]["Environment"]["Variables"]["LOCAL_ADDRESSES"] for one in functions.values()]
    assert values == [{"Fn::If": ["IsLocal", "allow", {"Ref": "AWS::NoValue"}]}] * len(functions)
