"""A group whose commands are modules of a package, each imported when it is asked for."""

import importlib
from typing import Any

import click


class LazyGroup(click.Group):
    """Finds the command NAME as `command` in the module PACKAGE.NAME."""

    def __init__(self, *, package: str, names: tuple[str, ...], **attributes: Any) -> None:
        super().__init__(**attributes)
        self.package = package
        self.names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order in which a newcomer needs them."""
        return list(self.names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command by its name."""
        if cmd_name not in self.names:
            return None
        command: click.Command = importlib.import_module(f"{self.package}.{cmd_name}").command
        return command
