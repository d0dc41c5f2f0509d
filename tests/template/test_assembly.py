"""Assembly of template.yaml from the fragments in infrastructure/."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.template import assemble, document

ROOT = Path(__file__).parents[2]
TABLE = {"Resources": {"SalesTable": {"Type": "AWS::DynamoDB::Table"}}}


def project(root: Path, **fragments: dict[str, Any]) -> Path:
    (root / "infrastructure").mkdir()
    for name, content in ({"shared": {"Description": "A test."}} | fragments).items():
        (root / "infrastructure" / f"{name}.yaml").write_text(document.write(content))
    return root


def assembled(root: Path) -> dict[str, Any]:
    return document.read(assemble.generated(root)["template.yaml"])


def test_committed_files_are_what_the_fragments_generate() -> None:
    for path, text in assemble.generated(ROOT).items():
        assert (ROOT / path).read_text() == text, f"{path}: run `make template`"


def test_table_is_recoverable_and_kept_when_the_stack_is_deleted(tmp_path: Path) -> None:
    table = assembled(project(tmp_path, sales=TABLE))["Resources"]["SalesTable"]
    assert table["DeletionPolicy"] == "RetainExceptOnCreate"
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_workflow_gets_the_substitutions_and_permissions_its_definition_needs(tmp_path: Path) -> None:
    (tmp_path / "sale.asl.json").write_text('{"States": {}, "a": "${SellFunctionArn}", "b": "${SalesTable}"}')
    sell = {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "sales.sell", "Policies": []}}
    sale = {"Type": "AWS::Serverless::StateMachine", "Properties": {"DefinitionUri": "sale.asl.json"}}
    resources = TABLE["Resources"] | {"SellFunction": sell, "Sale": sale}
    built = assembled(project(tmp_path, sales={"Service": "sales", "Resources": resources}))
    properties = built["Resources"]["Sale"]["Properties"]
    alias = {"Ref": "SellFunction.Alias"}
    assert properties["DefinitionSubstitutions"] == {
        "SellFunctionArn": alias,
        "SalesTable": {"Ref": "SalesTable"},
    }
    (statement,) = properties["Policies"][0]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", [alias])


def test_name_in_two_fragments_is_refused(tmp_path: Path) -> None:
    with pytest.raises(assemble.InvalidFragment, match="SalesTable is in both"):
        assemble.generated(project(tmp_path, orders=TABLE, sales=TABLE))


def test_unknown_section_is_refused(tmp_path: Path) -> None:
    with pytest.raises(assemble.InvalidFragment, match="unknown sections: Resource"):
        assemble.generated(project(tmp_path, sales={"Resource": {}}))


def test_key_that_occurs_twice_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="duplicate key status"):
        document.read("pattern: {status: [FAILED], status: [ABORTED]}")


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "AWS::Region"},
        {"Fn::GetAtt": ["Sales", "Arn"]},
        {"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"},
        {"Fn::If": ["Production", {"Ref": "Key"}, {"Ref": "AWS::NoValue"}]},
        {"Fn::And": [{"Condition": "A"}, {"Fn::Not": [{"Fn::Equals": [{"Ref": "Stage"}, "prod"]}]}]},
    ],
)
def test_intrinsic_functions_survive_writing_and_reading(value: Any) -> None:
    assert document.read(document.write({"value": value})) == {"value": value}
