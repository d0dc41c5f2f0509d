"""`till dlq`: messages of dead-letter queues."""

from getpass import getuser
from typing import Annotated

import typer
from cases.dead_letters.limits import MOST_MESSAGES

from till.errors import operator_errors
from till.numbers import number_option
from till.output import out, print_json, print_table, styled, timestamp
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="List, show, redrive and drop messages of dead-letter queues.")

Name = Annotated[str, typer.Argument(help="Name of a queue, as in `till dlq list`.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]
_NAMES = "See the names with `till dlq list`."


@app.command("list")
def list_queues(as_json: AsJson = False) -> None:
    """List the dead-letter queues with the approximate number of their messages.

    Example:

        till dlq list
    """
    from till.services.dead_letters import DeadLetterQueues

    queues = DeadLetterQueues(find_stack()).list_queues()
    if as_json:
        print_json([queue.model_dump(mode="json") for queue in queues])
    else:
        print_table("Dead-letter queues", ("queue!", "messages>"), [(q.name, q.messages) for q in queues])


@app.command("show")
def show_messages(
    name: Name,
    limit: Annotated[int, number_option(min=1, max=MOST_MESSAGES, help="Maximum number of messages.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show messages of a dead-letter queue, with why, when and how often they failed. None is removed.

    Example:

        till dlq show Demand --limit 3
    """
    from till.services.dead_letters import DeadLetterQueues

    with operator_errors(_NAMES):
        messages = DeadLetterQueues(find_stack()).list_messages(name, limit)
    if as_json:
        print_json([message.model_dump(mode="json") for message in messages])
        return
    for message in messages:
        failure = message.failure
        failed_at = timestamp(failure.failed_at) if failure.failed_at else "unknown"
        out.print(styled(message.message_id, "bold"))
        out.print(f"  failed: {failure.reason}")
        out.print(f"  at: {failed_at}, attempts: {failure.attempts or 'unknown'}")
        out.print(f"  {message.body}{'…' if message.shortened else ''}")
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

        till dlq drop Demand "$(till dlq show Demand --json | jq -r '.[0].message_id')" --note "a test order"
    """
    from till.services.dead_letters import DeadLetterQueues

    queues = DeadLetterQueues(find_stack())
    with operator_errors(f"Give a --note that says why. See the messages with `till dlq show`. {_NAMES}"):
        dropped = queues.drop(name, message_id, note, by or getuser())
    out.print(f"Dropped {message_id}, which had failed: {dropped.failure.reason}")


@app.command("redrive")
def redrive_messages(
    name: Name,
    message: Annotated[str, typer.Option(help="Id of the only message to move, as in `till dlq show`.")] = "",
) -> None:
    """Move all messages of a dead-letter queue, or one, back to its source queue.

    Fix the cause first: a message that fails again returns here.

    Example:

        till dlq redrive Demand
    """
    from till.services.dead_letters import DeadLetterQueues

    sent = 0
    queues = DeadLetterQueues(find_stack())
    with operator_errors(f"{_NAMES} The runbook says what to do with each."):
        if message:
            queues.redrive_message(name, message)
            out.print("1 redriven.")
            return
        for message_id in queues.redrive(name):
            out.print(message_id)
            sent += 1
    out.print(f"{sent} redriven." if sent else "No messages.")
