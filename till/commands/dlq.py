"""`till dlq`: messages of dead-letter queues."""

from getpass import getuser
from typing import Annotated

import typer

from till import dead_letters
from till.errors import operator_errors
from till.failures import failure_of
from till.output import out, print_json, print_table, styled
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="List, show, redrive and drop messages of dead-letter queues.")

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
    """Show messages of a dead-letter queue, with why, when and how often they failed. None is removed.

    Example:

        till dlq show Demand --limit 3
    """
    stack = find_stack()
    queue = dead_letters.find(stack, name)
    messages = dead_letters.peek(stack, queue, limit)
    failures = [failure_of(stack, queue.source_url, message) for message in messages]
    if as_json:
        shown = [
            message | {"failure": failure.document()}
            for message, failure in zip(messages, failures, strict=True)
        ]
        print_json(shown)
        return
    for message, failure in zip(messages, failures, strict=True):
        out.print(styled(message["MessageId"], "bold"))
        out.print(f"  failed: {failure.reason}")
        out.print(f"  at: {failure.failed_at or 'unknown'}, attempts: {failure.attempts or 'unknown'}")
        out.print(f"  {message['Body']}")
    if not messages:
        out.print("No messages.")


@app.command("drop")
def drop_message(
    name: Name,
    message_id: Annotated[str, typer.Argument(help="Message id, as in `till dlq show`.")],
    note: Annotated[str, typer.Option(help="Why the message is not needed.")],
    by: Annotated[str, typer.Option(help="Name of the person who decides; by default the user.")] = "",
) -> None:
    """Remove one message. `till case list --all` keeps its content, the note and who dropped it.

    Example:

        till dlq drop Demand "$(till dlq show Demand --json | jq -r '.[0].MessageId')" --note "a test order"
    """
    stack = find_stack()
    with operator_errors("Give a --note that says why."):
        failure = dead_letters.drop(stack, dead_letters.find(stack, name), message_id, note, by or getuser())
    out.print(f"Dropped {message_id}, which had failed: {failure.reason}")


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
