"""The deployed template: references, layers, roles, names, limits, and conventions of the fragments."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.template.deployed import ROOT, as_list, nested, of_type, references, resources, source, translated
from tools.template import document
from tools.template.deployed import FILES

PSEUDO = {
    f"AWS::{name}"
    for name in ("AccountId", "NoValue", "Partition", "Region", "StackId", "StackName", "URLSuffix")
}
SOURCE: dict[str, Any] = source()["Resources"]

KEPT = ("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Cognito::UserPool")
# Of a bucket's metadata table, which no bucket has.
ONLY_PARTLY_FIXED = {"MetadataConfiguration"}
NAMED = {
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Events::EventBus",
    "AWS::ApiGatewayV2::Api",
}

# Actions without resource-level permissions: a policy can only name all resources.
WITHOUT_RESOURCES = {
    "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
    "ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
}  # fmt: skip
# A star at the end, after the name of what contains objects, executions, versions of a secret or index entries, or for
# the characters that Secrets Manager adds to the name of a secret.
NARROW = re.compile(
    r'[^*]*|[^*]*(\$\{\w+\.\w+\}|[\w-]+|\$\{AWS::StackName\}/suppliers)(/\w+)?[/:]\*"\}'
    r'|[^*]*:secret:\$\{AWS::StackName\}/\w+-\*"\}'
)
# CloudFormation's quotas: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_RESOURCES, MOST_OUTPUTS, MOST_PARAMETERS, MOST_BYTES = 500, 200, 200, 1_000_000
INLINE_POLICY_CHARACTERS = 10_240
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/iam-policy-example-lamda-process-dynamodb-streams.html
READ_STREAM = {
    f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def options(value: Any) -> Iterator[Any]:
    """Return every value that an expression of Fn::If can have."""
    match value:
        case {"Fn::If": [_, first, second]}:
            yield from options(first)
            yield from options(second)
        case {"Ref": "AWS::NoValue"}:
            return
        case _:
            yield value


def policies(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the inline policy documents of a role or policy resource."""
    properties = resource["Properties"]
    if "PolicyDocument" in properties:
        yield properties["PolicyDocument"]
    for entry in properties.get("Policies", ()):
        for policy in options(entry):
            yield policy["PolicyDocument"]


