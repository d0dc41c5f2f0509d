"""Errors of identity."""

from tillflow.errors import DomainError, InvalidRequest


class InvalidUser(InvalidRequest):
    """A user that is not accepted."""

    cashier_message = "The user is not valid. Check the named field."
    subject = "user"


class UserExists(DomainError):
    """A user of this name exists."""

    status = 409
    cashier_message = "This name is taken."

    def __init__(self, username: str) -> None:
        super().__init__(f"user {username} exists")


class UnknownUser(DomainError):
    """No user has this name."""

    cashier_message = "No such user."

    def __init__(self, username: str) -> None:
        super().__init__(f"user {username} does not exist")


class OwnAccess(DomainError):
    """An operator's change of the own group or sign-in, which that operator could not undo."""

    status = 409
    cashier_message = "Another operator has to change your own access."

    def __init__(self, username: str) -> None:
        super().__init__(f"user {username} may not change the own group or sign-in; another operator can")


class SignInRefused(DomainError):
    """The name or the password is wrong, or the user has to change the password first."""

    status = 401
    cashier_message = "Name or password is wrong."

    def __init__(self, reason: str) -> None:
        super().__init__(f"sign-in refused: {reason}")
