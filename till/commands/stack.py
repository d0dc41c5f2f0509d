"""`till up | down | status | reset | env | aws`: the local AWS on this machine."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from till.errors import OperatorError, explain
from till.local_stack import LAMBDA_PYTHON, choose_port, state_folder
from till.output import confirm, err, out, print_json, stage, styled
from till.stack import Stack, find_stack

if TYPE_CHECKING:
    from types import FrameType

    from local_aws import CannotStart, RunningStack

    from till.build import Build

# Variables that would override those of the local AWS.
_CONFLICTING = ("AWS_PROFILE", "AWS_SESSION_TOKEN")
_POLL_SECONDS = 1.0
_TERMINATION = (signal.SIGTERM, signal.SIGHUP)


def up(
    detach: Annotated[bool, typer.Option("--detach", "-d", help="Run in the background.")] = False,
    deploy_shop: Annotated[bool, typer.Option("--deploy", help="Build and deploy the shop.")] = False,
) -> None:
    """Start the local AWS: all services on one port of 127.0.0.1, without Docker or an AWS account.

    Its data is kept in .local (or TILLFLOW_HOME). The port is 4566, or the first free one after it;
    TILLFLOW_PORT sets another.

    Examples:

        till up --detach

        TILLFLOW_HOME=/tmp/other TILLFLOW_PORT=4570 till up
    """
    stops_at_end = False
    interrupt_on_termination()
    with operator_errors():
        try:
            with shop_build() if deploy_shop else nullcontext() as build:
                started_here = state_folder().running() is None
                stack = start(with_parent=not detach)
                stops_at_end = started_here and not detach
                if build is not None:
                    deploy(stack, build)
            if deploy_shop:
                print_urls()
                err.print("`till seed` creates the demo shop and its users.")
            err.print('Set up a shell for it with `eval "$(till env)"`; stop it with `till down`.')
            if stops_at_end:
                err.print("Press Ctrl-C to stop it.")
                wait_for_interrupt()
        finally:
            if stops_at_end:
                stop()


def print_urls() -> None:
    """Print the URLs of the console, the engine's page and the API of the local AWS."""
    from local_aws.settings import ENGINE_PAGE_PATH

    from till.users import api_url

    # The local AWS that runs here, whatever endpoint the caller's environment names.
    endpoints = ("AWS_ENDPOINT_URL", "TILLFLOW_ENDPOINT")
    stack = find_stack({name: value for name, value in os.environ.items() if name not in endpoints})
    err.print(f"Console: {api_url(stack)}/")
    err.print(f"Step Functions: {stack.endpoint}{ENGINE_PAGE_PATH}")
    err.print(f"API: {api_url(stack)}/api/docs (try `till api GET /customers`)")


def down() -> None:
    """Stop the local AWS. Its data is kept for the next `till up`."""
    with operator_errors():
        if not stop():
            err.print("The local AWS is not running.")


