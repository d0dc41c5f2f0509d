"""A saga's shape: compensatable steps, one pivot, then steps that only go forward."""

from collections.abc import Iterator, Sequence

from ..model import SIDES, Finding, State, Workflow


def side_named(workflow: Workflow) -> Iterator[Finding]:
    if not workflow.is_saga:
        return
    for task in workflow.tasks:
        if task.side is None:
            yield workflow.finding(
                task.name,
                "side",
                "does not say its side of the saga.",
                f"Open its Comment with one of: {', '.join(SIDES)}.",
            )


def one_pivot(workflow: Workflow) -> Iterator[Finding]:
    pivots = workflow.on("Pivot")
    if workflow.is_saga and len(pivots) != 1:
        named = ", ".join(p.name for p in pivots) or "none"
        yield workflow.finding(
            workflow.start,
            "pivot",
            f"the saga has {len(pivots)} pivots ({named}).",
            "Name exactly one: the step after which there is no way back.",
        )


def compensatable_before_pivot(workflow: Workflow) -> Iterator[Finding]:
    """On the way of success, nothing compensatable comes after the pivot and nothing forward before it."""
    passed = False
    for state in workflow.story():
        if state.side == "Pivot":
            passed = True
        elif (state.side == "Compensatable" and passed) or (
            state.side == "Forward" and not passed and workflow.is_saga
        ):
            where = "after" if passed else "before"
            yield workflow.finding(
                state.name,
                "order",
                f"is {state.side.lower()} but comes {where} the pivot.",
                "Move it to the other side, or say its true side.",
            )


def forward_never_compensates(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.on("Forward"):
        undone = sorted(
            n for n in workflow.reachable(state.name) if workflow.states[n].side == "Compensation"
        )
        if undone:
            yield workflow.finding(
                state.name,
                "forward-only",
                f"is past the pivot, yet a path from it reaches {', '.join(undone)}.",
                "Park what cannot go forward as a case.",
            )


def compensation_named(workflow: Workflow) -> Iterator[Finding]:
    if not workflow.is_saga:
        return
    for step in workflow.on("Compensatable"):
        if not step.has_effect:
            continue
        undo = workflow.states.get(step.undone_by or "")
        if undo is None or undo.side != "Compensation":
            yield workflow.finding(
                step.name,
                "compensation",
                f"names {step.undone_by or 'nothing'} as what undoes it, which is no compensation.",
                'Say "Undone by X." with X a Compensation, or "has no effect".',
            )


def compensations_reached_in_reverse(workflow: Workflow) -> Iterator[Finding]:
    """Every way back undoes the step itself and all before it, last first, whichever way led there.

    A Catch of named errors that has a Comment says these errors leave no effect: the step's own
    compensation may then be passed over. A time-out is never such an error. A rule of a Choice that has a
    Comment and ends the workflow says that there is nothing to undo.
    """
    if workflow.is_saga:
        yield from dict.fromkeys(_ways_back(workflow, workflow.start, (), ()))


def _ways_back(
    workflow: Workflow, name: str, done: tuple[str, ...], before: tuple[str, ...]
) -> Iterator[Finding]:
    """`done`: what undoes the steps so far, the last first. Each state is passed at most once on a way."""
    step, before = workflow.states[name], (*before, name)
    own = step.undone_by if step.side == "Compensatable" and step.has_effect else None
    undone = (own, *done) if own and own not in done else done
    for edge in step.edges:
        harmless = bool(edge.comment) and not {"States.ALL", "States.Timeout"} & set(edge.errors)
        owed = done if edge.errors and harmless else undone
        target = workflow.states[edge.target]
        if target.side in ("Compensatable", "Pivot", None) and not target.ends:
            if edge.target not in before:
                yield from _ways_back(workflow, edge.target, owed, before)
        elif (step.side != "Pivot" or edge.errors) and not (target.ends and edge.comment and not edge.errors):
            yield from _owed(workflow, step, edge.target, owed)


def _owed(workflow: Workflow, step: State, target: str, owed: Sequence[str]) -> Iterator[Finding]:
    for path in workflow.paths(target):
        if any(workflow.states[name].side in ("Forward", "Case") for name in path):
            continue  # the outcome turned out to be success, or a person has taken over
        undone = [name for name in path if name in owed]
        if undone != list(owed):
            yield workflow.finding(
                step.name,
                "reverse",
                f"failing by way of {' > '.join(path)} undoes {undone or 'nothing'}, not {list(owed)}.",
                "Lead it to its own compensation, and each compensation to the one before.",
            )


def failed_compensation_goes_on(workflow: Workflow) -> Iterator[Finding]:
    """A compensation that fails leads where its success leads: the rest still run."""
    for state in workflow.on("Compensation"):
        onward = next((e.target for e in state.edges if not e.errors), None)
        for edge in state.edges:
            if edge.errors and edge.target != onward:
                yield workflow.finding(
                    state.name,
                    "rest-still-run",
                    f"when it fails goes to {edge.target}, and when it succeeds to {onward}.",
                    "Note the failure in a variable and go on to the same state.",
                )
        if state.edges and not any(edge.assign for edge in state.edges if edge.errors):
            yield workflow.finding(
                state.name,
                "failure-noted",
                "forgets that it failed.",
                "Assign the failure in its Catch, so that a case is opened for it.",
            )
