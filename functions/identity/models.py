"""Users as people manage them. Passwords are kept by Cognito alone."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

type Group = Literal["cashier", "manager", "operator"]

Username = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class UserFields(BaseModel):
    """What a user is created with. location: the only one a cashier sells at; "" for any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    username: Username
    group: Group
    location: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9._-]*$")] = ""


class User(BaseModel):
    """A user, who may have been created in the user pool itself. enabled: whether the user may sign in."""

    model_config = ConfigDict(frozen=True)

    username: str
    group: Group
    location: str = ""
    enabled: bool = True
