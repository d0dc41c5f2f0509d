"""`till case`: list, show and resolve the cases that workflows opened."""

from enum import StrEnum
from functools import partial
from getpass import getuser
from typing import Annotated, Any

import typer

from till.errors import OperatorError, operator_errors
from till.output import lines, out, print_fields, print_json, print_table, timestamp
from till.report import AsJson
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Cases: decisions that workflows need from a person.")

CaseId = Annotated[str, typer.Argument(help="Case id.")]


class Decision(StrEnum):
    RETRY = "retry"
    DONE = "done"
    GIVE_UP = "give_up"


@app.command("list")
def list_cases(
    everything: Annotated[bool, typer.Option("--all", help="Include resolved cases.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the open cases, the oldest first; with --all the resolved ones too, the newest first.

    Examples:

        till case list

        till case list --all --json
    """
    from tillflow.listing import every

    from till.services.cases import Cases

    operations = Cases(find_stack())
    cases = list(every(partial(operations.list_cases, "OPEN", 100)))
    if everything:
        cases += every(partial(operations.list_cases, "RESOLVED", 100))
    if as_json:
        print_json([case.model_dump(exclude_none=True) for case in cases])
    elif not cases:
        out.print("No cases." if everything else "No open cases.")
    else:
        print_table(
            "Cases",
            ("case!", "to settle", "error", "opened!", "status!", "decided by"),
            [
                (
                    case.case_id,
                    ", ".join(case.steps),
                    case.error,
                    timestamp(case.opened_at),
                    case.decision or "OPEN",
                    case.resolved_by or "",
                )
                for case in cases
            ],
        )


@app.command("show")
def show_case(case_id: CaseId, as_json: AsJson = False) -> None:
    """Show a case: the failed step, the error, and the execution that waits.

    Example:

        till purchase create --id po-3 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-3

        till purchase receive po-3 --line COF-ESP-1KG=24

        till purchase invoice po-3 --number A-3 --line COF-ESP-1KG=24@15.00

        sleep 5 && till case show 'po-3#purchase#MatchInvoice'
    """
    from tillflow.executions import error_message

    from till.services.cases import Cases

    with operator_errors("`till case list --all` lists every case."):
        case = Cases(find_stack()).get(case_id)
    fields: dict[str, Any] = case.model_dump(exclude_none=True)
    if as_json:
        print_json(fields)
        return
    fields |= {"cause": error_message(case.cause), "steps": ", ".join(case.steps)}
    if case.failures:
        fields["failures"] = lines(
            f"{one.step}: {one.error}: {error_message(one.cause) or 'no response in time'}"
            for one in case.failures
        )
    print_fields(case_id, fields)
    if case.status == "OPEN":
        out.print(
            f"Decide with: till case resolve '{case_id}' --decision retry|done|give_up --note '…'",
        )


@app.command("resolve")
def resolve_case(
    case_id: CaseId,
    decision: Annotated[
        Decision, typer.Option(help="retry: try again; done: done by hand; give_up: leave undone.")
    ],
    note: Annotated[str, typer.Option(help="What was done and why; required except for retry.")] = "",
    by: Annotated[str, typer.Option(help="Name of the person who decides; by default the user.")] = "",
) -> None:
    """Resolve a case: its workflow continues.

    The same decision may be repeated, for when the first one did not reach the workflow; another one is refused.

    Examples:

        till purchase create --id po-4 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-4

        till purchase receive po-4 --line COF-ESP-1KG=24

        till purchase invoice po-4 --number A-4 --line COF-ESP-1KG=24@15.00

        sleep 5 && till case resolve 'po-4#purchase#MatchInvoice' --decision done --note 'the supplier raised the price'

        till purchase create --id po-5 --line COF-ESP-1KG=24@10.20 --supplier sup-roastery

        till purchase acknowledge po-5

        till purchase receive po-5 --line COF-ESP-1KG=24

        till purchase invoice po-5 --number A-5 --line COF-ESP-1KG=24@15.00

        sleep 5 && till case resolve 'po-5#purchase#MatchInvoice' --decision retry
    """
    from till.services.cases import Cases

    cases = Cases(find_stack())
    with operator_errors(f"See `till case show '{case_id}'`."):
        was_resolved = cases.get(case_id).status == "RESOLVED"
        completed = cases.resolve(case_id, decision.value, note, by or getuser())
    if was_resolved and not completed:
        out.print(f"{case_id} was resolved as {decision.value} before; no workflow waits for it.")
        return
    if not completed:
        raise OperatorError(
            f"{case_id} is marked as resolved, but no workflow waits for it.",
            "It continued or was stopped before, or it is about to open the case again: see `till history`.",
        )
    out.print(f"{case_id} is resolved: {decision.value}.")
    out.print(f"Follow it with `till history {case_id.split('#')[0]}`.")
