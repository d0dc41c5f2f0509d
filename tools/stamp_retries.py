"""Stamp the Retry policies of tools/retry_policies.json into statemachines/*.asl.json.

    python tools/stamp_retries.py          write the files
    python tools/stamp_retries.py --check  exit 1 and name the states that differ

The side of the saga in a Task's metadata (docs/saga-metadata.md) and the service it calls choose the policy.
The stamped file is the one deployed.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from till.saga_metadata import parse_step

ROOT = Path(__file__).parent.parent
WIDTH = 118
POLICIES = json.loads((ROOT / "tools" / "retry_policies.json").read_text())


def service_of(resource: str) -> str:
    """Return the service of a resource ARN: aws-sdk:dynamodb for `arn:aws:states:::aws-sdk:dynamodb:…`."""
    parts = resource.split(":::", 1)[1].split(":")
    return ":".join(parts[:2]) if parts[0] == "aws-sdk" else parts[0]


def policy_for(side: str, resource: str) -> list[dict[str, Any]]:
    """Return the Retry list of a Task on this side of the saga that calls this resource.

    Raises KeyError when retry_policies.json has no policy for the side or the service.
    """
    if side == "case":
        # Opening a case is retried whatever the error. The retries of a callback are keyed by its token and continue
        # for eleven months, two hours apart on average: an execution may run for a year. The wait times out once a
        # month, and the retry reopens the case, which reminds its owner.
        return [POLICIES["callback" if resource.endswith(".waitForTaskToken") else "case"]]
    transient = POLICIES["transient"][service_of(resource)]
    if resource.endswith(".waitForTaskToken"):
        # The timeout of a callback is a business outcome, so it is not retried.
        transient = [error for error in transient if error != "States.Timeout"]
    policy = dict(POLICIES["sides"][side])
    also = policy.pop("also", [])
    return [{"ErrorEquals": [*transient, *(also if service_of(resource) == "lambda" else [])], **policy}]


def tasks(states: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every Task of a definition with its name, inside Parallel branches and Maps too."""
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name, state
        for inner in (*state.get("Branches", ()), state.get("ItemProcessor")):
            if inner:
                yield from tasks(inner["States"])


def stamp(definition: dict[str, Any]) -> list[str]:
    """Set the Retry of each Task; return the names of the states that changed."""
    changed = []
    for name, state in tasks(definition["States"]):
        step = parse_step(state)
        if step is None:
            continue
        retry = policy_for(step.side, state["Resource"])
        if state.get("Retry") != retry:
            changed.append(name)
            put_before(state, "Catch", "Retry", retry)
    return changed


def put_before(state: dict[str, Any], successor: str, key: str, value: Any) -> None:
    """Set a field, in front of another if that is present."""
    fields = {k: v for k, v in state.items() if k != key}
    state.clear()
    for name, field in fields.items():
        if name == successor:
            state[key] = value
        state[name] = field
    state.setdefault(key, value)


def render(value: Any, depth: int = 0, column: int = 0) -> str:
    """Return JSON in which everything that fits a line of WIDTH characters is on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or (depth > 1 and column + len(flat) <= WIDTH):
        return flat
    pad = "  " * (depth + 1)
    if isinstance(value, dict):
        heads = [(f"{json.dumps(k, ensure_ascii=False)}: ", v) for k, v in value.items()]
        opening, closing = "{", "}"
    else:
        heads, opening, closing = [("", v) for v in value], "[", "]"
    lines = [pad + head + render(item, depth + 1, len(pad) + len(head)) for head, item in heads]
    return opening + "\n" + ",\n".join(lines) + "\n" + "  " * depth + closing


def main() -> int:
    check = "--check" in sys.argv[1:]
    stale = False
    for path in sorted((ROOT / "statemachines").glob("*.asl.json")):
        definition = json.loads(path.read_text())
        changed = stamp(definition)
        if changed and check:
            stale = True
            print(f"{path.name}: Retry differs from the policy in {', '.join(changed)}; run make policies")
        elif not check:
            path.write_text(render(definition) + "\n")
            print(f"{path.name}: stamped {', '.join(changed) or 'nothing new'}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
