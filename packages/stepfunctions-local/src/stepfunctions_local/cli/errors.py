"""The error of a command, whose message is printed without a traceback."""


class CommandError(Exception):
    """A command cannot do what it was asked to do; the message says why."""
