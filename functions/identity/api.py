"""Users over HTTP."""

import os
from functools import cache
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool
from tillflow.api import Api, Call, Reply
from tillflow.aws import client
from tillflow.references import Reference, check_references, invoked

from identity.errors import OwnAccess
from identity.models import Group, User, UserFields
from identity.operations import UserOperations

api = Api("identity")
handle = api.handle


class NewUser(UserFields):
    """A user with its first password, which has at least 12 characters: lower and upper case, and a digit."""

    password: Annotated[str, Field(min_length=12, max_length=256)]


class UserGroup(BaseModel):
    """The group of a user."""

    model_config = ConfigDict(frozen=True)

    group: Group


class Access(BaseModel):
    """enabled: whether the user may sign in."""

    model_config = ConfigDict(frozen=True)

    enabled: StrictBool


@cache
def _users() -> UserOperations:
    return UserOperations(client("cognito-idp"), os.environ["USER_POOL"], "")


@api.route("GET /users", "operate", response=list[User])
def list_users(call: Call) -> list[User]:
    """List the users of every group by name."""
    return _users().list_all()


@api.route("POST /users", "operate", body=NewUser, response=User, statuses=(201,))
def create_user(call: Call) -> Reply:
    """Create a user with a password."""
    body: NewUser = call.body
    if body.location:
        find = invoked(client("lambda"), os.environ["FIND_UNKNOWN_LOCATIONS_FUNCTION"])
        check_references([Reference("location", "location", body.location)], {"location": find})
    return Reply(_users().create(body.model_dump(exclude={"password"}), body.password), 201)


@api.route("PUT /users/{username}/group", "operate", body=UserGroup, response=User)
def put_group(call: Call) -> User:
    """Move a user to a group; what the user may do changes at once, after a new sign-in."""
    return _users().set_group(_other(call), call.body.group)


@api.route("PUT /users/{username}/access", "operate", body=Access, response=User)
def put_access(call: Call) -> User:
    """Allow or refuse a user's sign-in; refusing ends the user's sessions once their tokens expire."""
    username = _other(call)
    _users().set_enabled(username, call.body.enabled)
    return _users().get(username)


def _other(call: Call) -> str:
    """Return the name of the user in the path. OwnAccess for the caller, who could not undo a mistake.

    Cognito finds a user by its `sub` and by other spellings too, so that its own name is compared.
    """
    username = _users().get(call.path["username"]).username
    if username == call.caller.username:
        raise OwnAccess(username)
    return username
