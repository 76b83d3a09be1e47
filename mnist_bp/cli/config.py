"""`bp config`: what a run would really use."""

import click

from mnist_bp.cli import options
from mnist_bp.cli.output import exactly


@click.command("config")
@click.argument("file", type=options.GivenPath())
@options.overrides
def command(file: str, overrides: tuple[str, ...]) -> None:
    """Print the effective config of FILE.

    That is every key, defaults and --set included; what it prints is a config file itself. All mistakes in FILE are
    reported at once.

    \b
    Example:
        bp config configs/book.yaml --set train.epochs=3 > mine.yaml
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config

    click.echo("\n".join(exactly(config.dump(config.load(file, overrides)).splitlines())))
