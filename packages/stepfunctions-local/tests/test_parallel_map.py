"""Parallel and inline Map: order, scopes, failures and events."""

from stepfunctions_local.testing import FakeServices, Result, VirtualEngine

INVOKE = "arn:aws:states:::lambda:invoke"


def kinds(result: Result) -> list[str]:
    return [event["type"] for event in result.history]


def one_state(name: str, **state: object) -> dict:
    return {"StartAt": name, "States": {name: state}}


def machine(**state: object) -> dict:
    return {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"End": True, **state}}}


def wait(seconds: int, name: str = "W") -> dict:
    return one_state(name, Type="Wait", Seconds=seconds, End=True)


def test_branches_run_concurrently_and_outputs_keep_order() -> None:
    with VirtualEngine() as engine:
        result = engine.run(
            machine(Type="Parallel", Branches=[wait(30, "A"), wait(10, "B"), wait(20, "C")]), 7
        )
    assert (result.output, result.elapsed) == ([7, 7, 7], 30)
    exited = [e["stateExitedEventDetails"]["name"] for e in result.events("WaitStateExited")]
    assert exited == ["B", "C", "A"]


def test_branch_events_link_to_events_of_their_branch() -> None:
    branch = {
        "StartAt": "X",
        "States": {"X": {"Type": "Wait", "Seconds": 1, "Next": "Y"}, "Y": {"Type": "Pass", "End": True}},
    }
    with VirtualEngine() as engine:
        result = engine.run(machine(Type="Parallel", Branches=[branch, wait(1, "Z")]))
    links = {
        (
            event["type"],
            event.get("stateEnteredEventDetails", event.get("stateExitedEventDetails", {})).get("name"),
        ): (
            event["id"],
            event["previousEventId"],
        )
        for event in result.history
    }
    started = links["ParallelStateStarted", None][0]
    assert links["WaitStateEntered", "X"][1] == started
    assert links["WaitStateEntered", "Z"][1] == started
    assert links["WaitStateExited", "X"][1] == links["WaitStateEntered", "X"][0]
    assert links["PassStateEntered", "Y"][1] == links["WaitStateExited", "X"][0]
    # No event follows ParallelStateSucceeded: Exited follows the last event of the last branch.
    assert links["ParallelStateExited", "S"][1] == links["ParallelStateSucceeded", None][1]


def test_failed_branch_stops_the_others() -> None:
    fail = one_state("F", Type="Fail", Error="Bad", Cause="so it is")
    definition = machine(
        Type="Parallel", Branches=[wait(100), fail], Catch=[{"ErrorEquals": ["Bad"], "Next": "Caught"}]
    )
    definition["States"]["Caught"] = {"Type": "Pass", "End": True}
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.output == {"Error": "Bad", "Cause": "so it is"}
    assert result.elapsed == 0
    assert kinds(result)[5:9] == [
        "WaitStateAborted",
        "ParallelStateFailed",
        "ParallelStateExited",
        "PassStateEntered",
    ]


def test_failed_task_in_branch_is_recorded_as_aborted() -> None:
    def work(_: object) -> None:
        raise ValueError("no")

    task = one_state("T", Type="Task", Resource=INVOKE, Arguments={"FunctionName": "work"}, End=True)
    with VirtualEngine(FakeServices({"work": work})) as engine:
        result = engine.run(machine(Type="Parallel", Branches=[task]))
    failed, aborted, parallel = result.history[-4:-1]
    assert [failed["type"], aborted["type"], parallel["type"]] == [
        "TaskFailed",
        "TaskStateAborted",
        "ParallelStateFailed",
    ]
    assert aborted["previousEventId"] == parallel["previousEventId"] == failed["id"]


def test_inner_scopes_read_outer_variables() -> None:
    branch = one_state("In", Type="Pass", Assign={"own": "{% $x + 1 %}"}, Next="Out")
    branch["States"]["Out"] = {"Type": "Pass", "Output": "{% [$x, $own] %}", "End": True}
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"x": 1}, "Next": "P"},
            "P": {
                "Type": "Parallel",
                "Branches": [branch],
                "Assign": {"r": "{% $states.result[0] %}"},
                "Next": "After",
            },
            "After": {"Type": "Pass", "Output": {"r": "{% $r %}", "own": "{% $exists($own) %}"}, "End": True},
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition)
    assert result.output == {"r": [1, 2], "own": False}


