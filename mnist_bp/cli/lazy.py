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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the one that was meant."""
        if args and args[0] not in self.names:
            from difflib import get_close_matches

            if close := get_close_matches(args[0], self.names):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {close[0]!r}?")
        return super().resolve_command(ctx, args)
