"""`till case`: what workflows could not do by themselves, and what a person decided."""

from enum import StrEnum
from typing import Annotated, Any

import typer
from cases import rules
from cases.store import CasesStore
from rich.markup import escape
from tillflow.callbacks import complete_task
from tillflow.store import Item

from till.errors import OperatorError
from till.history import sentence
from till.output import out, print_json, print_table
from till.stack import Stack, find_stack

app = typer.Typer(no_args_is_help=True, help="See and resolve what a workflow parked for a person.")


class Decision(StrEnum):
    """What a person decides: the workflow tries the step again, takes it as done, or ends without it."""

    RETRY = "retry"
    DONE = "done"
    GIVE_UP = "give_up"


@app.command("list")
def list_cases(
    everything: Annotated[bool, typer.Option("--all", help="Also list the cases that are resolved.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the cases as JSON.")] = False,
) -> None:
    """List the open cases, the oldest first.

    Examples:

        till case list

        till case list --all --json
    """
    cases = [_public(case) for case in _store(find_stack()).list(None if everything else "OPEN")]
    if as_json:
        print_json(cases)
    elif not cases:
        out.print("No cases." if everything else "No open cases.")
    else:
        print_table(
            "Cases",
            ("case!", "to settle", "error", "opened!", "status!"),
            [
                (
                    case["case_id"],
                    ", ".join(case["steps"]),
                    case["error"],
                    case["opened_at"][:16].replace("T", " "),
                    case.get("decision", "OPEN"),
                )
                for case in cases
            ],
        )


@app.command("show")
def show_case(
    case_id: Annotated[str, typer.Argument(help="The case's id, as `till case list` shows it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the case as JSON.")] = False,
) -> None:
    """Show one case: what failed, why, and which execution waits for it.

    Example:

        till case show 'ord-20261123T101500-5f0c1a2b#compensation'
    """
    found = _store(find_stack()).show(case_id)
    if not found:
        raise OperatorError(f"There is no case {case_id}.", "`till case list --all` names every case.")
    case = _public(found)
    if as_json:
        print_json(case)
        return
    case |= {"cause": sentence(case["cause"]), "steps": ", ".join(case["steps"])}
    print_table(case_id, ("field!", "value"), [(name, escape(str(value))) for name, value in case.items()])
    if case["status"] == "OPEN":
        out.print(
            f"Decide with: till case resolve '{case_id}' --decision retry|done|give_up --note '…'",
            highlight=False,
            soft_wrap=True,
        )


@app.command("resolve")
def resolve_case(
    case_id: Annotated[str, typer.Argument(help="The case's id, as `till case list` shows it.")],
    decision: Annotated[
        Decision, typer.Option(help="retry: try it again; done: done by hand; give_up: it stays undone.")
    ],
    note: Annotated[str, typer.Option(help="What was done and why; needed unless the step is retried.")] = "",
) -> None:
    """Decide a case: the workflow that waits for it goes on from there.

    Deciding the same again is harmless, for when the first try did not reach the workflow.

    Examples:

        till case resolve 'ord-1#compensation' --decision done --note 'voided in the provider dashboard'

        till case resolve 'ord-1#CommitStock' --decision retry
    """
    stack = find_stack()
    try:
        token = _store(stack).resolve(case_id, decision.value, note)
    except rules.CaseNotResolved as refusal:
        raise OperatorError(
            f"{str(refusal).capitalize()}.", f"See `till case show '{case_id}'`."
        ) from refusal
    _tell_workflow(stack, case_id, token, rules.resolution(decision.value, note))
    out.print(f"{case_id} is resolved: {decision.value}.", highlight=False, soft_wrap=True)
    out.print(f"Follow it with `till history {case_id.split('#')[0]}`.", highlight=False, soft_wrap=True)


def _store(stack: Stack) -> CasesStore:
    return CasesStore(stack.client("dynamodb"), stack.output("CasesTable"))


def _tell_workflow(stack: Stack, case_id: str, token: str, resolution: dict[str, str]) -> None:
    if not complete_task(stack.client("stepfunctions"), token, resolution):
        raise OperatorError(
            f"{case_id} is marked as resolved, but no workflow waits for it.",
            "It was told before or was stopped, or it is about to open the case again: "
            "`till history` shows what it did.",
        )


def _public(case: Item) -> dict[str, Any]:
    """A case without its keys and its token, which is for the workflow alone."""
    return {name: value for name, value in case.items() if name not in ("pk", "sk", "task_token")}
