"""The context in which a state is validated."""

from dataclasses import dataclass, field

from .diagnostics import Findings


@dataclass(frozen=True, slots=True)
class FlowContext:
    """The context of a flow's states: query language, Express or not, and variables.

    `outer_variables` are those of the outer scopes, which the states must not assign; `visible_variables` those
    that they can read, None when they are not known. `names` and `labels` are those used so far in the whole
    definition.
    """

    language: str
    express: bool
    findings: Findings
    outer_variables: frozenset[str] = frozenset()
    visible_variables: frozenset[str] | None = frozenset()
    names: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
