"""`bp data`: the data sets and their cache."""

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.data import COMPUTED, DRAWN
from mnist_bp.data.archives import ARCHIVES
from mnist_bp.errors import Exit

if TYPE_CHECKING:
    from fractions import Fraction

published = click.argument("name", type=options.Choice([*ARCHIVES]), default="mnist", metavar="[NAME]")
named = click.argument("name", type=options.Choice([*ARCHIVES, DRAWN, *COMPUTED]), default="mnist", metavar="[NAME]")


@click.group("data")
def command() -> None:
    """Fetch, verify, import, pack, describe and show data sets.

    What is downloaded or drawn is kept in the folder that MNIST_BP_CACHE names, else in the user's cache folder.

    \b
    Examples:
        bp data fetch
        bp data show
    """  # noqa: D301  # \b keeps click from joining the lines


@command.command()
@published
def fetch(name: str) -> None:
    """Download a data set into the cache.

    NAME is mnist unless given, fashion-mnist or kmnist. Every archive must have its published SHA-256; files already in
    the cache are kept if theirs matches. The addresses in the environment variable MNIST_BP_MIRRORS replace the usual
    mirrors.

    \b
    Example:
        bp data fetch
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.data import cache, loading
    from mnist_bp.data import fetch as archives

    archives.fetch(ARCHIVES[name], cache.folder() / name, None, output.bar)
    dataset = loading.load(name, progress=output.bar)
    click.echo(f"{name}: {len(dataset.train)} + {len(dataset.test)} examples in {cache.folder() / name}")


@command.command()
@published
def verify(name: str) -> None:
    """Check a data set in the cache.

    Every archive of NAME (default: mnist) must have its published SHA-256, and the decoded copy must hold what the
    archives hold. Exits 4 if anything is missing or does not match.

    \b
    Example:
        bp data verify mnist
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.data import inspecting
    from mnist_bp.errors import BpError

    home, verdicts = inspecting.verify(name)
    for file, verdict in verdicts.items():
        click.echo(f"{file}: {verdict}")
    if bad := [file for file, verdict in verdicts.items() if verdict != "ok"]:
        hint = f"run `bp data fetch {name}` to repair the archives; a decoded copy that is deleted is made anew"
        raise BpError(f"{home}: missing or wrong: {', '.join(bad)}", code=Exit.NO_DATA, hint=hint)


@command.command("import")
@click.argument("folder", type=options.GivenPath(exists=True, file_okay=False))
@click.option(
    "--name", type=options.Choice([*ARCHIVES]), default="mnist", show_default=True, help="Which data set the files are."
)
def import_(folder: str, name: str) -> None:
    """Copy archives from a folder into the cache.

    For machines without a network: FOLDER holds the four archives, as published.

    \b
    Example:
        bp data import "$HOME/Downloads" --name mnist
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.data import cache, fetch

    home = cache.folder() / name
    fetch.import_from(ARCHIVES[name], Path(folder), home)
    click.echo(f"{name}: imported into {home}")


@command.command()
@click.argument("folder", type=options.GivenPath())
@click.option(
    "-o", "--out", type=options.GivenPath(), required=True, metavar="DIR", help="The folder to write, new or empty."
)
@click.option(
    "--preprocessing",
    type=options.Choice(["mnist", "resize"]),
    help="Find, box and centre a digit or letter in each picture; or take each as a whole. "
    " [default: none, for pictures of 28×28 pixels]",
)
@click.option(
    "--test",
    type=options.Share(below_one=True),
    default="1/6",
    show_default=True,
    metavar="SHARE",
    help="How much of each class is held out to test on.",
)
@reports
def pack(folder: str, out: str, preprocessing: str | None, test: "Fraction") -> Result:
    """Make a data set of your own pictures.

    FOLDER holds a folder for each class, called as the class is, with its pictures; or train and test, which hold such
    folders. DIR gets four IDX files of images of 28×28 pixels, and a config to train on them. Pictures of that size,
    light on dark, stay as they are, to the byte. Others need --preprocessing, and `bp predict` then prepares pictures
    in the same way.

    \b
    Examples:
        bp data pack letters -o packed --preprocessing mnist
        bp data pack letters -o whole --preprocessing resize --test 0.2
        bp data show --config packed/config.yaml
        bp train packed/config.yaml
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.preprocessing import packing

    packed = packing.pack(Path(folder), Path(out), test=test, preprocessing=preprocessing, progress=output.bar)
    first, *_, last = packed.classes
    text = (
        f"{packed.train} + {packed.test} images of {len(packed.classes)} classes, from {first} to {last}, in {out}\n"
        f"config {packed.config}"
    )
    about = {
        "folder": out,
        "config": str(packed.config),
        "train": packed.train,
        "test": packed.test,
        "classes": list(packed.classes),
        "preprocessing": packed.preprocessing,
    }
    return Result(text, about, following=f"bp train {shlex.quote(str(packed.config))}")


@command.command()
@named
@reports
def info(name: str) -> Result:
    """Describe a data set.

    NAME is mnist unless given; it is downloaded, drawn or computed if need be. Mean and standard deviation are those of
    a network's inputs, for which pixels are scaled to 0 … 1.

    \b
    Examples:
        bp data info
        bp data info synthetic --json
        bp data info plane
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.data import inspecting

    about = inspecting.describe(name, output.bar)
    return Result("\n".join(f"{key.replace('_', ' ') + ':':<17}{value}" for key, value in about.items()), about)


@command.command()
@named
@options.config("Show what a network is trained on by a config: mixed and distorted as the config says.")
@options.overrides("data.augment.rotation=30")
@options.out("Draw ten images of each class to FILE.png instead.", ".png")
def show(name: str, config_file: str | None, overrides: tuple[str, ...], file: Path | None) -> None:
    """Show training images of each class.

    NAME is mnist unless given. Of a config, they are those of the first mini-batches, as the network gets them. The
    terminal gets an image of each class, at half its size, in greys unless NO_COLOR is set. The file is a contact
    sheet: a row for each class, in black on white.

    \b
    Examples:
        bp data show
        bp data show synthetic -o digits.png
        bp data show --config packed/config.yaml
        bp data show --config simard --set data.augment.rotation=30
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp import build
    from mnist_bp import config as configs
    from mnist_bp.cli import pictures
    from mnist_bp.report.samples import as_trained, contact_sheet, samples
    from mnist_bp.run import files

    if file:
        files.require_replaceable(file)
    if config_file or overrides:
        config = configs.load(config_file, [*([] if config_file else [f"data.name={name}"]), *overrides])
        load = partial(build.dataset, progress=output.bar)
        dataset = as_trained(config, build.training_data(config.data, load))
    else:
        dataset = build.dataset(configs.DataConfig(name=name), output.bar)
    if file:
        files.save(file, contact_sheet(dataset))
        click.echo(output.printable(f"{file}"))
    else:
        first = samples(dataset, 1)[:, 0]
        for line in pictures.rows(first, dataset.classes, pictures.style()):
            click.echo(line)
