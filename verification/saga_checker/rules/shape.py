"""The shape of a saga: compensatable steps, one pivot, then steps that are retried until they succeed."""

from collections.abc import Iterator, Sequence

from ..model import Edge, Finding, State, Workflow


def one_pivot(workflow: Workflow) -> Iterator[Finding]:
    pivots = workflow.on("pivot")
    if workflow.is_saga and len(pivots) != 1:
        named = ", ".join(p.name for p in pivots) or "none"
        yield workflow.finding(
            workflow.start,
            "pivot",
            f"the saga has {len(pivots)} pivots ({named}).",
            "Mark exactly one step as [pivot]: the step after which nothing is compensated.",
        )


def compensatable_before_pivot(workflow: Workflow) -> Iterator[Finding]:
    """On the success path, no compensatable step comes after the pivot and no forward step before it."""
    passed = False
    for state in workflow.success_path():
        if state.side == "pivot":
            passed = True
        elif (state.side == "compensatable" and passed) or (
            state.side == "forward" and not passed and workflow.is_saga
        ):
            where = "after" if passed else "before"
            yield workflow.finding(
                state.name,
                "order",
                f"is {state.side} but comes {where} the pivot.",
                "Move it to the other side of the pivot, or correct its metadata.",
            )


def forward_never_compensates(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.on("forward"):
        undone = sorted(
            n for n in workflow.reachable(state.name) if workflow.states[n].side == "compensation"
        )
        if undone:
            yield workflow.finding(
                state.name,
                "forward-only",
                f"is past the pivot, yet a path from it reaches {', '.join(undone)}.",
                "Open a case instead.",
            )


def compensation_named(workflow: Workflow) -> Iterator[Finding]:
    if not workflow.is_saga:
        return
    for step in workflow.on("compensatable"):
        if not step.has_effect:
            continue
        undo = workflow.states.get(step.undone_by or "")
        if undo is None or undo.side != "compensation":
            yield workflow.finding(
                step.name,
                "compensation",
                f"has undo={step.undone_by}, which is not a compensation.",
                "Name a state whose metadata is [compensation].",
            )


def compensations_reached_in_reverse(workflow: Workflow) -> Iterator[Finding]:
    """Every failing path undoes the step itself and all steps before it, the last first.

    A Catch exempt from "reverse" leads on after errors that leave no effect: the step's own compensation may be
    skipped. A Choice rule exempt from it ends the workflow with nothing to undo.
    """
    if workflow.is_saga:
        yield from _not_reversed(workflow)


def exemptions_hold(workflow: Workflow) -> Iterator[Finding]:
    """An exemption is for errors that prove that nothing happened, and without it its rule is broken."""
    for edge in (edge for state in workflow.states.values() for edge in state.edges if edge.exemption):
        if any(error.startswith("States.") for error in edge.errors):
            yield workflow.finding(
                edge.source,
                "exemption",
                f"exempts {', '.join(edge.errors)} to {edge.target}; after such an error the effect is unknown.",
                "Exempt named refusals only.",
            )
        if not workflow.is_saga or set(_not_reversed(workflow, edge)) == set(_not_reversed(workflow)):
            yield workflow.finding(
                edge.source,
                "exemption",
                f"exempts {', '.join(edge.errors) or 'the rule'} to {edge.target}, which breaks no rule.",
                "Delete the exemption.",
            )


def _not_reversed(workflow: Workflow, ignored: Edge | None = None) -> dict[Finding, None]:
    """Return the findings of the rule "reverse", as if the exemption of one edge were not there."""
    return dict.fromkeys(_ways_back(workflow, workflow.start, (), (), ignored))


def _ways_back(
    workflow: Workflow, name: str, done: tuple[str, ...], before: tuple[str, ...], ignored: Edge | None
) -> Iterator[Finding]:
    """`done`: the compensations of the steps so far, the last first. A path passes each state at most once."""
    step, before = workflow.states[name], (*before, name)
    own = step.undone_by if step.side == "compensatable" else None
    undone = (own, *done) if own and own not in done else done
    for edge in step.edges:
        exempt = edge.exemption is not None and edge != ignored
        owed = done if exempt else undone
        target = workflow.states[edge.target]
        if target.side in ("compensatable", "pivot", None) and not target.ends:
            if edge.target not in before:
                yield from _ways_back(workflow, edge.target, owed, before, ignored)
        elif (step.side != "pivot" or edge.errors) and not (exempt and target.ends and not edge.errors):
            yield from _check_path(workflow, step, edge.target, owed)


def _check_path(workflow: Workflow, step: State, target: str, owed: Sequence[str]) -> Iterator[Finding]:
    for path in workflow.paths(target):
        if any(workflow.states[name].side in ("forward", "case") for name in path):
            continue  # the step had succeeded, or a person decides
        undone = [name for name in path if name in owed]
        if undone != list(owed):
            yield workflow.finding(
                step.name,
                "reverse",
                f"the failure path {' > '.join(path)} runs {undone or 'no compensation'}, not {list(owed)}.",
                "Let it go to its own compensation, and each compensation to the previous one.",
            )


def remaining_compensations_run(workflow: Workflow) -> Iterator[Finding]:
    """A compensation that fails goes to the same state as one that succeeds: the remaining ones still run."""
    for state in workflow.on("compensation"):
        onward = next((e.target for e in state.edges if not e.errors), None)
        for edge in state.edges:
            if edge.errors and edge.target != onward:
                yield workflow.finding(
                    state.name,
                    "rest-still-run",
                    f"goes to {edge.target} when it fails, and to {onward} when it succeeds.",
                    "Assign the failure to a variable and continue with the same state.",
                )
        if state.edges and not any(edge.assign for edge in state.edges if edge.errors):
            yield workflow.finding(
                state.name,
                "failure-noted",
                "does not record that it failed.",
                "Assign the failure in its Catch, so that a case is opened.",
            )
