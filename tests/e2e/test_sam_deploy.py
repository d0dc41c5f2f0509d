"""`sam build` and `sam deploy`, unmodified, onto the local stack: what is built runs, what fails says why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_aws import supervisor
from local_aws.home import PROJECT, Home

from tests.support.local_stack import LocalStack, free_port
from till.deploy import Deployer, DeployFailed

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
  Greeting:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: statemachines/greeting.asl.json
      DefinitionSubstitutions: {GreetFunctionArn: !GetAtt GreetFunction.Arn}
      Policies: [{LambdaInvokePolicy: {FunctionName: !Ref GreetFunction}}]
Outputs:
  Greeting: {Value: !Ref Greeting}
"""
MAKEFILE = 'build-GreetFunction:\n\tcp -R greeting "$(ARTIFACTS_DIR)/"\n'
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
def own_home(tmp_path: Path) -> Iterator[Home]:
    """A folder for a stack this test starts; the stack is ended with the test."""
    home = Home(tmp_path / "home")
    yield home
    supervisor.stop(home)


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


def test_a_template_is_deployed_changed_and_refused(own_home: Home, project: Path) -> None:
    aws = LocalStack(supervisor.start(own_home, free_port()))
    deployer = Deployer(own_home, aws.running, project)

    def greeting() -> str:
        outputs = aws.client("cloudformation").describe_stacks(StackName="tillflow")["Stacks"][0]["Outputs"]
        ended = aws.run(outputs[0]["OutputValue"], {"name": "Ada"})
        assert ended["status"] == "SUCCEEDED", ended
        text: str = json.loads(ended["output"])
        return text

    written = set(project.rglob("*"))
    assert deployer.deploy()
    assert set(project.rglob("*")) == written, (
        "two stacks of one project share nothing that one of them clears away"
    )
    assert greeting() == "Good day, dear Ada"
    assert not deployer.deploy()

    handler = project / "functions" / "greeting" / "handler.py"
    handler.write_text(HANDLER.replace("Good day", "Good night"))
    assert deployer.deploy()
    assert greeting() == "Good night, dear Ada"

    (project / "statemachines" / "greeting.asl.json").write_text(json.dumps(_definition(start="Nowhere")))
    with pytest.raises(
        DeployFailed, match=r"Greeting \(AWS::StepFunctions::StateMachine\): .*Nowhere"
    ) as refused:
        deployer.deploy()
    assert "__type" not in str(refused.value)
    assert greeting() == "Good night, dear Ada"

    (project / "template.yaml").write_text(TEMPLATE + "  : no YAML\n")
    with pytest.raises(DeployFailed, match=r"^`sam build` failed:\nError: Failed to parse template"):
        deployer.deploy()


def test_a_stack_whose_executions_are_gone_is_not_passed_for_deployed(own_home: Home) -> None:
    aws = LocalStack(supervisor.start(own_home, free_port()))
    machine = aws.create_state_machine({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
    template = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}
    template |= {"Outputs": {"Machine": {"Value": machine}}}
    formation = aws.client("cloudformation")
    formation.create_stack(StackName="tillflow", TemplateBody=json.dumps(template))
    formation.get_waiter("stack_create_complete").wait(StackName="tillflow", WaiterConfig={"Delay": 1})
    aws.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    with pytest.raises(
        DeployFailed, match=f"{machine.rpartition(':')[2]}, which the engine does not know.*till reset"
    ):
        Deployer(own_home, aws.running).deploy()
