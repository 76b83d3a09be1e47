"""`bp` as a wheel installs it, but with short trainings; with --every-example, all that its help texts show.

Trained are as many steps as take no time, and few runs of a sweep; a tenth of the digits is drawn. As a file of its own
on PATH, it finds whatever package PYTHONPATH leads to.
"""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from click.testing import CliRunner

from mnist_bp import cli
from mnist_bp.cli.bp import bp
from mnist_bp.config import catalog
from mnist_bp.data import synthetic
from mnist_bp.sweep import reader

SHORT: dict[str, tuple[list[str], int | None]] = {  # what varies in a sweep, or of a config; and seeds
    "learning-rate": (["train.learning_rate=0.1,1", "data.validation=59000"], 1),
    "xor": (["train.epochs=9"], None),
}
# Of two sweeps, one is run.
STAND_INS = {"sweeps/book-optimizers": "sweeps/learning-rate", "optimizer": "learning_rate"}
LOAD = reader.load
NEEDS_A_SHELL = re.compile(r"[|>$]|^(?!bp )")


def shortened(arguments: list[str]) -> list[str]:
    """Return arguments for the same in less time; the lines of a sweep, which are --quiet, are those of a short one."""
    arguments = [STAND_INS.get(argument, argument) for argument in arguments]
    if arguments[:1] == ["train"] and "--quiet" not in arguments and "--help" not in arguments:
        return [*arguments, "--set", "train.max_steps=5"]
    return arguments


def read(path: Path | None, base: str | None, axes: Sequence[str], seeds: int | None) -> reader.Sweep:
    """Read a sweep as `reader.load` does, but a short one."""
    short, fewer = SHORT.get(path.stem if path else str(base), ([], None))
    return LOAD(path, base, [*short, *axes], seeds or fewer)


def helps(command: click.Command, words: tuple[str, ...]) -> Iterator[str]:
    """Yield the help text of a command and those of its own commands, in their order."""
    with click.Context(command, info_name=" ".join(words), max_content_width=80) as context:
        yield command.get_help(context)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                own = command.get_command(context, name)
                assert own is not None
                yield from helps(own, (*words, name))


def done(example: str) -> tuple[int, str]:
    """Do what an example says; return the exit code, and what was printed."""
    if NEEDS_A_SHELL.search(example):
        result = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", example], capture_output=True, text=True, check=False
        )
        return result.returncode, result.stdout + result.stderr
    invoked = CliRunner().invoke(bp, shortened(shlex.split(example)[1:]), prog_name="bp")
    return invoked.exit_code, f"{invoked.output}{invoked.exception or ''}"


def main() -> None:
    """Run `bp`, or print what became of each example, as JSON, below where the package and its configs lie."""
    draw = synthetic.draw
    synthetic.draw = lambda count, *rest: draw(count // 10, *rest)
    reader.load = read
    if sys.argv[1:] != ["--every-example"]:
        sys.argv[1:] = shortened(sys.argv[1:])
        cli.main()
    click.echo(json.dumps([cli.__file__, str(catalog.home())]))
    for text in helps(bp, ("bp",)):
        for example in re.findall(r"^ {6}(\S.*)$", text, re.MULTILINE):
            click.echo(json.dumps([example, *done(example)]))


if __name__ == "__main__":
    main()
