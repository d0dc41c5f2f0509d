"""Templates of CloudFormation in YAML are read by libyaml, as MiniStack reads them."""

from __future__ import annotations

import pytest
from ministack.services.cloudformation import engine

from local_aws.ministack.cloudformation.templates import install_template_parser

TEMPLATE = """
AWSTemplateFormatVersion: 2010-09-09
Conditions:
  IsLocal: !Equals [!Ref Stage, local]
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Condition: IsLocal
    Properties:
      QueueName: !Sub
        - ${Name}-${AWS::Region}
        - {Name: !Select [0, !Split [",", "a,b"]]}
      DelaySeconds: 0x10
      Tags: &tags
        - {Key: since, Value: 2026-11-30}
        - {Key: on, Value: yes}
  Copy:
    Type: AWS::SQS::Queue
    Properties:
      Tags: *tags
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Queue.Arn, maxReceiveCount: 3}
Outputs:
  Zone: {Value: !FindInMap [Zones, !Ref "AWS::Region", "a"]}
  Imported: {Value: !ImportValue other}
"""


def test_template_is_read_by_libyaml_as_by_ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = engine._parse_template(TEMPLATE)
    monkeypatch.setattr(engine, "CfnLoader", engine.CfnLoader)
    install_template_parser()
    assert issubclass(engine.CfnLoader, engine.yaml.CSafeLoader)
    assert engine._parse_template(TEMPLATE) == expected
    with pytest.raises(engine.yaml.YAMLError):
        engine._parse_template("Resources: [")