def status() -> None:
    """Show whether the local AWS runs, where its data is, and which deployment the commands use.

    Exit 1 if there is no deployment.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    folder = state_folder()
    running = folder.running()
    stack = find_stack()
    lines = {
        "Local AWS": f"running on {running.endpoint}, process {running.pid}" if running else "not running",
        "Data": str(folder.path),
        "Log": str(folder.log),
    }
    stack_status = ""
    if running is None and stack.endpoint is None and not stack.session.get_config_variable("region"):
        out.print(
            f"The local AWS is stopped; its data is in {folder.path}. Start it with `till up --detach`."
        )
        raise typer.Exit(1)
    try:
        stack_status = str(stack.description["StackStatus"])
        lines["Deployment"] = f"stack {stack.name} on {stack.location}: {stack_status}"
    except (OperatorError, BotoCoreError, ClientError) as error:
        problem = error if isinstance(error, OperatorError) else explain(error)
        lines["Deployment"] = f"none. {problem} {problem.advice}"
    for name, value in lines.items():
        out.print(f"{name:<10} {value}")
    if not stack_status:
        raise typer.Exit(1)


def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")] = False,
) -> None:
    """Stop the local AWS and delete all of its data: tables, executions, logs, deployments."""
    from local_aws import supervisor

    from till.build import build_lock
    from till.deploy import delete_deployment

    folder = state_folder()
    if not yes:
        confirm(f"Delete all data in {folder.path}?")
    with operator_errors(), build_lock(folder.path, report_waiting_for_build):
        supervisor.reset(folder)
        delete_deployment(folder.path)
    err.print(f"All data in {folder.path} is deleted.")


def env(
    for_sam: Annotated[
        bool, typer.Option("--sam", help="Print variables of functions for `sam local invoke --env-vars`.")
    ] = False,
) -> None:
    """Print the environment variables with which aws, sam and boto3 use the local AWS.

    Examples:

        eval "$(till env)" && aws stepfunctions list-state-machines

        till env --sam > .local/env.json &&
        sam local invoke PriceOrderFunction -e events/price_order.json --config-env local
    """
    from local_aws import client_environment

    if for_sam:
        _print_function_variables(find_stack())
        return
    stack = state_folder().running()
    if stack is None:
        raise OperatorError("The local AWS is not running.", "Start it with `till up --detach`.")
    for name in _CONFLICTING:
        print(f"unset {name}")  # noqa: T201 - for the shell to evaluate
    for name, value in client_environment(stack).items():
        print(f"export {name}={shlex.quote(value)}")  # noqa: T201


def aws(context: typer.Context) -> None:
    """Run the AWS CLI with the endpoint of the deployment and, on the local AWS, its keys.

    Examples:

        till aws sqs list-queues

        till aws stepfunctions list-state-machines
    """
    from local_aws import client_environment

    stack = find_stack()
    program = Path(sys.executable).with_name("aws")
    command = [str(program) if program.exists() else "aws"]
    environment = dict(os.environ)
    if stack.endpoint:
        command += ["--endpoint-url", stack.endpoint]
    running = state_folder().running()
    if running is not None and stack.endpoint == running.endpoint:
        for name in _CONFLICTING:
            environment.pop(name, None)
        environment |= client_environment(running)
    try:
        os.execvpe(command[0], [*command, *context.args], environment)  # noqa: S606 - arguments, not a shell
    except FileNotFoundError:
        raise OperatorError("The AWS CLI is not installed.", "Install it, or run `make setup`.") from None


def _print_function_variables(stack: Stack) -> None:
    """Print the variables of functions in containers, which cannot reach 127.0.0.1 of this machine."""
    running = state_folder().running()
    endpoint = stack.endpoint or ""
    if running is not None and endpoint == running.endpoint:
        if running.container_endpoint is None:
            err.print(
                "No container bridge (docker0, podman0) was found when the local AWS started:"
                " containers cannot reach it. Start the container engine, then `till down` and `till up`.",
            )
        endpoint = running.container_endpoint or endpoint
    print_json(_function_variables(stack, endpoint))


def _function_variables(stack: Stack, endpoint: str) -> dict[str, dict[str, str]]:
    """Return the deployed variables of every function with an AWS endpoint, by logical id; "" is AWS itself."""
    client = stack.client("lambda")

    def variables(function: str) -> dict[str, str]:
        deployed = client.get_function_configuration(FunctionName=function).get("Environment", {})
        return {**deployed.get("Variables", {}), "AWS_ENDPOINT_URL": endpoint}

    functions = {name: value for name, value in stack.outputs.items() if name.endswith("Function")}
    with ThreadPoolExecutor(8) as threads:
        return dict(zip(functions, threads.map(variables, functions.values()), strict=True))


def start(*, with_parent: bool) -> RunningStack:
    """Start the local AWS unless it is running; print its address and warnings."""
    from local_aws import supervisor
    from local_aws.settings import DEFAULT_PORT

    folder = state_folder()
    started_here = folder.running() is None
    with stage("Starting the local AWS"):
        stack = supervisor.start(folder, choose_port(), lambda_python=LAMBDA_PYTHON, with_parent=with_parent)
    err.print(
        styled("✓", "green"),
        f"Local AWS {'running' if started_here else 'already running'} on {stack.endpoint}",
    )
    if started_here and stack.port != DEFAULT_PORT and not os.environ.get("TILLFLOW_PORT"):
        err.print(f"  Port {DEFAULT_PORT} is in use by another program: {stack.port} is the first free one.")
    for line in stack.warnings if started_here else ():
        err.print(styled("!", "yellow"), line)
    if started_here and stack.warnings:
        err.print("`till audit` checks the shop's data; `till reset` deletes all local data.")
    return stack


@contextmanager
def shop_build() -> Iterator[Build]:
    """Yield a build of the shop that runs while the local AWS starts; at exit other processes may build and deploy."""
    from till.build import Build

    with Build(state_folder().path, on_wait=report_waiting_for_build) as build:
        yield build


def report_waiting_for_build() -> None:
    err.print("Waiting for another process that builds the shop")


def deploy(stack: RunningStack, build: Build) -> None:
    """Deploy the shop when it is built, unless it is up to date."""
    from till.deploy import Deployer

    with stage("Building and deploying the shop (sam build, sam deploy)"):
        changed = Deployer(state_folder().path, stack).deploy(build)
    err.print(styled("✓", "green"), f"The shop is {'deployed' if changed else 'up to date'}")


def stop() -> bool:
    """Stop the local AWS; return False if it was not running."""
    from local_aws import supervisor

    folder = state_folder()
    with err.status("Stopping the local AWS"):
        stopped = supervisor.stop(folder)
    if stopped:
        err.print(styled("✓", "green"), "Local AWS stopped, its data is kept")
    return bool(stopped)


def interrupt_on_termination() -> None:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP too, so that what was started is stopped as after Ctrl-C."""
    for number in _TERMINATION:
        _handle(number, signal.default_int_handler)


