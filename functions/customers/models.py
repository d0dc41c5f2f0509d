"""A customer as the shop keeps one."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Customer(BaseModel):
    """A customer. email and phone are how to reach them, either may be missing."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    customer_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=120)]
    email: Annotated[str | None, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)] = None
    phone: Annotated[str | None, Field(pattern=r"^\+?[0-9][0-9 ()/-]{4,24}$")] = None
    note: Annotated[str, Field(max_length=1000)] = ""
