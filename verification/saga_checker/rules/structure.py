"""The definition is a graph: it starts, every state has a successor or ends, and every state is reachable."""

from collections.abc import Callable, Iterator
from functools import partial

from till.saga_metadata import MetadataError, parse_exemption, parse_step, require_none

from ..model import Finding, Workflow


def metadata_valid(workflow: Workflow) -> Iterator[Finding]:
    """Every Task has metadata, and all metadata follows the grammar of docs/saga-metadata.md."""
    parsers: list[tuple[str, Callable[[], object]]] = []
    parsers.append((workflow.start, partial(require_none, workflow.definition)))
    for name, body in workflow.definition["States"].items():
        parsers.append((name, partial(parse_step, body)))
        parsers += [(name, partial(require_none, entry)) for entry in body.get("Retry", ())]
        parsers += [
            (name, partial(parse_exemption, entry))
            for entry in (*body.get("Catch", ()), *body.get("Choices", ()))
        ]
    for name, parse in parsers:
        try:
            parse()
        except MetadataError as error:
            yield workflow.finding(name, "metadata", f"{error}.", "Follow docs/saga-metadata.md.")


def start_exists(workflow: Workflow) -> Iterator[Finding]:
    if workflow.start not in workflow.states:
        yield workflow.finding(workflow.start, "start", "StartAt is not a state.", "Use the name of a state.")


def targets_exist(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.states.values():
        for edge in state.edges:
            if edge.target not in workflow.states:
                yield workflow.finding(
                    state.name,
                    "unknown-target",
                    f"goes to {edge.target}, which is not a state.",
                    "Correct the name or add the state.",
                )


def no_dead_ends(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.states.values():
        if not state.ends and not any(not edge.errors for edge in state.edges):
            yield workflow.finding(
                state.name, "dead-end", "has neither a successor nor an end.", "Add Next, or End: true."
            )


def all_reachable(workflow: Workflow) -> Iterator[Finding]:
    reached = workflow.reachable(workflow.start)
    for name in workflow.states.keys() - reached:
        yield workflow.finding(
            name, "unreachable", "is not reachable.", "Add a transition to it, or delete it."
        )


def states_all_last_and_alone(workflow: Workflow) -> Iterator[Finding]:
    for state in workflow.states.values():
        for block in ("Retry", "Catch"):
            entries = state.body.get(block, ())
            for position, entry in enumerate(entries, 1):
                if "States.ALL" not in entry["ErrorEquals"]:
                    continue
                if entry["ErrorEquals"] != ["States.ALL"] or position != len(entries):
                    yield workflow.finding(
                        state.name,
                        "states-all",
                        f"States.ALL in {block} is not alone in the last entry.",
                        "Move it there: entries after it never match.",
                    )