def test_map_keeps_order_and_concurrency_limit() -> None:
    definition = machine(
        Type="Map",
        Items="{% $states.input %}",
        MaxConcurrency=2,
        ItemProcessor=one_state("W", Type="Wait", Seconds="{% $states.input %}", End=True),
    )
    with VirtualEngine() as engine:
        result = engine.run(definition, [3, 1, 1, 2])
    assert result.output == [3, 1, 1, 2]
    # Lanes: 3, and 1 + 1 + 2.
    assert result.elapsed == 4
    order = [
        (e["type"], e[e["type"][0].lower() + e["type"][1:] + "EventDetails"]["index"])
        for e in result.history
        if "Iteration" in e["type"]
    ]
    assert order == [
        ("MapIterationStarted", 0),
        ("MapIterationStarted", 1),
        ("MapIterationSucceeded", 1),
        ("MapIterationStarted", 2),
        ("MapIterationSucceeded", 2),
        ("MapIterationStarted", 3),
        ("MapIterationSucceeded", 0),
        ("MapIterationSucceeded", 3),
    ]
    # The first two iterations follow MapStateStarted; a later one follows the last event of the iteration
    # that ended to make room for it.
    left = {e["stateExitedEventDetails"]["output"]: e["id"] for e in result.events("WaitStateExited")}
    assert [e["previousEventId"] for e in result.events("MapIterationStarted")][:2] == [3, 3]
    assert result.events("MapIterationStarted")[3]["previousEventId"] < left["2"]
    assert result.history[-2]["previousEventId"] == result.events("MapIterationSucceeded")[-1]["id"]


def test_iterations_without_limit_link_to_map_start() -> None:
    with VirtualEngine() as engine:
        result = engine.run(
            machine(Type="Map", Items=[1, 2, 3], ItemProcessor=one_state("P", Type="Pass", End=True))
        )
    assert [e["previousEventId"] for e in result.events("MapIterationStarted")] == [3, 3, 3]


def test_item_selector_reads_item_index_and_input() -> None:
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemsPath": "$.all",
                "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "k.$": "$.k"},
                "ItemProcessor": one_state("P", Type="Pass", End=True),
                "End": True,
            }
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(definition, {"all": ["a", "b"], "k": 9})
    assert result.output == [{"i": 0, "v": "a", "k": 9}, {"i": 1, "v": "b", "k": 9}]


def test_failed_iteration_fails_map_and_aborts_others() -> None:
    processor = {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $states.input = 2 %}", "Next": "F"}],
                "Default": "W",
            },
            "F": {"Type": "Fail", "Error": "Two"},
            "W": {"Type": "Wait", "Seconds": 50, "End": True},
        },
    }
    with VirtualEngine() as engine:
        result = engine.run(machine(Type="Map", Items=[1, 2, 3], ItemProcessor=processor))
    assert (result.status, result.error, result.elapsed) == ("FAILED", "Two", 0)
    assert kinds(result)[-5:] == [
        "MapIterationFailed",
        "WaitStateAborted",
        "MapIterationAborted",
        "MapStateFailed",
        "ExecutionFailed",
    ]


def test_map_is_retried_as_a_whole() -> None:
    calls = []

    def work(item: int) -> int:
        calls.append(item)
        if len(calls) == 2:
            raise ValueError("once")
        return item * 10

    processor = one_state(
        "T",
        Type="Task",
        Resource=INVOKE,
        Arguments={"FunctionName": "work", "Payload": "{% $states.input %}"},
        Output="{% $states.result.Payload %}",
        End=True,
    )
    definition = machine(
        Type="Map",
        Items=[1, 2],
        MaxConcurrency=1,
        ItemProcessor=processor,
        Retry=[{"ErrorEquals": ["ValueError"], "IntervalSeconds": 3}],
    )
    with VirtualEngine(FakeServices({"work": work})) as engine:
        result = engine.run(definition)
    assert (result.output, result.elapsed, calls) == ([10, 20], 3, [1, 2, 1, 2])
    assert kinds(result).count("MapStateStarted") == 2
    assert "MapStateFailed" not in kinds(result)


def test_map_of_empty_array_returns_empty_array() -> None:
    with VirtualEngine() as engine:
        result = engine.run(machine(Type="Map", Items=[], ItemProcessor=wait(1)))
    assert result.output == []
    assert kinds(result)[2:5] == ["MapStateStarted", "MapStateSucceeded", "MapStateExited"]


def test_nested_map_reads_innermost_item() -> None:
    inner = one_state(
        "Inner",
        Type="Map",
        Items="{% $states.input %}",
        ItemProcessor=one_state("P", Type="Pass", Output="{% $states.context.Map.Item.Index %}", End=True),
        End=True,
    )
    with VirtualEngine() as engine:
        result = engine.run(machine(Type="Map", Items=[["a", "b"], ["c"]], ItemProcessor=inner))
    assert result.output == [[0, 1], [0]]
