"""Examples in the help of commands, printed so that they can be copied and pasted."""

import inspect
import textwrap
from typing import Any

import typer
from typer.core import TyperCommand

_HEADINGS = ("Example:", "Examples:")


def split_examples(text: str) -> tuple[str, str]:
    """Return the prose of a command's help, and the examples that end it, one a line."""
    lines = inspect.cleandoc(text).splitlines()
    start = next((at for at, line in enumerate(lines) if line in _HEADINGS), len(lines))
    examples = "\n".join(line for line in lines[start + 1 :] if line)
    return "\n".join(lines[:start]).rstrip(), textwrap.dedent(examples)


class CommandWithExamples(TyperCommand):
    """A command whose help ends with its examples. They are not wrapped: a terminal copies a long line as one."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        text = self.help or ""
        prose, examples = split_examples(text)
        self.help = prose
        try:
            super().format_help(ctx, formatter)
        finally:
            self.help = text
        if examples:
            typer.echo(f" Examples:\n\n{textwrap.indent(examples, '   ')}\n")


def use_examples(app: typer.Typer) -> None:
    """Have every command of an app end its help with its examples."""
    for command in app.registered_commands:
        command.cls = CommandWithExamples
    for group in app.registered_groups:
        if group.typer_instance is not None:
            use_examples(group.typer_instance)
