"""Valid definitions, warnings, refusals and variable references."""

import json
from typing import Any

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.validation import diagnose, refuse, variable_references

from .builders import PASS, QUEUE, SCHEMA, errors, machine, map_state, processor, task


@pytest.mark.parametrize(
    "name", ["a\nb", "a\x00", "a\x85", "a b", "a<b", "a?", 'a"b', "a" * 41, "a:b", "a/b", "a~b"]
)
def test_invalid_label_is_an_error(name: str) -> None:
    document = machine(A=map_state(Label=name, ItemProcessor=processor("DISTRIBUTED")))
    assert [code for code, _, _ in errors(document)] == ["INVALID_LABEL_NAME"]


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (
            "arn:aws:states:us-east-1:123456789012:activity:pack",
            "Express state machine does not support Activity ARN",
        ),
        (
            "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Express state machine does not support '.waitForTaskToken' service integration",
        ),
        (
            "arn:aws:states:::states:startExecution.sync:2",
            "Express state machine does not support '.sync' service integration",
        ),
    ],
)
def test_express_machine_rejects_waiting_integrations(resource: str, message: str) -> None:
    parameters = (
        {}
        if "activity" in resource
        else {"Parameters": QUEUE if "sqs" in resource else {"StateMachineArn": "m"}}
    )
    document = machine(A=task(Resource=resource, **parameters))
    assert errors(document) == []
    assert errors(document, "EXPRESS") == [(SCHEMA, message, "/States/A/Resource")]


@pytest.mark.parametrize("text", [" ", "[]", '"text"', "1"])
def test_definition_must_be_an_object(text: str) -> None:
    assert errors(text) == [(SCHEMA, "Definition must be a valid JSON object", None)]


@pytest.mark.parametrize("text", ["{", '{"StartAt": "A", "StartAt": "B"}', "not json"])
def test_definition_must_be_json(text: str) -> None:
    assert [code for code, _, _ in errors(text)] == ["INVALID_JSON_DESCRIPTION"]


VALID = [
    machine(A={"Type": "Succeed"}),
    machine(A={"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "$$.State.Name"}),
    machine(A={"Type": "Wait", "TimestampPath": "$.at", "End": True}),
    machine(A={**PASS, "InputPath": None, "OutputPath": "$$.Execution.Input", "ResultPath": None}),
    machine(A={**PASS, "Result": {"x.$": "kept as it is"}}),
    machine(
        A={
            **PASS,
            "Assign": {"var": 1},
            "Parameters": {"a.$": "$var.b", "b.$": "$$.Map.Item.Value", "c.$": "States.UUID()"},
        }
    ),
    machine(A=task(Resource="arn:aws:states:::sqs:sendMessage", Parameters=QUEUE, TimeoutSecondsPath="$.t")),
    machine(A=task(Credentials={"RoleArn.$": "$.role"})),
    machine(A={**PASS, "InputPath": "$.['a'].[0]", "OutputPath": "$.list.[?(@.a == 1)]"}),
    machine(A={**PASS, "Parameters": {"a.$": r"States.Format('\\ \' \{ \} {}', $.x)"}}),
    machine(
        A={
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.a", "NumericGreaterThanPath": "$.b"},
                        {"Not": {"Variable": "$.c", "StringMatches": "x*"}},
                    ],
                    "Next": "B",
                }
            ],
            "Default": "B",
        },
        B=PASS,
    ),
    machine(
        "JSONata",
        A={
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.n > 1 %}", "Assign": {"n": 1}, "Next": "B"}],
            "Default": "B",
        },
        B={"Type": "Succeed", "Output": "{% $states.input.items[price > 5].{'sku': sku} %}"},
    ),
    machine(
        "JSONata", A={**PASS, "Output": "{% $map($list, function($v, $i) { $v.price > 5 ? $i : 'no' }) %}"}
    ),
    machine("JSONata", A=task(Arguments="{% $args %}", TimeoutSeconds="{% $t %}", Catch=[], Retry=[])),
    machine(
        A=map_state(
            ItemProcessor=processor("DISTRIBUTED"),
            ItemReader={
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItemsPath": "$.n"},
                "Parameters": {"Bucket": "b", "Key.$": "$.key"},
            },
            ItemBatcher={"MaxItemsPerBatch": 10, "BatchInput": {"a.$": "$.a"}},
            ResultWriter={"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
            ToleratedFailurePercentagePath="$p",
            Label="Orders",
            Assign={"p": 1},
        )
    ),
    # Child executions of a distributed map have their own variables.
    machine(
        A={"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        B=map_state(ItemProcessor=processor("DISTRIBUTED", C={**PASS, "Assign": {"x": 2}})),
    ),
    # Parallel branches have their own variables.
    machine(
        A={
            "Type": "Parallel",
            "Branches": [machine(B={**PASS, "Assign": {"x": 1}}), machine(C={**PASS, "Assign": {"x": 2}})],
            "End": True,
        }
    ),
]


@pytest.mark.parametrize("document", VALID)
def test_valid_definition_has_no_errors(document: dict[str, Any]) -> None:
    assert errors(document) == []


@pytest.mark.parametrize(
    ("document", "code", "location"),
    [
        (machine(A={**PASS, "Parameters": {"a": "$.b"}}), "NO_DOLLAR", "/States/A/Parameters/a"),
        (machine(A={**PASS, "Parameters": {"a": "States.UUID()"}}), "NO_DOLLAR", "/States/A/Parameters/a"),
        (machine(A={**PASS, "Result": {"a": "$.b"}}), "PASS_RESULT_IS_STATIC", "/States/A/Result/a"),
    ],
)
def test_warnings_do_not_refuse_a_definition(document: dict[str, Any], code: str, location: str) -> None:
    text = json.dumps(document)
    assert [(item.severity, item.code, item.location) for item in diagnose(text)] == [
        ("WARNING", code, location)
    ]
    refuse(text)


def test_refusal_lists_every_error() -> None:
    with pytest.raises(ApiError) as error:
        refuse(json.dumps(machine(A={"Type": "Pass", "Next": "X"})))
    assert error.value.code == "InvalidDefinition"
    assert error.value.message == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, "
        "MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_variable_references_list_the_variables_of_each_state() -> None:
    document = machine(
        A={
            **PASS,
            "Assign": {"own": 1},
            "Parameters": {"x.$": "States.Array($b, 'a $quoted word', $$.State, $.c)"},
        },
        M=map_state(
            ToleratedFailureCountPath="$count", ItemProcessor=processor(I={**PASS, "InputPath": "$inner.a"})
        ),
        J=task(
            QueryLanguage="JSONata",
            Arguments={"q": "{% $z & $a & $states.input.b %}"},
            Output="{% $map($list, function($v) { $v.x }) %}",
        ),
    )
    assert variable_references(json.dumps(document)) == {
        "A": ["b"],
        "M": ["count"],
        "I": ["inner"],
        "J": ["a", "list", "z"],
    }
