"""What people ask of users: create, list, show, move to a group, disable, and sign in."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from tillflow.api.roles import SCOPES_BY_GROUP
from tillflow.parsing import parse

from identity.errors import InvalidUser, SignInRefused, UnknownUser, UserExists
from identity.models import User, UserFields

_POLICY = "at least 12 characters with lower case, upper case and a digit"
"""The password policy of the user pool."""
_POSSIBLE_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f]{1,128}")


class UserOperations:
    """cognito: a client of Cognito user pools; pool, app: the ids of the user pool and of the till's app client."""

    def __init__(self, cognito: Any, pool: str, app: str) -> None:
        self._cognito = cognito
        self._pool = pool
        self._app = app

    def create(self, request: Mapping[str, Any], password: str) -> User:
        """Create a user with a permanent password. InvalidUser, UserExists.

        A user without a group is one whose creation was interrupted: it is completed.
        """
        user = parse(UserFields, request, InvalidUser)
        named = {"UserPoolId": self._pool, "Username": user.username}
        location = [{"Name": "custom:location", "Value": user.location}]
        try:
            self._cognito.admin_create_user(
                **named, MessageAction="SUPPRESS", UserAttributes=location if user.location else []
            )
        except self._cognito.exceptions.UsernameExistsException:
            if self._groups(user.username):
                raise UserExists(user.username) from None
            self._cognito.admin_update_user_attributes(**named, UserAttributes=location)
        try:
            self._cognito.admin_set_user_password(**named, Password=password, Permanent=True)
        except self._cognito.exceptions.InvalidPasswordException:
            # A user without a password could not be created again under the same name.
            self._cognito.admin_delete_user(**named)
            raise InvalidUser("password", "(hidden)", _POLICY) from None
        self._cognito.admin_add_user_to_group(**named, GroupName=user.group)
        return User(**user.model_dump())

    def list_all(self) -> list[User]:
        """Return the users of every group, by name. One in several groups is in the one with the most scopes."""
        users: dict[str, User] = {}
        for group in SCOPES_BY_GROUP:
            pages = self._cognito.get_paginator("list_users_in_group").paginate(
                UserPoolId=self._pool, GroupName=group
            )
            users |= {user["Username"]: _user(user, group) for page in pages for user in page["Users"]}
        return [users[name] for name in sorted(users)]

    def get(self, username: str) -> User:
        """Return a user. UnknownUser.

        Cognito finds a user by `sub` too, and by other spellings where a pool ignores case.
        """
        with self._known(username) as request:
            account = self._cognito.admin_get_user(**request)
            groups = self._groups(username)
        if not groups:
            raise UnknownUser(username)
        return _user({**account, "Attributes": account["UserAttributes"]}, groups[-1])

    def set_group(self, username: str, group: str) -> User:
        """Move a user to a group, and end the sessions that have the scopes of the former one. UnknownUser.

        The new group is added first: a move that stops in between can be repeated.
        """
        with self._known(username) as request:
            before = self._groups(username)
            self._cognito.admin_add_user_to_group(**request, GroupName=group)
            for former in before:
                if former != group:
                    self._cognito.admin_remove_user_from_group(**request, GroupName=former)
            self._cognito.admin_user_global_sign_out(**request)
        return self.get(username)

    def set_enabled(self, username: str, enabled: bool) -> None:
        """Allow or refuse a user's sign-in; refusing revokes the refresh tokens. UnknownUser."""
        with self._known(username) as request:
            if enabled:
                self._cognito.admin_enable_user(**request)
            else:
                self._cognito.admin_disable_user(**request)
                self._cognito.admin_user_global_sign_out(**request)

    def sign_in(self, username: str, password: str) -> str:
        """Return an access token. SignInRefused."""
        try:
            response = self._cognito.initiate_auth(
                ClientId=self._app,
                AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": username, "PASSWORD": password},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("NotAuthorizedException", "UserNotFoundException"):
                raise
            raise SignInRefused("name or password is wrong") from None
        if "AuthenticationResult" not in response:
            raise SignInRefused(f"Cognito asks for {response['ChallengeName']}")
        return str(response["AuthenticationResult"]["AccessToken"])

    @contextmanager
    def _known(self, username: str) -> Iterator[dict[str, str]]:
        """Yield the fields that name a user in a request; UnknownUser when a request of the block finds none.

        And for a name that no user can have, of which Cognito says that it is not valid.
        """
        if not _POSSIBLE_NAME.fullmatch(username):
            raise UnknownUser(username[:128])
        try:
            yield {"UserPoolId": self._pool, "Username": username}
        except self._cognito.exceptions.UserNotFoundException:
            raise UnknownUser(username) from None

    def _groups(self, username: str) -> list[str]:
        """Return the groups of a user, from the one with the fewest scopes to the one with the most."""
        listed = self._cognito.admin_list_groups_for_user(UserPoolId=self._pool, Username=username)
        names = {group["GroupName"] for group in listed["Groups"]}
        return [group for group in SCOPES_BY_GROUP if group in names]


def _user(user: Mapping[str, Any], group: str) -> User:
    attributes = {one["Name"]: one["Value"] for one in user.get("Attributes", ())}
    return User.model_validate(
        {
            "username": user["Username"],
            "group": group,
            "location": attributes.get("custom:location", ""),
            "enabled": user["Enabled"],
        }
    )
