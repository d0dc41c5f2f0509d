"""Dead-letter queues and their messages, as people see them, and requests about them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from cases.dead_letters.limits import MOST_MESSAGES

MOST_CHARACTERS = 16_384
"""Characters of a message's body that are shown."""


class DeadLetterQueue(BaseModel):
    """A dead-letter queue with the approximate number of its messages.

    redrivable: false if the messages did not come from a queue, so that they cannot be moved back to one.
    """

    name: str
    messages: int
    redrivable: bool


class MessageFailure(BaseModel):
    """Why a message failed. failed_at: the last attempt; it and attempts are null if they are not known."""

    reason: str
    failed_at: str | None = None
    attempts: int | None = None


class DeadLetter(BaseModel):
    """A message of a dead-letter queue; `shortened` if its body is longer than what is shown.

    attributes: those that are text, such as the RULE_ARN and TARGET_ARN of an event that was not delivered.
    """

    message_id: str
    sent_at: str | None
    body: str
    shortened: bool
    attributes: dict[str, str]
    failure: MessageFailure


class RedriveBody(BaseModel):
    """limit: how many messages to move back at most; message_id: move this one alone."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_MESSAGES)] = MOST_MESSAGES
    message_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class DropBody(BaseModel):
    """Why a message is not needed."""

    model_config = ConfigDict(frozen=True)

    note: Annotated[str, Field(max_length=500, pattern=r"^\P{Cc}*$")]


class Redriven(BaseModel):
    """The ids of the messages that were moved back to their queue; none if there was no message."""

    message_ids: list[str]


class Dropped(BaseModel):
    """A message that was removed, and the case that keeps it."""

    case_id: str
    failure: MessageFailure
