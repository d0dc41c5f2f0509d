"""`make run` and `make demo`: from nothing to a shop that has sold something, and back to nothing running.

python -m till.run [--once]: starts the local AWS, deploys, seeds, runs the demo. Then stays up until Ctrl-C,
or with --once ends with the demo's exit code. What it started it ends, however it ends.
"""

import os
import subprocess
import sys

from local_aws.home import client_environment, home

from till.commands import stack as commands
from till.errors import OperatorError
from till.output import complain, err


def main(*, once: bool) -> int:
    ours = home().running() is None
    try:
        with commands.refusals():
            stack = commands.bring_up(with_parent=True)
            commands.bring_to_date(stack)
        environment = os.environ | client_environment(stack)
        environment.pop("AWS_PROFILE", None)
        for command in ("seed", "demo"):
            code = subprocess.run(
                [sys.executable, "-m", "till.main", command], env=environment, check=False
            ).returncode
            if code and (once or command == "seed"):
                return code
        if not once:
            err.print(
                f"The shop stays up on {stack.endpoint}. In another terminal:"
                '\n  source .venv/bin/activate; eval "$(till env)"'
                "\n  till audit; aws stepfunctions list-state-machines"
                "\nCtrl-C ends it.",
                highlight=False,
                soft_wrap=True,
            )
            commands.wait_for_interrupt()
    except OperatorError as error:
        complain(error)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if ours:
            commands.take_down()
    return 0


if __name__ == "__main__":
    sys.exit(main(once="--once" in sys.argv[1:]))
