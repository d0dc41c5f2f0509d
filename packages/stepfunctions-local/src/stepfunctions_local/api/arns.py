"""ARNs and names of Step Functions resources."""

import re
from dataclasses import dataclass
from functools import lru_cache

from ..errors import ApiError

_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff\U0010ffff]+")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d{12}:role/.+")


@dataclass(frozen=True, slots=True)
class Arn:
    """A Step Functions ARN: its resource type (`stateMachine`) and the parts after it."""

    text: str
    kind: str
    parts: tuple[str, ...]
    # A state machine's own ARN, without version or alias.
    unqualified: str

    @property
    def name(self) -> str:
        return self.parts[0]

    @property
    def qualifier(self) -> str | None:
        """The version number or alias name of a state machine's ARN."""
        return self.parts[1] if len(self.parts) > 1 else None


@lru_cache(maxsize=4096)
def parse(text: str, *kinds: str) -> Arn:
    """Parse an ARN of one of the resource types `kinds`. Raises ApiError InvalidArn with AWS's messages."""
    pieces = text.split(":")
    if not text.startswith("arn:"):
        raise invalid(f"Invalid ARN prefix: {text}")
    if len(pieces) < 7 or any(not piece for piece in pieces[:3] + pieces[5:]):
        raise invalid(f"Invalid ARN: {text}")
    if pieces[2] != "states":
        raise invalid(f"Invalid service name in ARN: {pieces[2]}")
    if kinds and pieces[5] not in kinds:
        raise invalid(f"Resource type not valid in this context: {pieces[5]}")
    return Arn(text, pieces[5], tuple(pieces[6:]), ":".join(pieces[:7]))


def unqualified(text: str) -> Arn:
    """Parse a state machine ARN without version or alias. Raises ApiError InvalidArn, ValidationException."""
    arn = parse(text, "stateMachine")
    if arn.qualifier is not None:
        raise ApiError(
            "ValidationException", "State machine ARN must not be qualified with a version or alias"
        )
    reject_map_arn(arn)
    return arn


def reject_map_arn(arn: Arn) -> None:
    """Raise ApiError ValidationException for the ARN of a Distributed Map in a machine."""
    if "/" in arn.name:
        raise ApiError("ValidationException", "State machine ARN must not refer to a Distributed Map state")


def invalid(reason: str) -> ApiError:
    """Return AWS's error for an invalid ARN."""
    return ApiError("InvalidArn", f"Invalid Arn: '{reason}'")


def check_name(name: str) -> None:
    """Raise ApiError InvalidName for a name with characters AWS does not accept."""
    if not _NAME.fullmatch(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")


def check_role(arn: str) -> None:
    """Raise ApiError InvalidArn for an ARN that is not a role's."""
    if not _ROLE.fullmatch(arn):
        raise ApiError("InvalidArn", f"Invalid Role Arn: '{arn}'")
