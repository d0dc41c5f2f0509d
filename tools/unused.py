"""Report code without a caller in the product: vulture, with the names that files other than Python read.

A function named in the template, a field that a state machine reads and a field of an API model have their
readers in JSON and YAML. Tests are not callers.
"""

import re
import sys
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parent.parent
PATHS = ["functions", "layers", "till", "audit", "verification", "tools", "benchmarks"]
READERS = ["statemachines/*.asl.json", "template*.yaml", "functions/web/pages/openapi.json"]
MIN_CONFIDENCE = 60

# Decorators that register a function with a framework.
DECORATORS = ["@*.command*", "@*.callback*", "@route*", "@*_validator*", "@*_serializer*", "@visitor*"]
NAMES = [
    # pydantic, argparse of a request, http.server, http.client, yaml and Pillow read these.
    *("model_config", "do_*", "log_message", "protocol_version", "request_queue_size", "daemon_threads"),
    *(
        "connect",
        "represent",
        "flow_style",
        "ignore_aliases",
        "MAX_IMAGE_PIXELS",
        "max_redirects",
        "trust_env",
    ),
    # Members of enumerations that the command line offers by value.
    *(
        "RETRY",
        "DONE",
        "GIVE_UP",
        "REFUSE",
        "SUCCEEDED",
        "TIMED_OUT",
        "ABORTED",
        "CASHIER",
        "MANAGER",
        "OPERATOR",
    ),
    # Fields of responses and rows that people read in histories and with --json.
    *("stored_size", "displayed_size", "icc_name", "peak_kib", "seen_attempt", "recipe", "removed"),
    *("refused_or_silent", "withdrawn_from", "line_no"),
    # The benchmark of thumbnails calls them by name; the checker calls its visitors by the type of a node.
    *(
        "tutorial",
        "cascade",
        "_variable",
        "_sort",
        "_condition",
        "_bind",
        "_unary",
        "_binary",
        "_function",
        "_lambda",
    ),
    # What the tests use of the harness, and the engine's source of random numbers, which the prover sets.
    *("workflow_fixture", "image_fixture", "serve_dynamodb", "random", "fail_refund"),
    # Commands are imported by name when they are called; Click lists them.
    *("env", "list_commands"),
    # Lambda reads them in the response of a queue's or stream's consumer.
    *("batchItemFailures", "itemIdentifier"),
    # The engine's interface for service integrations, and pytest's for plugins.
    *("invoke_lambda", "pytest_*"),
]


def main() -> int:
    """Print each name without a use. Return 1 if there is one."""
    text = " ".join(path.read_text() for pattern in READERS for path in sorted(ROOT.glob(pattern)))
    names = set(re.findall(r"[A-Za-z_]\w+", text))
    finder = Vulture(ignore_names=NAMES, ignore_decorators=DECORATORS)
    finder.scavenge([ROOT / path for path in PATHS])
    # Vulture would match each definition with each of the names as a pattern, which takes a minute.
    unused = [
        item for item in finder.get_unused_code(min_confidence=MIN_CONFIDENCE) if item.name not in names
    ]
    for item in unused:
        print(item.get_report())
    return 1 if unused else 0


if __name__ == "__main__":
    sys.exit(main())
