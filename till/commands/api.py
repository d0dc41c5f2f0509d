"""`till api`: sign in and call the HTTP API."""

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from till.errors import OperatorError, operator_errors
from till.output import err, out
from till.stack import Stack, find_stack

TIMEOUT_SECONDS = 40
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ACCEPTED = f"{', '.join(METHODS[:-1])} or {METHODS[-1]}"


def api(
    method: Annotated[str, typer.Argument(help=f"{_ACCEPTED}.")],
    path: Annotated[str, typer.Argument(help="Path below /api, with its query, e.g. '/orders/ord-1'.")],
    data: Annotated[str | None, typer.Option(help="Body: JSON text, @FILE, or - for standard input.")] = None,
    user: Annotated[
        str | None, typer.Option(help="User; by default TILLFLOW_USER, or the demo's operator.")
    ] = None,
    if_match: Annotated[str | None, typer.Option(help="Version that an update is for: the ETag.")] = None,
    show_headers: Annotated[
        bool, typer.Option("--headers", help="Print status and headers on stderr.")
    ] = False,
) -> None:
    """Sign in and call the HTTP API. Prints the response; exits with 1 when its status is 400 or more.

    The password is that of TILLFLOW_PASSWORD; on the local AWS the demo shop's users need none.

    Examples:

        till api GET /customers

        till api POST /customers --data '{"customer_id": "cus-1", "name": "Ada"}' --user cashier
    """
    import urllib3

    from till.users import api_url

    if method.upper() not in METHODS:
        raise OperatorError(f"method is {method!r}; expected {_ACCEPTED}.", "See `till api --help`.")
    stack = find_stack()
    headers = {"authorization": f"Bearer {_token(stack, user)}", "content-type": "application/json"}
    if if_match is not None:
        # A shell removes the quotes of an ETag.
        headers["if-match"] = f'"{if_match}"' if if_match.isdigit() else if_match
    try:
        response = urllib3.request(
            method.upper(),
            f"{api_url(stack)}/api/{path.removeprefix('/api').lstrip('/')}",
            body=_body(data),
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            retries=False,
        )
    except urllib3.exceptions.HTTPError as error:
        raise OperatorError(f"The API does not respond: {error}", "Check `till status`.") from error
    if show_headers:
        for name, value in (("status", response.status), *response.headers.items()):
            err.print(f"{name}: {value}")
    for line in _indented(response.data.decode(errors="replace")).split("\n"):
        out.print(line)
    if response.status >= 400:
        raise typer.Exit(1)


def _token(stack: Stack, user: str | None) -> str:
    from till.users import DEMO_PASSWORD, users

    name = user or os.environ.get("TILLFLOW_USER") or "operator"
    password = os.environ.get("TILLFLOW_PASSWORD") or (DEMO_PASSWORD if stack.endpoint else "")
    if not password:
        raise OperatorError("No password is given.", "Set TILLFLOW_USER and TILLFLOW_PASSWORD.")
    with operator_errors("Check TILLFLOW_USER and TILLFLOW_PASSWORD; `till user list` lists the users."):
        return users(stack).sign_in(name, password)


def _body(data: str | None) -> bytes | None:
    if data is None:
        return None
    if data == "-":
        return sys.stdin.buffer.read()
    if not data.startswith("@"):
        return data.encode()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise OperatorError(
            f"Cannot read {data[1:]}: {error.strerror}.", "Check the name of the file."
        ) from error


def _indented(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text