def statements(resource: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return the statements of the inline policy documents, also those under a condition."""
    for policy in policies(resource):
        for entry in policy["Statement"]:
            yield from options(entry)


def test_every_reference_is_to_a_declared_name() -> None:
    for template in (translated(), *nested().values()):
        declared = template["Resources"].keys() | template["Parameters"].keys() | PSEUDO
        assert references([template["Resources"], template["Outputs"], template["Conditions"]]) <= declared


def test_template_stays_within_the_quotas_of_cloudformation() -> None:
    template = translated(GradualDeployment="true")  # with which it has most resources
    assert len(template["Resources"]) <= MOST_RESOURCES - 20, "split the stack before it is full"
    assert len(template["Outputs"]) <= MOST_OUTPUTS
    assert len(template["Parameters"]) <= MOST_PARAMETERS
    assert len(json.dumps(template)) < MOST_BYTES * 0.8


@pytest.mark.parametrize("name", of_type("AWS::Lambda::Function"))
def test_function_has_each_layer_once(name: str) -> None:
    layers = resources()[name]["Properties"]["Layers"]
    assert 1 <= len(layers) <= 5
    assert Counter(json.dumps(layer) for layer in layers).most_common(1)[0][1] == 1


@pytest.mark.parametrize("name", of_type("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"))
def test_identity_policy_has_no_wildcard(name: str) -> None:
    resource = resources()[name]
    assert not resource["Properties"].get("ManagedPolicyArns"), "managed policies allow whole services"
    granted = list(statements(resource))
    assert granted
    for statement in granted:
        actions = as_list(statement["Action"])
        assert not any("*" in action for action in actions)
        if not set(actions) <= WITHOUT_RESOURCES:
            for target in as_list(statement["Resource"]):
                assert NARROW.fullmatch(json.dumps(target)), target


IDENTITIES = of_type("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")
ENCRYPTED = ("dynamodb:", "s3:", "sns:", "sqs:")


@pytest.mark.parametrize("name", IDENTITIES)
def test_identity_that_reaches_encrypted_data_may_use_the_key(name: str) -> None:
    """DynamoDB, S3, SNS and SQS use a customer-managed key on behalf of the caller."""
    actions = {
        action for statement in statements(resources()[name]) for action in as_list(statement["Action"])
    }
    if any(action.startswith(ENCRYPTED) for action in actions):
        assert {"kms:Decrypt", "kms:GenerateDataKey"} <= actions


@pytest.mark.parametrize("name", of_type("AWS::IAM::Role"))
def test_inline_policies_fit_the_quota_of_a_role(name: str) -> None:
    documents = [json.dumps(document, separators=(",", ":")) for document in policies(resources()[name])]
    assert sum(map(len, documents)) < INLINE_POLICY_CHARACTERS


@pytest.mark.parametrize("name", of_type("AWS::S3::Bucket", "AWS::SQS::Queue"))
def test_bucket_and_queue_refuse_requests_without_tls(name: str) -> None:
    document = resources()[f"{name}Policy"]["Properties"]["PolicyDocument"]
    denied = [
        statement
        for entry in document["Statement"]
        for statement in options(entry)
        if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert [(statement["Effect"], statement["Principal"]) for statement in denied] == [("Deny", "*")]


def test_topic_policy_has_no_condition_for_eventbridge() -> None:
    for resource in resources("AWS::SNS::TopicPolicy").values():
        for statement in resource["Properties"]["PolicyDocument"]["Statement"]:
            if "events.amazonaws.com" in as_list(statement["Principal"]["Service"]):
                assert "Condition" not in statement


def test_secrets_and_global_names_differ_between_stacks() -> None:
    """A name that is unique in an account, or in all regions of one, must contain the stack's name or id."""
    text = json.dumps(resources())
    assert "secret:${AWS::StackName}/suppliers/" in text
    access = resources("AWS::CloudFront::OriginAccessControl")
    (config,) = (r["Properties"]["OriginAccessControlConfig"] for r in access.values())
    assert references(config["Name"]) == {"AWS::StackId"}


# A second stack in the region cannot have a resource of these types with the same name.
UNIQUE = {
    "AWS::CloudWatch::Alarm", "AWS::DynamoDB::Table", "AWS::Events::EventBus", "AWS::Events::Rule", "AWS::IAM::Role",
    "AWS::IAM::ManagedPolicy", "AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Topic",
    "AWS::SQS::Queue", "AWS::Scheduler::Schedule", "AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine",
}  # fmt: skip
NAME = re.compile(r"(Alarm|Table|Role|ManagedPolicy|Function|LogGroup|Bucket|Topic|Queue|StateMachine|)Name")


@pytest.mark.parametrize("name", of_type(*UNIQUE))
def test_physical_name_is_left_to_cloudformation_or_contains_the_stack(name: str) -> None:
    for key, value in resources()[name].get("Properties", {}).items():
        if NAME.fullmatch(key):
            assert references(value) & {"AWS::StackName", "AWS::StackId"}


def test_no_arn_names_the_partition_aws() -> None:
    assert not re.search(r'"arn:aws:(?!states:::)', json.dumps(source()["Resources"]))


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_table_is_recoverable_expires_rows_and_can_be_protected(name: str) -> None:
    properties = resources()[name]["Properties"]
    # Tokens of cards must not outlive their use in a backup.
    recoverable = name != "CardsTable"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": recoverable}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["HasDeletionProtection", True, False]}


@pytest.mark.parametrize("name", of_type(*KEPT))
def test_data_outlives_the_stack(name: str) -> None:
    """A bucket with objects cannot be deleted: a stack whose bucket is not retained cannot be deleted either.

    The rollback of a first deployment that fails leaves none behind: nothing would name what it is of.
    """
    resource = resources()[name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


@pytest.mark.parametrize("name", of_type(*KEPT, "AWS::SQS::Queue"))
def test_no_parameter_replaces_what_has_data(name: str) -> None:
    """An update that changes a parameter would otherwise begin with an empty table, bucket, pool or queue."""
    resource = resources()[name]
    fixed = {path.split("/")[2] for path in schema_of(resource["Type"]).get("createOnlyProperties", ())}
    for property_name in fixed & resource["Properties"].keys():
        if property_name not in ONLY_PARTLY_FIXED:
            assert "If" not in str(value := resource["Properties"][property_name])
            assert references(value) <= PSEUDO


@pytest.mark.parametrize("stack", ["Tillflow-Prod", "my-aws-cognito-shop", "s" * 128])
def test_names_of_a_stack_are_accepted_whatever_its_name_is(stack: str) -> None:
    """CloudFormation accepts 128 characters, and capitals; a service may refuse them when half of the stack exists."""
    checked = set()
    for name, resource in resources().items():
        accepted = schema_of(resource["Type"])["properties"] if resource["Type"] in NAMED else {}
        for key in accepted.keys() & resource.get("Properties", {}).keys():
            value = resource["Properties"][key]
            if references(value) and references(value) <= PSEUDO and isinstance(value, dict):
                text = rendered(value, stack)
                pattern, most = accepted[key].get("pattern", ""), accepted[key].get("maxLength", 128)
                assert re.search(pattern, text) and len(text) <= most, (name, key, text)
                if key == "Domain":
                    assert re.fullmatch("[a-z0-9][a-z0-9-]{0,61}[a-z0-9]", text), (name, text)
                    assert not re.search("aws|amazon|cognito", text), (name, text)
                checked.add(resource["Type"])
    assert checked == NAMED


def schema_of(kind: str) -> dict[str, Any]:
    """Return what CloudFormation publishes of a type of resources."""
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    return schema


def rendered(value: Any, stack: str) -> str:
    """Return the text of a name in a stack of this name."""
    region, account = "ap-southeast-2", "123456789012"
    stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/51af3dc0-da77-11e4-872e-1234567db123"
    pseudo = {"StackName": stack, "StackId": stack_id, "Region": region, "AccountId": account}
    match value:
        case {"Fn::Sub": sub}:
            text, own = (sub, {}) if isinstance(sub, str) else sub
            values = {f"AWS::{one}": known for one, known in pseudo.items()}
            values |= {one: rendered(known, stack) for one, known in own.items()}
            return re.sub(r"\$\{([^}]+)\}", lambda found: values[found[1]], text)
        case {"Fn::Select": [index, {"Fn::Split": [separator, whole]}]}:
            return rendered(whole, stack).split(separator)[int(index)]
        case {"Ref": str(name)}:
            return pseudo[name.removeprefix("AWS::")]
    return str(value)


@pytest.mark.parametrize("name", of_type("AWS::Lambda::Function"))
def test_function_writes_to_a_log_group_with_retention(name: str) -> None:
    group = resources()[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert resources()[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", of_type("AWS::Lambda::EventSourceMapping"))
def test_event_source_is_retried_within_limits_and_reports_failures(name: str) -> None:
    properties = resources()[name]["Properties"]
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    (source_name,) = references(properties["EventSourceArn"])
    if resources()[source_name]["Type"] == "AWS::SQS::Queue":
        queue = resources()[source_name]["Properties"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] <= 5
        (function,) = references(properties["FunctionName"]) - {"live"}
        owner = next(n for n in of_type("AWS::Lambda::Function") if function.startswith(n))
        assert queue["VisibilityTimeout"] >= 6 * resources()[owner]["Properties"]["Timeout"]
    else:
        function = properties["FunctionName"].get("Ref") or properties["FunctionName"]["Fn::GetAtt"][0]
        role = resources()[f"{function}Role"]
        actions = {action for statement in statements(role) for action in as_list(statement["Action"])}
        assert actions >= READ_STREAM
        assert properties["MaximumRetryAttempts"] > 0
        assert properties["MaximumRecordAgeInSeconds"] > 0
        assert properties["BisectBatchOnFunctionError"] is True
        assert references(properties["DestinationConfig"])


def test_consumer_of_each_queue_is_limited() -> None:
    """A backlog takes no concurrency that sales need."""
    limits = {
        name: [value for value in options(resource["Properties"].get("ScalingConfig", {})) if value]
        for name, resource in resources("AWS::Lambda::EventSourceMapping").items()
        if "StartingPosition" not in resource["Properties"]
    }
    ingest = [limit for name, limit in limits.items() if name.startswith("StartIngest")]
    assert ingest == [[{"MaximumConcurrency": {"Ref": "IngestConcurrency"}}]]
    others = [limit for name, limit in limits.items() if not name.startswith("StartIngest")]
    assert others == [[{"MaximumConcurrency": {"Ref": "ConsumerConcurrency"}}]] * 4


@pytest.mark.parametrize("name", of_type("AWS::Lambda::Function"))
def test_function_has_a_sample_event_and_is_in_its_services_folder(name: str) -> None:
    service, *modules, verb = SOURCE[name]["Properties"]["Handler"].split(".")
    if modules == ["api"]:  # `handle` dispatches to the routes of the module
        assert name == f"{service.capitalize()}ApiFunction"
        return
    assert verb == snake(name.removesuffix("Function"))
    assert f"def {verb}(" in ROOT.joinpath("functions", service, *modules).with_suffix(".py").read_text()
    assert isinstance(json.loads((ROOT / "events" / f"{verb}.json").read_text()), dict)


@pytest.mark.parametrize("path", sorted((ROOT / "statemachines").glob("*.asl.json")), ids=lambda p: p.name)
def test_workflow_has_a_sample_input(path: Path) -> None:
    assert isinstance(json.loads((ROOT / "events" / path.name.replace(".asl", "")).read_text()), dict)


@pytest.mark.parametrize(
    "name",
    [n for n, r in SOURCE.items() if r["Type"] in (
        "AWS::Serverless::Function", "AWS::Lambda::Function", "AWS::Serverless::StateMachine",
        "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::Events::EventBus", "AWS::SNS::Topic",
    )],
)  # fmt: skip
def test_resources_that_tools_read_are_outputs_under_their_logical_ids(name: str) -> None:
    assert source()["Outputs"][name]["Value"] == {"Ref": name}


def test_nested_stacks_stay_within_the_quotas_of_cloudformation() -> None:
    for name in ("template-routes.yaml", "template-monitoring.yaml", *FILES.values()):
        text = (ROOT / name).read_text()
        template = document.read(text)
        assert len(template["Resources"]) <= MOST_RESOURCES - 25, name
        assert len(template["Parameters"]) <= MOST_PARAMETERS, name
        assert len(template.get("Outputs", ())) <= MOST_OUTPUTS, name
        assert len(text) < MOST_BYTES * 0.8, name
