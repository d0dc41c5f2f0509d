"""A workflow as a Mermaid flowchart: the way of success in the middle, compensations and cases beside it."""

from .model import State, Workflow

CLASSES = {
    "Compensatable": "fill:#e8f1fb,stroke:#3b75b5",
    "Pivot": "fill:#fff1c9,stroke:#b8860b,stroke-width:3px",
    "Inquiry": "fill:#fff8e6,stroke:#b8860b",
    "Forward": "fill:#e6f5ea,stroke:#2e7d4f",
    "Compensation": "fill:#fdebe7,stroke:#b5503b",
    "Case": "fill:#f3e9fa,stroke:#7b4fa3",
}


def draw(workflow: Workflow) -> str:
    """The page docs/workflows/NAME.md: picture, then a line for each state."""
    lines = [f"# {workflow.file.split('.')[0].replace('_', ' ').capitalize()}", ""]
    lines += [workflow.definition.get("Comment", ""), "", "```mermaid", "flowchart TD"]
    lines += [f"  {node(state)}" for state in workflow.states.values()]
    for state in workflow.states.values():
        ways = dict.fromkeys((edge.target, bool(edge.errors)) for edge in state.edges)
        for target, failing in ways:
            if not failing or (target, False) not in ways:
                lines.append(f"  {state.name} {'-.->' if failing else '-->'} {target}")
    lines += [f"  classDef {side} {style}" for side, style in CLASSES.items() if workflow.on(side)]
    lines += [
        "```",
        "",
        "Solid: success. Dotted: failure. `make diagrams` draws this page from the definition.",
        "",
    ]
    lines += ["| state | what it does |", "|---|---|"]
    lines += [f"| {state.name} | {state.comment} |" for state in workflow.states.values()]
    return "\n".join(lines) + "\n"


def node(state: State) -> str:
    opening, closing = {"Choice": ("{", "}"), "Fail": ("([", "])"), "Succeed": ("([", "])")}.get(
        state.type, ("[", "]")
    )
    shape = f'{state.name}{opening}"{state.name}"{closing}'
    return f"{shape}:::{state.side}" if state.side else shape
