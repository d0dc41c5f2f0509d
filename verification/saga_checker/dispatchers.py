"""The flow of a dispatcher's rule, drawn from its code.

A dispatcher is a workflow that asks a rule, `next_step`, for its next step in a loop. The rule is a sequence of
``if condition: return step`` and a last return, so its source is a decision list.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
RULES = {
    "order_shipment.asl.json": "functions/shipping/rules.py",
    "purchase_order.asl.json": "functions/purchasing/rules.py",
    "stock_transfer.asl.json": "functions/inventory/transfers/rules.py",
}


def draw_dispatcher(file: str) -> list[str]:
    """Return the page section of a workflow's dispatcher; [] if the workflow has none."""
    if file not in RULES:
        return []
    rules = RULES[file]
    decisions = list(read_decisions((ROOT / rules).read_text()))
    lines = ["", "## Next step", "", f"The first decision of `next_step` in `{rules}` that applies:", ""]
    lines += ["```mermaid", "flowchart TD"]
    for number, (condition, step) in enumerate(decisions):
        node = f"d{number}"
        if condition:
            lines.append(f'  {node}{{"{_escaped(condition)}"}}')
            lines.append(f'  {node} -- yes --> {step}_{number}(["{step}"])')
            lines.append(f"  {node} -- no --> d{number + 1}")
        else:
            lines.append(f'  {node}(["{step}"])')
    return [*lines, "```"]


def read_decisions(source: str) -> Iterator[tuple[str, str]]:
    """Yield (condition, step) of `next_step` in order; the last one has no condition. Raise ValueError."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    body = next(node.body for node in functions if node.name == "next_step")
    for statement in body:
        match statement:
            case ast.Expr(value=ast.Constant()):
                continue
            case ast.If(test=test, body=[ast.Return(value=ast.Constant(value=str(step)))], orelse=[]):
                yield ast.unparse(test), step
            case ast.Return(value=ast.IfExp(test=test, body=ast.Constant(), orelse=ast.Constant()) as choice):
                yield ast.unparse(test), str(ast.literal_eval(choice.body))
                yield "", str(ast.literal_eval(choice.orelse))
            case ast.Return(value=ast.Constant(value=str(step))):
                yield "", step
            case _:
                raise ValueError(
                    f"next_step has a statement that is not a decision: {ast.unparse(statement)}"
                )


def _escaped(text: str) -> str:
    return text.replace("'", "").replace('"', "&quot;")
