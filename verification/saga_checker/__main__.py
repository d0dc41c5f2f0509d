"""Check the sagas, or draw them: python -m verification.saga_checker [--json] [--draw].

Exit 1 when a rule is broken; each line names the file, the state, the rule and a fix. `--draw` writes the diagrams to
docs/workflows/.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from .drawing import draw
from .model import load
from .rules import ACCESS, RULES, STRUCTURE, check

ROOT = Path(__file__).parents[2]


def main(arguments: list[str]) -> int:
    workflows = load(ROOT)
    if "--draw" in arguments:
        for workflow in workflows:
            (ROOT / "docs" / "workflows" / f"{workflow.file.split('.')[0]}.md").write_text(draw(workflow))
        return 0
    findings = [finding for workflow in workflows for finding in check(workflow)]
    if "--json" in arguments:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            print(finding)
        states = sum(len(list(workflow.everywhere())) for workflow in workflows)
        print(
            f"{len(workflows)} workflows, {states} states, {len(STRUCTURE + RULES + ACCESS)} rules: "
            f"{len(findings) or 'nothing'} broken"
        )
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
