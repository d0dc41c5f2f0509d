"""The error of a command, whose message is printed without a traceback."""


class CommandError(Exception):
    """A command failed; the message says why."""
