"""Options that several commands share."""

import os
from typing import Any

import click


class GivenPath(click.Path):
    """A path that was given: not the empty text of a variable that is not set, which would be the working directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if not value:
            self.fail("expected a path; got an empty text, as from a variable that is not set.", param, ctx)
        return super().convert(value, param, ctx)


class PictureFile(GivenPath):
    """A file to write something to look at: neither stdout nor a folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value == "-" or str(value).endswith(("/", os.sep)):
            self.fail(f"expected the name of a file; got {value}", param, ctx)
        return super().convert(value, param, ctx)


overrides = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one key of the config, as in --set train.epochs=3. Repeatable; the last one wins.",
)
