"""Write the OpenAPI document, or check that it is up to date: `python -m tools.openapi`."""

import argparse
import json
import sys
from pathlib import Path

from tools.openapi.build import document

ROOT = Path(__file__).parents[2]
TARGET = ROOT / "functions" / "web" / "pages" / "openapi.json"


def main() -> int:
    """Return 1 when --check finds the document out of date, else 0."""
    parser = argparse.ArgumentParser(description="Generate the OpenAPI document of the HTTP API.")
    parser.add_argument(
        "--check", action="store_true", help="Write nothing; fail if the document is out of date."
    )
    check = parser.parse_args().check
    text = json.dumps(document(ROOT), indent=1, sort_keys=True) + "\n"
    if not check:
        TARGET.write_text(text)
    elif not TARGET.exists() or TARGET.read_text() != text:
        print(f"{TARGET.name} is out of date: run `make openapi`.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
