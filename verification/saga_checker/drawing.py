"""Draw a workflow as a Mermaid flowchart."""

from till.saga_metadata import prose

from .dispatchers import draw_dispatcher
from .model import State, Workflow

CLASSES = {
    "compensatable": "fill:#e8f1fb,stroke:#3b75b5",
    "pivot": "fill:#fff1c9,stroke:#b8860b,stroke-width:3px",
    "inquiry": "fill:#fff8e6,stroke:#b8860b",
    "forward": "fill:#e6f5ea,stroke:#2e7d4f",
    "compensation": "fill:#fdebe7,stroke:#b5503b",
    "case": "fill:#f3e9fa,stroke:#7b4fa3",
}


def draw(workflow: Workflow) -> str:
    """Return the page docs/workflows/NAME.md: the diagram, then a table of the states."""
    everywhere = list(workflow.everywhere())
    sides = {state.side for state in everywhere}
    lines = [f"# {workflow.file.split('.')[0].replace('_', ' ').capitalize()}", ""]
    lines += [prose(workflow.definition.get("Comment", "")), "", "```mermaid", "flowchart TD"]
    lines += _flow(workflow, "  ")
    lines += [f"  classDef {side} {style}" for side, style in CLASSES.items() if side in sides]
    lines += [
        "```",
        "",
        "Solid: success. Dotted: failure. `make diagrams` draws this page from the definition.",
        "",
    ]
    lines += ["| state | role | what it does |", "|---|---|---|"]
    lines += [f"| {state.name} | {_role(state)} | {state.prose} |" for state in everywhere]
    lines += draw_dispatcher(workflow.file)
    return "\n".join(lines) + "\n"


def _role(state: State) -> str:
    if state.step is None:
        return ""
    if state.undone_by:
        return f"{state.side}, undone by {state.undone_by}"
    return str(state.side) if state.has_effect else f"{state.side}, no effect"


def _flow(workflow: Workflow, indent: str) -> list[str]:
    """Return the states and transitions of a flow; a Map or a Parallel is a box around its own flows."""
    lines = []
    for state in workflow.states.values():
        flows = list(workflow.within(state))
        if not flows:
            lines.append(indent + _node(state))
            continue
        lines.append(f'{indent}subgraph {state.name}["{_box(state)}"]')
        for flow in flows:
            lines += _flow(flow, indent + "  ")
        lines.append(f"{indent}end")
    for state in workflow.states.values():
        ways = dict.fromkeys((edge.target, bool(edge.errors)) for edge in state.edges)
        for target, failing in ways:
            if not failing or (target, False) not in ways:
                lines.append(f"{indent}{state.name} {'-.->' if failing else '-->'} {target}")
    return lines


def _box(state: State) -> str:
    how = (
        "at once"
        if state.type == "Parallel"
        else "a child execution for each"
        if state.distributed
        else "for each"
    )
    return f"{state.name}: {how}"


def _node(state: State) -> str:
    opening, closing = {"Choice": ("{", "}"), "Fail": ("([", "])"), "Succeed": ("([", "])")}.get(
        state.type, ("[", "]")
    )
    shape = f'{state.name}{opening}"{state.name}"{closing}'
    return f"{shape}:::{state.side}" if state.side else shape
