"""Command line of the storm test: number of kills, load, seed."""

import argparse
import json
import random
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from .run import storm


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.storm",
        description="Kill the engine's process with -9 at random moments under load, and check that nothing is lost.",
        epilog="example: python -m tests.storm --kills 300 --load 60",
    )
    parser.add_argument(
        "--kills", type=int, default=300, help="number of kills (default %(default)s; about 1.5 s each)"
    )
    parser.add_argument("--load", type=int, default=60, help="open executions (default %(default)s)")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30), help="seed of the kill times")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    arguments = parser.parse_args()

    def log(line: str) -> None:
        sys.stderr.write(f"{line}\n")

    log(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        report = storm(Path(folder), arguments.kills, arguments.load, arguments.seed, log)
    if arguments.json:
        print(json.dumps(asdict(report), indent=2))
    else:
        print(
            f"{report.kills} kills in {report.seconds:.0f} s, {sum(report.accepted.values())} executions accepted:"
        )
        for kind, count in report.accepted.items():
            print(f"  {count:6} {kind}")
        print(f"{report.deliveries} deliveries of tasks, {report.delivered_again} of them repeated")
        print("\n".join(report.violations) or "No execution was lost, and nothing completed ran again.")
    return 1 if report.violations else 0


if __name__ == "__main__":
    sys.exit(main())
