"""A caller's session: the engine, and the account of the caller's credentials."""

from dataclasses import dataclass

from ..clock import Clock
from ..engine import Engine
from ..errors import ApiError
from ..machines import DELETING
from ..storage.store import Store


@dataclass(slots=True)
class Session:
    """What an operation is performed on. New resources belong to `account`, and lists show only its resources."""

    engine: Engine
    account: str

    @property
    def store(self) -> Store:
        return self.engine.store

    @property
    def clock(self) -> Clock:
        return self.engine.clock

    def arn(self, kind: str, name: str) -> str:
        """Return the ARN of a resource in the caller's account."""
        config = self.engine.config
        return f"arn:{config.partition}:states:{config.region}:{self.account}:{kind}:{name}"


def reject_deleting(session: Session, machine_arn: str) -> None:
    """Raise ApiError StateMachineDeleting when the state machine is being deleted."""
    machine = session.store.get("state_machine", machine_arn)
    if machine is not None and machine["status"] == DELETING:
        raise deleting(machine_arn)


def deleting(machine_arn: str) -> ApiError:
    """Return AWS's error for a state machine that is being deleted."""
    return ApiError("StateMachineDeleting", f"State Machine is being deleted: '{machine_arn}'")
