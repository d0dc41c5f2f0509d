"""`sam build` and `sam deploy` of `make run` and `till up`, onto the local AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws import StateFolder, supervisor

from tests.support.local_stack import LocalStack, free_port
from till.build import Build
from till.deploy import Deployer
from till.local_stack import LAMBDA_PYTHON, PROJECT
from till.sam import DeployFailed

TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Resources:
  Common:
    Type: AWS::Serverless::LayerVersion
    Metadata: {BuildMethod: python3.13}
    Properties: {ContentUri: layer, CompatibleRuntimes: [python3.13]}
  GreetFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties:
      CodeUri: functions/
      Runtime: python3.13
      Handler: greeting.handler.greet
      Layers: [!Ref Common]
  WelcomeFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: makefile}
    Properties:
      CodeUri: functions/
      Runtime: python3.13
      Handler: greeting.handler.greet
      Layers: [!Ref Common]
  Greeting:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachines/greeting.asl.json
      DefinitionSubstitutions: {GreetFunctionArn: !GetAtt GreetFunction.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref GreetFunction}}]
Outputs:
  Greeting: {Value: !Ref Greeting}
"""
MAKEFILE = 'build-GreetFunction build-WelcomeFunction:\n\tcp -R greeting "$(ARTIFACTS_DIR)/"\n'
HANDLER = "from polite import address\n\ndef greet(event, context):\n    return 'Good day, ' + address(event['name'])\n"


def _definition(start: str = "Greet") -> dict[str, Any]:
    invoke = {"FunctionName": "${GreetFunctionArn}", "Payload": "{% $states.input %}"}
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": invoke,
        "Output": "{% $states.result.Payload %}",
        "End": True,
    }
    return {"QueryLanguage": "JSONata", "StartAt": start, "States": {"Greet": task}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[StateFolder]:
    """Yield the folder of a stack that the test starts; stop the stack at the end."""
    folder = StateFolder(tmp_path / "state")
    yield folder
    supervisor.stop(folder)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    files = {
        "template.yaml": TEMPLATE,
        "samconfig.toml": (PROJECT / "samconfig.toml").read_text(),
        "functions/Makefile": MAKEFILE,
        "functions/greeting/__init__.py": "",
        "functions/greeting/handler.py": HANDLER,
        "layer/requirements.txt": "",
        "layer/polite.py": "def address(name):\n    return f'dear {name}'\n",
        "statemachines/greeting.asl.json": json.dumps(_definition()),
    }
    for name, text in files.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def test_deploy_creates_updates_and_reports_failures(
    folder: StateFolder, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = LocalStack(supervisor.start(folder, free_port(), lambda_python=LAMBDA_PYTHON))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))

    def deploy() -> bool:
        with Build(folder.path, project) as build:
            return Deployer(folder.path, aws.running).deploy(build)

    def greeting() -> str:
        outputs = aws.client("cloudformation").describe_stacks(StackName="tillflow")["Stacks"][0]["Outputs"]
        ended = aws.run(outputs[0]["OutputValue"], {"name": "Ada"})
        assert ended["status"] == "SUCCEEDED", ended
        text: str = json.loads(ended["output"])
        return text

    written = set(project.rglob("*"))
    assert deploy()
    assert set(project.rglob("*")) == written
    assert [*temporary.iterdir(), *folder.path.glob("sam-*-*")] == []
    assert greeting() == "Good day, dear Ada"
    assert not deploy()
    built = json.loads(Build(folder.path, project).template.read_text())["Resources"].values()
    assert len({each["Properties"]["CodeUri"] for each in built if each["Type"].endswith("::Function")}) == 1

    handler = project / "functions" / "greeting" / "handler.py"
    handler.write_text(HANDLER.replace("Good day", "Good night"))
    assert deploy()
    assert greeting() == "Good night, dear Ada"

    (project / "statemachines" / "greeting.asl.json").write_text(json.dumps(_definition(start="Nowhere")))
    with pytest.raises(
        DeployFailed, match=r"Greeting \(AWS::StepFunctions::StateMachine\): .*Nowhere"
    ) as refused:
        deploy()
    assert "__type" not in str(refused.value)
    assert greeting() == "Good night, dear Ada"

    (project / "template.yaml").write_text(TEMPLATE + "  : no YAML\n")
    with pytest.raises(DeployFailed, match=r"^`sam build` failed:\nError: Failed to parse template"):
        deploy()


def test_build_ends_with_its_context_and_starts_again(folder: StateFolder, project: Path) -> None:
    with pytest.raises(InterruptedError), Build(folder.path, project):
        raise InterruptedError
    assert "Build Succeeded" not in (folder.path / "sam-build.log").read_text()
    assert [*folder.path.glob("sam-build-*")] == []
    with Build(folder.path, project) as build:
        build.finish()
    assert "Build Succeeded" in (folder.path / "sam-build.log").read_text()


def test_deploy_fails_if_step_functions_lost_a_state_machine(folder: StateFolder) -> None:
    aws = LocalStack(supervisor.start(folder, free_port(), lambda_python=LAMBDA_PYTHON))
    machine = aws.create_state_machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    template = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    template |= {"Outputs": {"Machine": {"Value": machine}}}
    formation = aws.client("cloudformation")
    formation.create_stack(StackName="tillflow", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName="tillflow", WaiterConfig={"Delay": 1})
    aws.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    lost = f"{machine.rpartition(':')[2]}, but Step Functions does not.*till reset"
    with pytest.raises(DeployFailed, match=lost), Build(folder.path) as build:
        Deployer(folder.path, aws.running).deploy(build)
