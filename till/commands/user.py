"""`till user`: who may sign in to the API and the console."""

from enum import StrEnum
from typing import Annotated

import typer

from till.errors import operator_errors
from till.output import out, print_json, print_table
from till.report import AsJson
from till.stack import find_stack

app = typer.Typer(no_args_is_help=True, help="Users: who may sign in, and what they may do.")

Name = Annotated[str, typer.Argument(help="User name.")]


class Group(StrEnum):
    CASHIER = "cashier"
    MANAGER = "manager"
    OPERATOR = "operator"


@app.command()
def create(
    name: Name,
    group: Annotated[Group, typer.Option(help="What the user may do.")],
    location: Annotated[str, typer.Option(help="The only location a cashier sells at; any without.")] = "",
    password: Annotated[
        str,
        typer.Option(
            prompt=True,
            hide_input=True,
            confirmation_prompt=True,
            show_default=False,
            help="At least 12 characters.",
        ),
    ] = "",
) -> None:
    """Create a user. The password is asked for unless --password gives it.

    Example:

        till user create ada --group cashier --location store-1
    """
    from till.services.inventory import Stock
    from till.users import users

    stack = find_stack()
    with operator_errors("List the users with `till user list`, the locations with `till location list`."):
        if location:
            Stock(stack).check_location(location)
        user = users(stack).create({"username": name, "group": group.value, "location": location}, password)
    out.print(f"Created {user.group} {user.username}.")


@app.command("list")
def list_users(as_json: AsJson = False) -> None:
    """List the users by name.

    Example:

        till user list
    """
    from till.users import users

    listed = users(find_stack()).list_all()
    if as_json:
        print_json([user.model_dump() for user in listed])
    elif not listed:
        out.print("No users.")
    else:
        rows = [
            (user.username, user.group, user.location or "any", "yes" if user.enabled else "no")
            for user in listed
        ]
        print_table("Users", ("user!", "group!", "location!", "enabled"), rows)


@app.command()
def disable(name: Name) -> None:
    """Refuse a user's sign-in and sign the user out.

    Example:

        till user disable cashier
    """
    from till.users import users

    with operator_errors("List the users with `till user list`."):
        users(find_stack()).set_enabled(name, False)
    out.print(f"Disabled {name}.")


@app.command()
def enable(name: Name) -> None:
    """Allow a disabled user's sign-in again.

    Example:

        till user enable cashier
    """
    from till.users import users

    with operator_errors("List the users with `till user list`."):
        users(find_stack()).set_enabled(name, True)
    out.print(f"Enabled {name}.")
