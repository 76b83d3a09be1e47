"""`bp config`: what a run would really use."""

from pathlib import Path

import click

from mnist_bp.cli import options


@click.command("config")
@click.argument("file", type=click.Path(path_type=Path))
@options.overrides
def command(file: Path, overrides: tuple[str, ...]) -> None:
    """Print the effective config of FILE: every key, defaults and --set included.

    What it prints is a config file itself. All mistakes in FILE are reported at once.

    \b
    Example:
        bp config configs/book.yaml --set train.epochs=3 > mine.yaml
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import config

    click.echo(config.dump(config.load(file, overrides)), nl=False)
