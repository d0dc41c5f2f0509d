"""State machines that are measured."""

from typing import Any

ROLE = "arn:aws:iam::000000000000:role/bench"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:stub"

Json = dict[str, Any]


def chain(*states: tuple[str, Json]) -> Json:
    names = [name for name, _ in states]
    bodies = {
        name: {
            **body,
            **({"Next": following} if following else {} if body["Type"] in ("Succeed",) else {"End": True}),
        }
        for (name, body), following in zip(states, [*names[1:], None], strict=True)
    }
    return {"StartAt": names[0], "States": bodies}


PASS: Json = {"Type": "Pass"}
TASK: Json = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": FUNCTION, "Payload": {"order.$": "$.order"}},
    "ResultPath": None,
    "TimeoutSeconds": 30,
    "Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 2}],
}
THREE_PASS = chain(("A", PASS), ("B", PASS), ("C", PASS))
SAGA = chain(
    ("Price", TASK),
    ("Order", PASS),
    ("Check", PASS),
    ("Reserve", TASK),
    ("Draft", PASS),
    ("Authorise", PASS),
    ("Capture", TASK),
    ("Commit", PASS),
    ("Announce", PASS),
    ("Done", {"Type": "Succeed"}),
)
MAP = chain(
    (
        "Each",
        {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **chain(("P", PASS))},
        },
    )
)
WAITED_SECONDS = 2
WAIT = chain(("W", {"Type": "Wait", "Seconds": WAITED_SECONDS}))
LOOP: Json = {
    "StartAt": "Count",
    "States": {
        "Count": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, -1)"}, "Next": "More"},
        "More": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 0, "Next": "Count"}],
            "Default": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
