"""Definitions refused as AWS refuses them: code, message, location.

Sources: API reference, ValidateStateMachineDefinitionDiagnostic (the codes); the States Language specification;
messages as AWS shows them in error reports.
"""

import json

import pytest

from stepfunctions_local.errors import ApiError
from stepfunctions_local.validation import diagnose, refuse, variable_references

SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
PASS = {"Type": "Pass", "End": True}
QUEUE = {"QueueUrl": "q", "MessageBody": "m"}


def machine(_language=None, **states):
    document = {"StartAt": next(iter(states)), "States": states}
    return document if _language is None else {"QueryLanguage": _language, **document}


def task(**fields):
    return {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:listBuckets", "End": True, **fields}


def processor(_mode="INLINE", **states):
    config = {"Mode": _mode} if _mode == "INLINE" else {"Mode": _mode, "ExecutionType": "STANDARD"}
    return {"ProcessorConfig": config, **machine(**(states or {"I": PASS}))}


def map_state(**fields):
    return {"Type": "Map", "ItemProcessor": processor(), "End": True, **fields}


def found(document, kind="STANDARD"):
    text = document if isinstance(document, str) else json.dumps(document)
    return [
        (item.code, item.message, item.location) for item in diagnose(text, kind) if item.severity == "ERROR"
    ]


def only_for(name, language, other):
    return (
        f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{other}' "
        "QueryLanguage"
    )


FAULTS = {
    # the graph
    "missing Next": (
        machine(A={"Type": "Pass", "Next": "X"}, B=PASS),
        [(TARGET, "Missing 'Next' target: X", "/States/A/Next"), (TARGET, 'State "B" is not reachable.', "/States/B")],
    ),
    "missing StartAt": (
        {"StartAt": "X", "States": {"A": PASS}},
        [(TARGET, "Missing 'StartAt' target: X", "/StartAt")],
    ),
    "missing Catch target": (
        machine(A=task(Catch=[{"ErrorEquals": ["E"], "Next": "X"}])),
        [(TARGET, "Missing 'Next' target: X", "/States/A/Catch[0]/Next")],
    ),
    "missing Choice target and Default": (
        machine(
            A={
                "Type": "Choice",
                "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "X"}],
                "Default": "Y",
            },
            B=PASS,
        ),
        [
            (TARGET, "Missing 'Next' target: Y", "/States/A/Default"),
            (TARGET, "Missing 'Next' target: X", "/States/A/Choices[0]/Next"),
            (TARGET, 'State "B" is not reachable.', "/States/B"),
        ],
    ),
    "no end": (
        machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}),
        [("MISSING_END_STATE", "Workflow has no terminal state", None)],
    ),
    "unreachable inside a branch": (
        machine(P={"Type": "Parallel", "End": True, "Branches": [machine(A=PASS, B=PASS)]}),
        [(TARGET, 'State "B" is not reachable.', "/States/P/Branches[0]/States/B")],
    ),
    "target outside its branch": (
        machine(
            P={"Type": "Parallel", "Next": "B", "Branches": [machine(A={"Type": "Pass", "Next": "B"}, C=PASS)]},
            B=PASS,
        ),
        [
            (TARGET, "Missing 'Next' target: B", "/States/P/Branches[0]/States/A/Next"),
            (TARGET, 'State "C" is not reachable.', "/States/P/Branches[0]/States/C"),
        ],
    ),
    "a name twice": (
        machine(A=map_state(ItemProcessor=processor(A=PASS))),
        [("DUPLICATE_STATE_NAME", "Duplicate State name: A", "/States/A/ItemProcessor/States/A")],
    ),
    # fields
    **{
        f"{field} on {kind}": (
            machine(A={**body, field: 5 if field == "TimeoutSeconds" else []}, **more),
            [(SCHEMA, f"Field '{field}' is not supported", "/States/A")],
        )
        for field, kinds in {
            "TimeoutSeconds": ("Pass", "Wait", "Choice", "Succeed", "Fail", "Map", "Parallel"),
            "Retry": ("Pass", "Wait", "Choice", "Succeed", "Fail"),
            "Catch": ("Pass", "Wait", "Choice", "Succeed", "Fail"),
        }.items()
        for kind in kinds
        for body, more in [
            {
                "Pass": (PASS, {}),
                "Wait": ({"Type": "Wait", "Seconds": 1, "End": True}, {}),
                "Choice": (
                    {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": "B"}]},
                    {"B": PASS},
                ),
                "Succeed": ({"Type": "Succeed"}, {}),
                "Fail": ({"Type": "Fail"}, {}),
                "Map": (map_state(), {}),
                "Parallel": ({"Type": "Parallel", "Branches": [machine(Q=PASS)], "End": True}, {}),
            }[kind]
        ]
    },
    "unknown machine field": ({**machine(A=PASS), "Colour": 1}, [(SCHEMA, "Field 'Colour' is not supported", "/")]),
    "QueryLanguage of a processor": (
        machine(A=map_state(ItemProcessor={**processor(), "QueryLanguage": "JSONata"})),
        [(SCHEMA, "Field 'QueryLanguage' is not supported", "/States/A/ItemProcessor")],
    ),
    "JSONata field in JSONPath": (
        machine(A={**PASS, "Output": 1}),
        [(SCHEMA, only_for("Output", "JSONPath", "JSONata"), "/States/A")],
    ),
    "JSONata field inside a JSONata Map of a JSONPath machine": (
        machine(M=map_state(QueryLanguage="JSONata", ItemProcessor=processor(A={**PASS, "Output": 1}))),
        [(SCHEMA, only_for("Output", "JSONPath", "JSONata"), "/States/M/ItemProcessor/States/A")],
    ),
    "JSONPath field in JSONata": (
        machine("JSONata", A={**PASS, "ResultPath": "$.a"}),
        [(SCHEMA, only_for("ResultPath", "JSONata", "JSONPath"), "/States/A")],
    ),
    "JSONPath state in a JSONata machine": (
        machine("JSONata", A={**PASS, "QueryLanguage": "JSONPath"}),
        [(SCHEMA, "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine", "/States/A")],
    ),
    "neither Next nor End": (
        machine(A={"Type": "Pass"}, B=PASS),
        [
            (SCHEMA, "There should be one of the following fields: [Next, End]", "/States/A"),
            (TARGET, 'State "B" is not reachable.', "/States/B"),
        ],
    ),
    "both limits": (
        machine(A=map_state(MaxConcurrency=1, MaxConcurrencyPath="$.n")),
        [
            (
                SCHEMA,
                "There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath]",
                "/States/A",
            )
        ],
    ),
    # values
    "Seconds too long": (
        machine(A={"Type": "Wait", "Seconds": 100_000_000, "End": True}),
        [(SCHEMA, "Maximum value is 99999999", "/States/A/Seconds")],
    ),
    "negative percentage": (
        machine(A=map_state(ToleratedFailurePercentage=-1)),
        [(SCHEMA, "Minimum value is 0.0", "/States/A/ToleratedFailurePercentage")],
    ),
    "percentage over 100": (
        machine(A=map_state(ToleratedFailurePercentage=101)),
        [(SCHEMA, "Maximum value is 100.0", "/States/A/ToleratedFailurePercentage")],
    ),
    "no branches": (
        machine(A={"Type": "Parallel", "Branches": [], "End": True}),
        [(SCHEMA, "Value cannot be empty", "/States/A/Branches")],
    ),
    "timestamp": (
        machine(A={"Type": "Wait", "Timestamp": "2026-13-01T00:00:00Z", "End": True}),
        [(SCHEMA, "String does not match RFC3339 timestamp", "/States/A/Timestamp")],
    ),
    # errors
    "States.ALL not alone": (
        machine(A=task(Retry=[{"ErrorEquals": ["E", "States.ALL"]}])),
        [(SCHEMA, "States.ALL must appear alone and at end of list", "/States/A/Retry[0]/ErrorEquals[1]")],
    ),
    "States.ALL not last": (
        machine(A=task(Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])),
        [(SCHEMA, "States.ALL must appear alone and at end of list", "/States/A/Retry[0]/ErrorEquals[0]")],
    ),
    "backoff below one": (
        machine(A=task(Retry=[{"ErrorEquals": ["E"], "BackoffRate": 0.5}])),
        [(SCHEMA, "Minimum value is 1.0", "/States/A/Retry[0]/BackoffRate")],
    ),
    # resources
    "no ARN": (
        machine(A=task(Resource="price")),
        [(SCHEMA, "Value is not a valid resource ARN", "/States/A/Resource")],
    ),
    "unknown integration": (
        machine(A=task(Resource="arn:aws:states:::dynamodb:scan")),
        [
            (
                SCHEMA,
                "The resource provided arn:aws:states:::dynamodb:scan is not recognized. The value is not a valid "
                "resource ARN, or the resource is not available in this region.",
                "/States/A/Resource",
            )
        ],
    ),
    "argument missing and unknown": (
        machine(A=task(Resource="arn:aws:states:::sqs:sendMessage", Parameters={"QueueUrl.$": "$.q", "Body": "b"})),
        [
            (SCHEMA, "The field 'Body' is not supported by Step Functions", "/States/A/Parameters"),
            (SCHEMA, "The field 'MessageBody' is required but was missing", "/States/A/Parameters"),
        ],
    ),
    "credentials without a role": (
        machine(A=task(Credentials={"Role": "r"})),
        [(SCHEMA, "The field 'RoleArn' is required but was missing", "/States/A/Credentials")],
    ),
    # expressions
    "no path": (
        machine(A={**PASS, "Parameters": {"a": {"b.$": "b"}}}),
        [
            (
                SCHEMA,
                "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters/a",
            )
        ],
    ),
    "no such intrinsic": (
        machine(A={**PASS, "Parameters": {"b.$": "States.Format('{}', "}}),
        [
            (
                SCHEMA,
                "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters",
            )
        ],
    ),
    "ResultPath into the context": (
        machine(A={**PASS, "ResultPath": "$$.a"}),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/ResultPath")],
    ),
    "limit from the context": (
        machine(A=map_state(MaxConcurrencyPath="$$.Execution.Input.n")),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/MaxConcurrencyPath")],
    ),
    "a start that is no name": (
        {"StartAt": {"a": 1}, "States": {"A": PASS}},
        [(SCHEMA, "Expected value of type String", "/StartAt")],
    ),
    "an error that is no text": (
        machine("JSONata", A={"Type": "Fail", "Error": ["a"], "Cause": 1}),
        [
            (SCHEMA, "Expected value of type String", "/States/A/Error"),
            (SCHEMA, "Expected value of type String", "/States/A/Cause"),
        ],
    ),
    **{
        f"{name} that is no object": (
            machine(A=map_state(ItemProcessor=processor("DISTRIBUTED"), **fields)),
            [(SCHEMA, "Expected value of type Object", f"/States/A/{name}")],
        )
        for name, fields in {
            "Assign": {"Assign": [1]},
            "Catch[0]/Assign": {"Catch": [{"ErrorEquals": ["E"], "Next": "A", "Assign": "x"}]},
            "ItemBatcher": {"ItemBatcher": 1},
            "ResultWriter": {"ResultWriter": "w"},
            "ResultWriter/WriterConfig": {"ResultWriter": {"WriterConfig": ["JSON"]}},
            "ItemReader/ReaderConfig": {
                "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": ["JSON"]}
            },
        }.items()
    },
    "a processor's configuration that is no object": (
        machine(A=map_state(ItemProcessor={**processor(), "ProcessorConfig": "INLINE"})),
        [(SCHEMA, "Expected value of type Object", "/States/A/ItemProcessor/ProcessorConfig")],
    ),
    "credentials that are no object": (
        machine(A=task(Credentials="role")),
        [(SCHEMA, "Expected value of type Object", "/States/A/Credentials")],
    ),
    "a choice's target that is no name": (
        machine(
            A={"Type": "Choice", "Choices": [{"Variable": "$.a", "IsNull": True, "Next": ["B"]}], "Default": "B"},
            B=PASS,
        ),
        [(SCHEMA, "Expected value of type String", "/States/A/Choices[0]/Next")],
    ),
    "a path that may not be null": (
        machine(A={"Type": "Wait", "SecondsPath": None, "InputPath": None, "OutputPath": None, "End": True}),
        [(SCHEMA, "Value is not a valid JSONPath", "/States/A/SecondsPath")],
    ),
    "paths that do not parse": (
        machine(
            A={
                "Type": "Pass",
                "InputPath": "$.a[",
                "Parameters": {"b": [{"c.$": "$.d[?("}]},
                "OutputPath": "$..",
                "Assign": {"x.$": "$.e]["},
                "Next": "B",
            },
            B={"Type": "Choice", "Choices": [{"Variable": "$.f[", "NumericEqualsPath": "$.g[", "Next": "C"}]},
            C={"Type": "Succeed"},
        ),
        [
            (SCHEMA, "Value is not a valid JSONPath", "/States/A/InputPath"),
            (
                SCHEMA,
                "The value for the field 'c.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Parameters/b[0]",
            ),
            (SCHEMA, "Value is not a valid JSONPath", "/States/A/OutputPath"),
            (
                SCHEMA,
                "The value for the field 'x.$' must be a valid JSONPath or a valid intrinsic function call",
                "/States/A/Assign",
            ),
            (SCHEMA, "Value is not a Reference Path", "/States/B/Choices[0]/NumericEqualsPath"),
            (SCHEMA, "Value is not a Reference Path", "/States/B/Choices[0]/Variable"),
        ],
    ),
    "a result that goes to more than one place": (
        machine(A={**PASS, "ResultPath": "$.a[*]"}),
        [(SCHEMA, "Value is not a Reference Path", "/States/A/ResultPath")],
    ),
    "JSONata that does not parse": (
        machine("JSONata", A={**PASS, "Output": {"v": ["{% 1 + %}"]}}),
        [("INVALID_JSONATA_EXPRESSION", "Unexpected end of expression", "/States/A/Output/v[0]")],
    ),
    "a name nothing stands before": (
        machine("JSONata", A={**PASS, "Output": {"v": "{% phone & $states.input.name %}"}}),
        [
            (
                "UNSUPPORTED_JSONATA_EXPRESSION",
                "Reference to 'phone' at the top level is not supported.",
                "/States/A/Output/v",
            )
        ],
    ),
    "a variable nobody could read": (
        machine(A={**PASS, "Assign": {"a-b": 1, "states": 2, "c.$": "$.c"}}),
        [
            (SCHEMA, "Invalid variable name 'a-b'", "/States/A/Assign"),
            (SCHEMA, "Invalid variable name 'states'", "/States/A/Assign"),
        ],
    ),
    "a variable of the scope around": (
        machine(
            A={"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
            B={
                "Type": "Parallel",
                "Branches": [
                    machine(C={**PASS, "Assign": {"x.$": "$"}}),
                    machine(D=map_state(ItemProcessor=processor(E={**PASS, "Assign": {"x": 2, "y": 3}}))),
                ],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"x": 4}, "Next": "A"}],
                "End": True,
            },
        ),
        [
            (
                SCHEMA,
                "The variable 'x' is assigned in an outer scope already",
                "/States/B/Branches[0]/States/C/Assign",
            ),
            (
                SCHEMA,
                "The variable 'x' is assigned in an outer scope already",
                "/States/B/Branches[1]/States/D/ItemProcessor/States/E/Assign",
            ),
        ],
    ),
    "a reader of something else": (
        machine(
            A=map_state(
                ItemProcessor=processor("DISTRIBUTED"),
                ItemReader={"Resource": "arn:aws:states:::s3:headObject", "Parameters": {}},
            )
        ),
        [
            (
                SCHEMA,
                "The resource provided arn:aws:states:::s3:headObject is not recognized. The value is not a valid "
                "resource ARN, or the resource is not available in this region.",
                "/States/A/ItemReader/Resource",
            )
        ],
    ),
    # labels
    "an empty label": (
        machine(A=map_state(Label="", ItemProcessor=processor("DISTRIBUTED"))),
        [("INVALID_LABEL_NAME", "Label cannot be empty", "/States/A/Label")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_alone_with_its_code_message_and_place(fault):
    document, expected = FAULTS[fault]
    assert found(document) == expected


@pytest.mark.parametrize(
    "name", ["a\nb", "a\x00", "a\x85", "a b", "a<b", "a?", 'a"b', "a" * 41, "a:b", "a/b", "a~b"]
)
def test_a_label_has_no_spaces_brackets_wildcards_or_control_characters(name):
    document = machine(A=map_state(Label=name, ItemProcessor=processor("DISTRIBUTED")))
    assert [code for code, _, _ in found(document)] == ["INVALID_LABEL_NAME"]


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
def test_express_machines_do_not_wait(resource, message):
    parameters = (
        {}
        if "activity" in resource
        else {"Parameters": QUEUE if "sqs" in resource else {"StateMachineArn": "m"}}
    )
    document = machine(A=task(Resource=resource, **parameters))
    assert found(document) == []
    assert found(document, "EXPRESS") == [(SCHEMA, message, "/States/A/Resource")]


@pytest.mark.parametrize("text", [" ", "[]", '"text"', "1"])
def test_a_definition_is_an_object(text):
    assert found(text) == [(SCHEMA, "Definition must be a valid JSON object", None)]


@pytest.mark.parametrize("text", ["{", '{"StartAt": "A", "StartAt": "B"}', "not json"])
def test_a_definition_is_json(text):
    assert [code for code, _, _ in found(text)] == ["INVALID_JSON_DESCRIPTION"]


SOUND = [
    machine(A={"Type": "Succeed"}),
    machine(A={"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "$$.State.Name"}),
    machine(A={"Type": "Wait", "TimestampPath": "$.at", "End": True}),
    machine(A={**PASS, "InputPath": None, "OutputPath": "$$.Execution.Input", "ResultPath": None}),
    machine(A={**PASS, "Result": {"x.$": "kept as it is"}}),
    machine(A={**PASS, "Parameters": {"a.$": "$var.b", "b.$": "$$.Map.Item.Value", "c.$": "States.UUID()"}}),
    machine(A=task(Resource="arn:aws:states:::sqs:sendMessage", Parameters=QUEUE, TimeoutSecondsPath="$.t")),
    machine(A=task(Credentials={"RoleArn.$": "$.role"})),
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
        )
    ),
    # The executions of a distributed map have variables of their own.
    machine(
        A={"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        B=map_state(ItemProcessor=processor("DISTRIBUTED", C={**PASS, "Assign": {"x": 2}})),
    ),
    # So have branches side by side.
    machine(
        A={
            "Type": "Parallel",
            "Branches": [machine(B={**PASS, "Assign": {"x": 1}}), machine(C={**PASS, "Assign": {"x": 2}})],
            "End": True,
        }
    ),
]


@pytest.mark.parametrize("at", range(len(SOUND)))
def test_sound_definitions_pass(at):
    assert found(SOUND[at]) == []


@pytest.mark.parametrize(
    ("document", "code", "place"),
    [
        (machine(A={**PASS, "Parameters": {"a": "$.b"}}), "NO_DOLLAR", "/States/A/Parameters/a"),
        (machine(A={**PASS, "Parameters": {"a": "States.UUID()"}}), "NO_DOLLAR", "/States/A/Parameters/a"),
        (machine(A={**PASS, "Result": {"a": "$.b"}}), "PASS_RESULT_IS_STATIC", "/States/A/Result/a"),
    ],
)
def test_warnings_refuse_nothing(document, code, place):
    text = json.dumps(document)
    assert [(item.severity, item.code, item.location) for item in diagnose(text)] == [
        ("WARNING", code, place)
    ]
    refuse(text)


def test_create_tells_every_error_in_one_sentence():
    with pytest.raises(ApiError) as refused:
        refuse(json.dumps(machine(A={"Type": "Pass", "Next": "X"})))
    assert refused.value.code == "InvalidDefinition"
    assert refused.value.message == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X at /States/A/Next, "
        "MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_the_variables_each_state_reads_are_listed():
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
