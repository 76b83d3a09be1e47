"""`bp config`: what a run would really use, the configs that there are, and what can stand in one."""

import sys

import click

from mnist_bp.cli import options, terminal
from mnist_bp.cli.columns import aligned
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import BpError, Exit

EVERYTHING = "all"
SECTIONS = ("data", "model", "train")


@click.command("config")
@click.argument("config", type=options.Named("configs"), required=False)
@options.overrides()
@click.option("--list", "listing", is_flag=True, help="List the configs and sweeps that come with bp.")
@click.option(
    "--keys",
    "wanted",
    shell_complete=lambda ctx, param, incomplete: _known(incomplete),
    is_flag=False,
    flag_value=EVERYTHING,
    metavar="[SECTION|KEY]",
    help="List the keys of a config, those of data, model or train, or one: default, meaning, and what is accepted.",
)
@reports
def command(config: str | None, overrides: tuple[str, ...], listing: bool, wanted: str | None) -> Result:
    """Print a config with all its keys, or list configs or keys.

    CONFIG is the name of a config in --list, or a YAML file. What is printed is the effective config, every key with
    defaults and --set included, which is a config file itself. All mistakes in a file are reported at once.

    \b
    Examples:
        bp config --list
        bp config --keys train
        bp config --keys learning_rate
        bp config book
        bp config book --set train.epochs=3 > mine.yaml
    """  # noqa: D301  # \b keeps click from joining the lines
    if (config is not None) + listing + (wanted is not None) != 1 or (overrides and config is None):
        raise click.UsageError("expected a CONFIG, --list or --keys")
    if listing:
        return _catalog()
    return _keys(wanted) if wanted is not None else _effective(config, overrides)


def _effective(given: str | None, overrides: tuple[str, ...]) -> Result:
    from mnist_bp import config as configs
    from mnist_bp.config.access import plain

    config = configs.load(given, overrides)
    return Result(configs.dump(config).rstrip("\n"), plain(config), exact=True)


def _catalog() -> Result:
    from mnist_bp.config import catalog

    about = {
        kind: {name: catalog.about(file) for name, file in files.items()}
        for kind, files in (("config", catalog.configs()), ("sweep", catalog.sweeps()))
    }
    rows = [["config", "bp train CONFIG"], *map(list, about["config"].items())]
    rows += [["", ""], ["sweep", "bp sweep plan SWEEP"], *map(list, about["sweep"].items())]
    return Result(aligned(rows), {f"{kind}s": texts for kind, texts in about.items()})


def _known(beginning: str) -> list[str]:
    from mnist_bp.config import settable

    return [name for name in (EVERYTHING, *SECTIONS, *settable()) if name.startswith(beginning)]


def _keys(wanted: str) -> Result:
    from dataclasses import MISSING

    from mnist_bp.config import settable
    from mnist_bp.config.access import documented, plain
    from mnist_bp.config.suggesting import meant
    from mnist_bp.config.writer import written

    width = terminal.columns(sys.stdout)
    lines, data, before = [], [], ""
    for name, default, key in documented():
        own, _, last = name.rpartition(".")
        group = own.partition(".")[0]
        if wanted.lower() not in (EVERYTHING, group, own, name, last):
            continue
        lines += [""] if before not in ("", group) or (before and not group) else []
        before = group
        lines.append(name if default is MISSING else f"{name} = {written(last, default)}")
        for text in (key.meaning, f"accepts {key.rule.expected}"):
            lines += terminal.folded(f"    {text}", width, indent=4).split("\n")
        given = {} if default is MISSING else {"default": plain(default)}
        data.append({"key": name, **given, "meaning": key.meaning, "accepts": key.rule.expected})
    if not data:
        close = meant(wanted, [*settable()])
        hint = f"did you mean {close}?" if close else "`bp config --keys` lists all"
        raise BpError(f"--keys: expected data, model, train or a key; got {wanted}", code=Exit.USAGE, hint=hint)
    return Result("\n".join(lines), {"keys": data})
