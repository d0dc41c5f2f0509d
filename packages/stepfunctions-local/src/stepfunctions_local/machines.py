"""State machine documents: their deletion, which completes when the last execution has ended."""

from .storage.store import Store

DELETING = "DELETING"


def mark_deleting(store: Store, machine_arn: str) -> None:
    """Give a state machine the status DELETING and delete its aliases and versions."""
    machine = store.require("state_machine", machine_arn)
    store.put("state_machine", machine_arn, machine | {"status": DELETING})
    for alias in list(store.scan("alias", machine_arn + ":")):
        store.delete("alias", alias["stateMachineAliasArn"])
    for version in list(store.scan("version", machine_arn + ":")):
        store.delete("version", version["stateMachineVersionArn"])


def complete_deletion(store: Store, machine_arn: str) -> None:
    """Delete a state machine and its tags."""
    store.delete("state_machine", machine_arn)
    store.delete("tags", machine_arn)