def wait_for_interrupt() -> None:
    """Return on Ctrl-C, SIGTERM or SIGHUP. Raise OperatorError when the local AWS stops by itself."""
    interrupted = threading.Event()
    for number in (signal.SIGINT, *_TERMINATION):
        _handle(number, lambda *_: interrupted.set())
    folder = state_folder()
    while not interrupted.wait(_POLL_SECONDS):
        if folder.running() is None:
            raise OperatorError(
                "The local AWS has stopped.",
                f"Unless `till down` stopped it, its log has the reason: {os.path.relpath(folder.log)}",
            )


def _handle(number: signal.Signals, handler: Callable[[int, FrameType | None], None]) -> None:
    """Handle a signal, unless the caller has this process ignore it, as nohup does."""
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)


@contextmanager
def operator_errors() -> Iterator[None]:
    """Convert errors of the local AWS, of deployments and of the disk to OperatorError."""
    from local_aws import CannotStart

    from till.sam import DeployFailed

    try:
        yield
    except CannotStart as error:
        raise OperatorError(str(error), _advice(error)) from error
    except DeployFailed as error:
        folder = os.path.relpath(state_folder().path)
        raise OperatorError(
            str(error), f"The output of sam is in {folder}/sam-*.log. Fix the cause and try again."
        ) from error
    except OSError as error:
        raise OperatorError(
            f"Cannot write {error.filename or state_folder().path}: {error.strerror}.",
            "Free disk space, or set TILLFLOW_HOME to another folder.",
        ) from error


def _advice(error: CannotStart) -> str:
    from local_aws import NotReady, PortInUse, StackInUse, UnreadableState

    match error:
        case PortInUse():
            return "Stop that program, or unset TILLFLOW_PORT to use a free port."
        case StackInUse():
            return "Stop it with `till down`."
        case UnreadableState():
            return "Restore it from a copy, or delete all local data with `till reset`."
        case NotReady():
            return f"Its log is {os.path.relpath(state_folder().log)}."
        case _:
            return ""
