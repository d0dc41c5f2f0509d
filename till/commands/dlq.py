"""`till dlq`: messages that kept failing, and their redrive once the cause is fixed."""

from typing import Annotated

import typer
from rich.markup import escape

from till import dead_letters
from till.output import out, print_json, print_table
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="See the dead-letter queues, and send back what waits in them.")

Name = Annotated[str, typer.Argument(help="A queue of `till dlq list`, for example Demand.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("list")
def list_queues(as_json: AsJson = False) -> None:
    """List the dead-letter queues, and about how many messages wait in each.

    Example:

        till dlq list
    """
    found = dead_letters.queues(find_stack())
    if as_json:
        print_json([queue.document() for queue in found])
    else:
        print_table("Dead-letter queues", ("queue!", "waiting>"), [(q.name, q.waiting) for q in found])


@app.command("show")
def show_messages(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many messages.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show what waits in a dead-letter queue; it stays there.

    Example:

        till dlq show Demand --limit 3
    """
    stack = find_stack()
    messages = dead_letters.peek(stack, dead_letters.find(stack, name), limit)
    if as_json:
        print_json(messages)
        return
    for message in messages:
        out.print(f"[bold]{message['MessageId']}[/]", highlight=False)
        out.print(escape(message["Body"]), soft_wrap=True, highlight=False)
    if not messages:
        out.print("Nothing waits.")


@app.command("redrive")
def redrive_messages(name: Name) -> None:
    """Send everything that waits in a dead-letter queue back to the queue it came from.

    Fix the cause first: a message that fails again is moved here again.

    Example:

        till dlq redrive Demand
    """
    stack = find_stack()
    sent = 0
    for message_id in dead_letters.redrive(stack, dead_letters.find(stack, name)):
        out.print(message_id, highlight=False)
        sent += 1
    out.print(f"{sent} redriven." if sent else "Nothing waits.")
