"""The kinds of executions in the storm, and what their histories must contain at the end."""

from dataclasses import dataclass, field
from typing import Any

REGION, ACCOUNT = "us-east-1", "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/storm"
ACTIVITY = f"arn:aws:states:{REGION}:{ACCOUNT}:activity:pack"
INVOKE = "arn:aws:states:::lambda:invoke"

State = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A state machine and its expected history; `entered` has the number of entries of each state."""

    definition: dict[str, Any]
    entered: dict[str, int]
    status: str = "SUCCEEDED"
    # Exact numbers of events.
    events: dict[str, int] = field(default_factory=dict)
    # The number of children of each map run by status.
    children: dict[str, int] | None = None
    redrives: int = 0
    stopped: bool = False


def machine_arn(name: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"


def jsonata(**states: State) -> dict[str, Any]:
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}


def ending(state: State) -> State:
    return state if "Next" in state else state | {"End": True}


_TRIES = "$states.context.State.RetryCount + $states.context.Execution.RedriveCount"


def work(
    step: str, *, fails: object = 0, resource: str = INVOKE, tries: str = _TRIES, **state: object
) -> State:
    """Return a task with its own key: the execution's or the item's name, and the step's.

    It fails while its retries and redrives are fewer than `fails`.
    """
    payload: dict[str, object] = {
        "key": f"{{% $states.input.name & '/{step}' %}}",
        "tries": f"{{% {tries} %}}",
        "fails": fails,
    }
    if resource.endswith("waitForTaskToken"):
        payload["token"] = "{% $states.context.Task.Token %}"
    task = {
        "Type": "Task",
        "Resource": resource,
        "Arguments": {"FunctionName": "work", "Payload": payload},
        "Output": "{% $states.input %}",
    }
    return ending(task | state)


def wait(seconds: int, **state: object) -> State:
    return ending({"Type": "Wait", "Seconds": seconds, **state})


def spread(count: int, execution_type: str, states: dict[str, State], **state: object) -> State:
    """Return a distributed Map over items named after the execution."""
    items = f"{{% [1..{count}].{{'name': $states.input.name & '/item-' & $string($), 'number': $}} %}}"
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": execution_type},
        "StartAt": next(iter(states)),
        "States": states,
    }
    spread_out = {"Type": "Map", "Items": items, "ItemProcessor": processor, "Output": "{% $states.input %}"}
    return ending(spread_out | state)


def branches(*states: dict[str, State], **state: object) -> State:
    """Return a Parallel state with these branches."""
    made = [{"StartAt": next(iter(branch)), "States": branch} for branch in states]
    return ending({"Type": "Parallel", "Branches": made, "Output": "{% $states.input %}"} | state)


_RETRY = [{"ErrorEquals": ["ConnectionError"], "IntervalSeconds": 1, "BackoffRate": 1, "MaxAttempts": 2}]
_EACH = {
    "Type": "Map",
    "Items": "{% [1..3].{'name': $states.input.name & '/each-' & $string($)} %}",
    "MaxConcurrency": 2,
    "ItemProcessor": {
        "StartAt": "Item",
        "States": {"Item": {"Type": "Pass", "Next": "Do"}, "Do": work("do")},
    },
    "End": True,
}

INNER = jsonata(Once=work("once", Next="Rest"), Rest=wait(1, Next="Again"), Again=work("again"))

KINDS: dict[str, Kind] = {
    "flow": Kind(
        jsonata(
            First=work("first", Next="Pause"),
            Pause=wait(1, Next="Both"),
            Both=branches({"Left": work("left")}, {"Right": work("right")}, Next="Each"),
            Each=_EACH,
        ),
        {"First": 1, "Pause": 1, "Both": 1, "Left": 1, "Right": 1, "Each": 1, "Item": 3, "Do": 3},
        events={"TaskScheduled": 6, "TaskSucceeded": 6},
    ),
    "retry": Kind(
        jsonata(
            Tried=work("tried", fails=2, Retry=_RETRY, Next="Given"),
            Given=work(
                "given",
                fails=9,
                Retry=_RETRY,
                Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.input %}"}],
            ),
            Caught=work("caught"),
        ),
        {"Tried": 1, "Given": 1, "Caught": 1},
        events={"TaskScheduled": 7, "TaskFailed": 5, "TaskSucceeded": 2},
    ),
    "callback": Kind(
        jsonata(
            Asked=work("asked", resource=f"{INVOKE}.waitForTaskToken", HeartbeatSeconds=600, Next="After"),
            After=work("after"),
        ),
        {"Asked": 1, "After": 1},
        events={"TaskScheduled": 2, "TaskSucceeded": 2},
    ),
    # A kill may disconnect a worker that has just taken a task; the heartbeat is then missed and the task retried.
    "activity": Kind(
        jsonata(
            Pack={
                "Type": "Task",
                "Resource": ACTIVITY,
                "HeartbeatSeconds": 2,
                "Retry": [
                    {"ErrorEquals": ["States.HeartbeatTimeout"], "IntervalSeconds": 1, "MaxAttempts": 999}
                ],
                "Output": "{% $states.input %}",
                "Next": "After",
            },
            After=work("after"),
        ),
        {"Pack": 1, "After": 1},
        events={"ActivitySucceeded": 1, "TaskSucceeded": 1},
    ),
    "map run": Kind(
        jsonata(
            Spread=spread(
                5,
                "STANDARD",
                {
                    "Child": work("child", fails="{% $states.input.number = 2 ? 9 : 0 %}", Next="Rest"),
                    "Rest": wait(1, Next="More"),
                    "More": work("more"),
                },
                MaxConcurrency=2,
                ToleratedFailureCount=1,
            )
        ),
        {"Spread": 1},
        events={"MapRunStarted": 1, "MapRunSucceeded": 1},
        children={"succeeded": 4, "failed": 1},
    ),
    "map run of express": Kind(
        jsonata(Spread=spread(3, "EXPRESS", {"Child": work("child", tries="0")})),
        {"Spread": 1},
        events={"MapRunStarted": 1, "MapRunSucceeded": 1},
        children={"succeeded": 3},
    ),
    "map run redriven": Kind(
        jsonata(
            Spread=spread(
                4,
                "STANDARD",
                {"Child": work("child", fails="{% $states.input.number < 3 ? 1 : 0 %}")},
                MaxConcurrency=1,
                ToleratedFailureCount=1,
            )
        ),
        {"Spread": 1},
        events={"MapRunStarted": 1, "MapRunRedriven": 1, "MapRunFailed": 1, "MapRunSucceeded": 1},
        children={"succeeded": 4},
        redrives=1,
    ),
    "workflow": Kind(
        jsonata(
            Nested={
                "Type": "Task",
                "Resource": "arn:aws:states:::states:startExecution.sync:2",
                "Arguments": {"StateMachineArn": machine_arn("inner"), "Input": "{% $states.input %}"},
                "Output": "{% $states.result.Output %}",
                "Next": "After",
            },
            After=work("after"),
        ),
        {"Nested": 1, "After": 1},
        events={"TaskScheduled": 2, "TaskSucceeded": 2},
    ),
    "redrive": Kind(
        jsonata(
            Both=branches(
                {"Left": work("left")},
                {"Rest": wait(1, Next="Right"), "Right": work("right", fails=1)},
            )
        ),
        {"Both": 1, "Left": 1, "Rest": 1, "Right": 1},
        # A kill may leave the left one out until the right one's failure ends it; then it is scheduled again.
        events={"ExecutionRedriven": 1, "TaskFailed": 1, "TaskSucceeded": 2},
        redrives=1,
    ),
    "stop": Kind(
        jsonata(
            Both=branches({"Long": wait(3600)}, {"Asleep": wait(1800)}),
        ),
        {"Both": 1, "Long": 1, "Asleep": 1},
        status="ABORTED",
        events={"ExecutionAborted": 1},
        stopped=True,
    ),
    "time-out": Kind(
        jsonata(Long=wait(3600)) | {"TimeoutSeconds": 3},
        {"Long": 1},
        status="TIMED_OUT",
        events={"ExecutionTimedOut": 1},
    ),
}
