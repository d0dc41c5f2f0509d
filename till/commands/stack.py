"""`till up | down | status | reset | env`: the local AWS on this machine."""

import os
import shlex
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from local_aws import supervisor
from local_aws.home import CannotStart, NeverReady, RunningStack, client_environment, home, port

from till.deploy import Deployer, DeployFailed
from till.errors import OperatorError, explain
from till.output import err, out, print_json
from till.stack import Stack, find_stack

_UNWANTED = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
_LOOK_SECONDS = 1.0


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Leave it running and return.")] = False,
    deploy: Annotated[
        bool, typer.Option("--deploy", help="Build and deploy the shop onto it as well.")
    ] = False,
) -> None:
    """Start the local AWS: all services on one port of 127.0.0.1, no Docker, no AWS account.

    Its data stays in .local (or TILLFLOW_HOME) from one start to the next. TILLFLOW_PORT chooses the port.

    Examples:

        till up --detach

        TILLFLOW_HOME=/tmp/other TILLFLOW_PORT=4570 till up
    """
    here = home()
    ours = here.running() is None
    with refusals():
        stack = bring_up(with_parent=not detach)
        try:
            if deploy:
                bring_to_date(stack)
            err.print('Talk to it with `eval "$(till env)"`; end it with `till down`.', highlight=False)
            if not detach and ours:
                err.print("Ctrl-C ends it.")
                wait_for_interrupt()
        finally:
            if not detach and ours:
                take_down()


def down() -> None:
    """End the local AWS. What it holds is saved and there again after the next `till up`."""
    with refusals():
        if not take_down():
            err.print("No local AWS runs here.")


def status() -> None:
    """Show whether the local AWS runs here, where it keeps its data, and which shop the commands talk to.

    Exit 1 when they have none to talk to.
    """
    here = home()
    local = here.running()
    shop = find_stack()
    lines = {
        "Local AWS": f"runs on {local.endpoint}, process {local.pid}" if local else "does not run",
        "Data": str(here.path),
        "Log": str(here.log),
    }
    status = ""
    try:
        status = str(shop.described["StackStatus"])
        lines["Commands"] = f"talk to {shop.where}, stack {shop.name}: {status}"
    except (OperatorError, BotoCoreError, ClientError) as error:
        problem = error if isinstance(error, OperatorError) else explain(error)
        lines["Commands"] = f"have no shop to talk to. {problem} {problem.advice}"
    for name, value in lines.items():
        out.print(f"{name:<10} {value}", highlight=False, soft_wrap=True, markup=False)
    if not status:
        raise typer.Exit(1)


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """End the local AWS and forget everything it holds: tables, executions, logs, deployments."""
    here = home()
    if not yes:
        typer.confirm(f"Forget everything in {here.path}?", abort=True)
    with refusals():
        supervisor.reset(here)
    err.print(f"{here.path} is empty.", highlight=False)


def env(
    for_sam: Annotated[
        bool,
        typer.Option("--sam", help="Print the functions' own variables, for `sam local invoke --env-vars`."),
    ] = False,
) -> None:
    """Print what aws, sam and boto3 need to talk to the local AWS, for a shell to evaluate.

    Examples:

        eval "$(till env)" && aws stepfunctions list-state-machines

        till env --sam > .local/env.json &&
        sam local invoke PriceOrderFunction -e events/price_order.json --config-env local
    """
    if for_sam:
        print_json(function_variables(find_stack()))
        return
    stack = home().running()
    if stack is None:
        raise OperatorError("No local AWS runs here.", "Start it with `till up --detach`.")
    for name in _UNWANTED:
        print(f"unset {name}")  # noqa: T201 - for the shell, not for people
    for name, value in client_environment(stack).items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201


def function_variables(stack: Stack) -> dict[str, dict[str, str]]:
    """The deployed variables of every function by logical id, and where it finds AWS: "" is AWS itself."""
    client = stack.client("lambda")

    def variables(function: str) -> dict[str, str]:
        deployed = client.get_function_configuration(FunctionName=function).get("Environment", {})
        return deployed.get("Variables", {}) | {"AWS_ENDPOINT_URL": stack.endpoint or ""}

    functions = {name: value for name, value in stack.outputs.items() if name.endswith("Function")}
    with ThreadPoolExecutor(8) as threads:
        return dict(zip(functions, threads.map(variables, functions.values()), strict=True))


def register(app: typer.Typer) -> None:
    """Add the commands to `till`."""
    for command in (up, down, status, reset, env):
        app.command(command.__name__)(command)


def bring_up(*, with_parent: bool) -> RunningStack:
    """Start the stack unless it runs, and say what it has to say."""
    here = home()
    ours = here.running() is None
    with err.status("Starting the local AWS"):
        stack = supervisor.start(here, port(), with_parent=with_parent)
    err.print(
        f"[green]✓[/] Local AWS {'on' if ours else 'runs already on'} {stack.endpoint}", highlight=False
    )
    for line in supervisor.warnings(here, stack) if ours else ():
        err.print(f"[yellow]![/] {line}", highlight=False, soft_wrap=True)
    return stack


def bring_to_date(stack: RunningStack) -> None:
    """Build and deploy the shop, if anything it is made of has changed."""
    with err.status("Building and deploying the shop (sam build, sam deploy)"):
        changed = Deployer(home(), stack).deploy()
    err.print(f"[green]✓[/] The shop is {'deployed' if changed else 'deployed already, nothing has changed'}")


def take_down() -> bool:
    with err.status("Ending the local AWS"):
        ended = supervisor.stop(home())
    if ended and supervisor.kept(home()):
        err.print("[green]✓[/] Local AWS ended, its data is kept")
    elif ended:
        log = os.path.relpath(home().log)
        err.print(
            f"[yellow]![/] Local AWS ended, but not all it held could be saved: {log} says why.",
            soft_wrap=True,
        )
    return ended


def wait_for_interrupt() -> None:
    """Return on Ctrl-C or SIGTERM. Raises OperatorError when the local AWS has ended without being asked here."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    while not stop.wait(_LOOK_SECONDS):
        if home().running() is None:
            raise OperatorError(
                "The local AWS has ended.",
                f"If nobody ended it (`till down`), its log says why: {os.path.relpath(home().log)}",
            )


@contextmanager
def refusals() -> Iterator[None]:
    """The stack's own refusals, and the disk's, as the operator's: a sentence, and what to do."""
    try:
        yield
    except NeverReady as refused:
        raise OperatorError(str(refused), f"Its log is {os.path.relpath(home().log)}.") from refused
    except CannotStart as refused:
        raise OperatorError(str(refused)) from refused
    except DeployFailed as failed:
        where = os.path.relpath(home().path)
        raise OperatorError(
            str(failed), f"All it printed is in {where}/sam-*.log. Mend it and try again."
        ) from failed
    except OSError as error:
        raise OperatorError(
            f"{error.filename or home().path} cannot be written: {error.strerror}.",
            "Make room there, or choose another folder with TILLFLOW_HOME.",
        ) from error
