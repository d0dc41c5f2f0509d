"""`till dlq`: messages of dead-letter queues."""

from typing import Annotated

import typer

from till import dead_letters
from till.output import out, print_json, print_table, styled
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="List, show and redrive messages of dead-letter queues.")

Name = Annotated[str, typer.Argument(help="Name of a queue, as in `till dlq list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


@app.command("list")
def list_queues(as_json: AsJson = False) -> None:
    """List the dead-letter queues with the approximate number of their messages.

    Example:

        till dlq list
    """
    queues = dead_letters.queues(find_stack())
    if as_json:
        print_json([queue.document() for queue in queues])
    else:
        print_table("Dead-letter queues", ("queue!", "messages>"), [(q.name, q.messages) for q in queues])


@app.command("show")
def show_messages(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Maximum number of messages.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show messages of a dead-letter queue without removing them.

    Example:

        till dlq show Demand --limit 3
    """
    stack = find_stack()
    messages = dead_letters.peek(stack, dead_letters.find(stack, name), limit)
    if as_json:
        print_json(messages)
        return
    for message in messages:
        out.print(styled(message["MessageId"], "bold"))
        out.print(message["Body"])
    if not messages:
        out.print("No messages.")


@app.command("redrive")
def redrive_messages(name: Name) -> None:
    """Move all messages of a dead-letter queue back to its source queue.

    Fix the cause first: a message that fails again returns here.

    Example:

        till dlq redrive Demand
    """
    stack = find_stack()
    sent = 0
    for message_id in dead_letters.redrive(stack, dead_letters.find(stack, name)):
        out.print(message_id)
        sent += 1
    out.print(f"{sent} redriven." if sent else "No messages.")
