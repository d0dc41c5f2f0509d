"""Write what is generated from infrastructure/, or check that it is up to date: `python -m tools.template`."""

import argparse
import sys
from pathlib import Path

from tools.template import assemble

ROOT = Path(__file__).parents[2]


def main() -> int:
    """Return 1 when --check finds a file out of date, else 0."""
    parser = argparse.ArgumentParser(
        description="Generate the templates from the fragments in infrastructure/."
    )
    parser.add_argument("--check", action="store_true", help="Write nothing; fail if a file is out of date.")
    check = parser.parse_args().check
    generated = {ROOT / path: text for path, text in assemble.generated(ROOT).items()}
    outdated = [path for path, text in generated.items() if not path.exists() or path.read_text() != text]
    for path in outdated:
        if check:
            print(f"{path.name} is out of date: run `make template`.", file=sys.stderr)
        else:
            path.write_text(generated[path])
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
