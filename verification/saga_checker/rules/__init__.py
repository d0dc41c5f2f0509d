"""The rules, one module per concern. A rule takes a workflow and yields findings."""

from collections.abc import Callable, Iterator

from ..model import Finding, Workflow
from . import access, data, errors, responses, shape, structure, timing

type Rule = Callable[[Workflow], Iterator[Finding]]

# Later rules follow the transitions, so they only run on a well-formed definition.
STRUCTURE: tuple[Rule, ...] = (
    structure.start_exists,
    structure.targets_exist,
    structure.no_dead_ends,
    structure.all_reachable,
    structure.states_all_last_and_alone,
)
RULES: tuple[Rule, ...] = (
    shape.one_pivot,
    shape.compensatable_before_pivot,
    shape.forward_never_compensates,
    shape.compensation_named,
    shape.compensations_reached_in_reverse,
    shape.exemptions_hold,
    shape.remaining_compensations_run,
    errors.everything_caught,
    errors.failures_open_cases,
    errors.unopened_case_fails,
    errors.transient_errors_retried,
    errors.refusals_not_retried,
    errors.names_are_raised,
    timing.every_task_times_out,
    timing.timeouts_nest,
    timing.started_executions_end_first,
    data.expressions_parse,
    data.variables_assigned,
    data.event_ids_repeatable,
)
# Rules of a definition as a whole.
ACCESS: tuple[Rule, ...] = (
    access.deployed,
    access.actions_equal_role,
    responses.responses_typed,
    responses.responses_read_as_declared,
)


def check(workflow: Workflow) -> list[Finding]:
    """Return the findings of a workflow and of the flows inside it, in the order of the rules."""
    return check_flow(workflow) or [finding for rule in ACCESS for finding in rule(workflow)]


def check_flow(flow: Workflow) -> list[Finding]:
    broken = list(structure.metadata_valid(flow)) or [finding for rule in STRUCTURE for finding in rule(flow)]
    if broken:
        return broken
    broken = [finding for rule in RULES for finding in rule(flow)]
    inner = flow.inner(data.definitely_assigned(flow))
    return broken + [finding for inside in inner for finding in check_flow(inside)]
