"""`make run` and `make demo`: start the local AWS, deploy, seed and run the demo.

python -m till.run [--once]: stay up until Ctrl-C; with --once exit with the demo's exit code. A stack that was
started here is stopped at the end in any case, also by SIGTERM.
"""

import os
import subprocess
import sys

from local_aws import client_environment

from till.commands import stack as commands
from till.errors import OperatorError
from till.local_stack import state_folder
from till.output import err, print_error
from till.users import DEMO_PASSWORD, DEMO_USERS


def main(*, once: bool) -> int:
    started_here = False
    commands.interrupt_on_termination()
    try:
        with commands.operator_errors(), commands.shop_build() as build:
            started_here = state_folder().running() is None
            stack = commands.start(with_parent=True)
            commands.deploy(stack, build)
        environment = os.environ | client_environment(stack)
        environment.pop("AWS_PROFILE", None)
        for command, text in (("seed", "Seeding the shop"), ("demo", "Running the demo")):
            err.print(text)
            code = subprocess.run(
                [sys.executable, "-m", "till.main", command], env=environment, check=False
            ).returncode
            if code and (once or command == "seed"):
                return code
            if command == "seed":
                print_addresses()
        if not once:
            err.print(f"The shop is up on {stack.endpoint}. In another terminal:")
            err.print('  source .venv/bin/activate; eval "$(till env)"')
            err.print("  till audit; aws stepfunctions list-state-machines")
            err.print("Press Ctrl-C to stop it.")
            commands.wait_for_interrupt()
    except OperatorError as error:
        print_error(error)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        if started_here:
            commands.stop()
    return 0


def print_addresses() -> None:
    """Print the URLs of the console and the API, and the demo shop's users, as soon as they can be used."""
    commands.print_urls()
    names = ", ".join(str(user["username"]) for user in DEMO_USERS)
    err.print(f"Users: {names}; the password of each is {DEMO_PASSWORD}")


if __name__ == "__main__":
    sys.exit(main(once="--once" in sys.argv[1:]))
