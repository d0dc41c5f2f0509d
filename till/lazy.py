"""Commands whose modules are imported when they are used, so that `till --help` starts without them."""

import importlib
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command, get_group_from_info
from typer.models import TyperInfo

from till.examples import CommandWithExamples, use_examples

_MARKUP: Final = "markdown"


@dataclass(frozen=True, slots=True)
class Lazy:
    """A command that is not imported yet: `name` is that of a function, or of a group's `Typer`, in `module`.

    help: the first paragraph of the command's help; options: those of `Typer.command`.
    """

    module: str
    name: str
    help: str
    options: dict[str, Any] = field(default_factory=dict)

    def load(self, command_name: str) -> Any:
        """Import the module and return its command."""
        loaded = getattr(importlib.import_module(self.module), self.name)
        if isinstance(loaded, typer.Typer):
            use_examples(loaded)
            return get_group_from_info(
                TyperInfo(loaded, name=command_name, cls=LightGroup),
                pretty_exceptions_short=True,
                rich_markup_mode=_MARKUP,
                suggest_commands=True,
            )
        single = typer.Typer(add_completion=False, rich_markup_mode=_MARKUP)
        single.command(command_name, cls=CommandWithExamples, **self.options)(loaded)
        return get_command(single)


class LazyCommands(MutableMapping[str, Any]):
    """Commands by name, in order; one is imported when it is read."""

    def __init__(self, commands: dict[str, Lazy]) -> None:
        self._commands: dict[str, Any] = dict(commands)

    def __getitem__(self, name: str) -> Any:
        command = self._commands[name]
        if isinstance(command, Lazy):
            command = self._commands[name] = command.load(name)
        return command

    def __setitem__(self, name: str, command: Any) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


class LightGroup(TyperGroup):
    """A group whose help is printed without pydantic, which Typer imports to convert values."""

    def get_params(self, ctx: Any) -> list[Any]:
        params = super().get_params(ctx)
        for param in params:
            # None, the default of Typer's own flags for help and completion, would be converted.
            if isinstance(param, TyperOption) and param.is_flag and param.default is None:
                param.default = False
        return params


class LazyGroup(LightGroup):
    """A group that imports a command when it is called; help and completion use what `listed` says of it."""

    listed: dict[str, Lazy]

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = LazyCommands(self.listed)
        self._is_listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.commands)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if not self._is_listing:
            return super().get_command(ctx, cmd_name)
        return TyperCommand(cmd_name, help=self.listed[cmd_name].help, rich_markup_mode=_MARKUP)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        with self._listing():
            super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        with self._listing():
            return super().shell_complete(ctx, incomplete)

    @contextmanager
    def _listing(self) -> Iterator[None]:
        self._is_listing = True
        try:
            yield
        finally:
            self._is_listing = False
