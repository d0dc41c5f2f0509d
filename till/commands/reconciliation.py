"""`till reconciliation`: compare the payment providers' books with ours."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated

import typer

from till import workflows
from till.errors import operator_errors
from till.output import out, print_json, print_table, styled
from till.report import AsCsv, AsJson, Page, PageSize, print_report
from till.stack import find_stack
from till.waiting import Wait, waiting_for

app = typer.Typer(no_args_is_help=True, help="Compare the payment providers' books with ours, day by day.")

_ADVICE = "`till reconciliation list` has the runs; a day can be compared an hour after its end, in UTC."


@app.command("run")
def run(
    day: Annotated[str, typer.Option(help="Day, such as 2026-11-28; yesterday by default. In UTC.")] = "",
    run_id: Annotated[str, typer.Option("--id", help="Idempotency key; the day by default.")] = "",
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Compare a day, as the nightly schedule does; `--id` runs it a second time.

    Examples:

        till reconciliation run --wait

        till reconciliation run --day 2026-11-28 --id 2026-11-28-again
    """
    from tillflow.executions import error_message

    from till.services.payments import Reconciliations

    day = day or f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"
    stack, run_id = find_stack(), run_id or day
    with operator_errors(_ADVICE):
        started = Reconciliations(stack).start(day, run_id)
    execution = None
    if wait:
        with waiting_for(run_id, f"till reconciliation show {run_id}"):
            execution = workflows.wait(stack, started.arn)
    result = {"run_id": run_id, "execution_arn": started.arn, "duplicate": started.duplicate}
    if as_json:
        print_json(result | ({"status": execution.status} if execution else {}))
    elif execution is None:
        state = "was started before" if started.duplicate else "has started"
        out.print(f"{run_id} {state}. Follow it with `till history {run_id}`.")
    elif execution.status == "RUNNING":
        out.print(f"{run_id} waits for a person: `till case list`.")
    elif execution.status != "SUCCEEDED":
        out.print(styled(f"{run_id} failed:", "red"), error_message(execution.cause or execution.status))
    else:
        show(run_id)
    if execution and execution.status != "SUCCEEDED":
        raise typer.Exit(1)


@app.command("list")
def list_runs(
    as_json: AsJson = False, as_csv: AsCsv = False, page: Page = 1, page_size: PageSize = 50
) -> None:
    """List the reconciliations, the newest first.

    Example:

        till reconciliation list
    """
    from tillflow.listing import every

    from till.services.payments import Reconciliations

    rows = (one.model_dump() for one in every(partial(Reconciliations(find_stack()).list_runs, 100)))
    columns = ("run_id", "day", "status", "compared", "unsettled", "foreign", "differences")
    print_report("Reconciliations", columns, rows, as_json, as_csv, page, page_size)


@app.command("show")
def show(
    run_id: Annotated[str, typer.Argument(help="Id of the run, by default its day.")], as_json: AsJson = False
) -> None:
    """Show a reconciliation with its differences and their cases.

    Example:

        till reconciliation show "$(till reconciliation run --wait --json | jq -r .run_id)"
    """
    from till.services.payments import Reconciliations

    with operator_errors(_ADVICE):
        report = Reconciliations(find_stack()).report(run_id)
    if as_json:
        print_json(report.model_dump())
        return
    if report.status == "RUNNING":
        out.print(f"{run_id} of {report.day} is in progress.")
    else:
        out.print(
            f"{run_id} of {report.day}: {report.compared} compared, {report.unsettled} in progress, "
            f"{report.foreign} of other systems, {report.differences} differences."
        )
    if report.cases:
        rows = [(one.case_id, one.kind, one.order_id) for one in report.cases]
        print_table("Differences", ("case!", "kind", "order!"), rows)
