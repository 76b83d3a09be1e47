"""`bp predict`: what a run's network reads in pictures."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import BpError, Exit

if TYPE_CHECKING:
    from mnist_bp.run.model import Model
    from mnist_bp.run.reading import Reading

LARGEST = 2**28  # bytes that are read from stdin
NEXT = 2  # classes that are named beside the likeliest


@click.command("predict")
@click.argument("run", type=options.Folder())
@click.argument("images", metavar="IMAGE...", type=options.GivenPath(), nargs=-1, required=True)
@click.option("--show", is_flag=True, help="Show the images that the network sees.")
@reports
def command(run: str, images: tuple[str, ...], show: bool) -> Result:
    """Read digits in pictures.

    IMAGE is a picture of any size (PNG, JPEG, PGM, BMP, GIF, TIFF or WebP), a folder of such, or - for stdin. Digits,
    dark on light or light on dark, are found, and read line by line from left to right. Each gets a row, with the
    probability of the class that the network says, and the next likely ones. Digits must not touch each other. For a
    network that was trained on something else, a picture is taken as a whole. `bp train own-digits` makes the network
    that reads other hands best.

    If a picture cannot be read, the others are, and the exit code is 4.

    \b
    Examples:
        bp data show synthetic -o digits.png
        bp predict runs/quickstart digits.png
        bp predict runs/quickstart digits.png --json
        cat digits.png | bp predict runs/quickstart - --show
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.run.model import Model
    from mnist_bp.run.reading import preprocessing, sure_from

    model = Model.load(run)
    preprocessing(model)
    sure = sure_from(run, model)
    found: list[tuple[str, Reading]] = []
    failures: list[tuple[str, str | None]] = []
    files: list[str] = []
    for name in images:
        with _noted(name, failures):
            files += _files(name)
    with output.bar("reading", len(files), "picture") as advance:
        for name in files:
            with _noted(name, failures):
                found += [(name, each) for each in model.read(_content(name))]
            advance(1)
    data = {"predictions": [_about(name, each) | {"sure": each.probability >= sure} for name, each in found]}
    lines = _lines(model, found, sure) if found else []
    picture = _picture(found) if found and show else []
    code = Exit.NO_DATA if failures else Exit.DONE
    hint = next((hint for _, hint in failures if hint), None)
    error = "\n".join(message for message, _ in failures)
    return Result(lines, data, code, error, hint, picture=picture)


@contextmanager
def _noted(name: str, failures: list[tuple[str, str | None]]) -> Iterator[None]:
    """Add what is wrong with a file or folder to the failures, and its hint, and go on."""
    try:
        yield
    except OSError as error:
        failures.append((f"{name}: {error.strerror or error}", None))
    except BpError as error:
        if error.code != Exit.NO_DATA:
            raise
        failures.append((f"{name}: {error}", error.hint))


def _files(name: str) -> list[str]:
    """Return the names of the pictures in a folder; any other name, and - for stdin, is that of one."""
    from mnist_bp.preprocessing.pictures import pictures_in

    return [*map(str, pictures_in(Path(name)))] if Path(name).is_dir() else [name]


def _content(name: str) -> "bytes | Path":
    if name != "-":
        return Path(name)
    if sys.stdin is None:
        raise BpError("expected a picture on stdin; it is closed", code=Exit.NO_DATA)
    content = sys.stdin.buffer.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise BpError(f"expected a picture of at most {LARGEST:,} bytes on stdin; got more", code=Exit.NO_DATA)
    return content


def _about(name: str, reading: "Reading") -> dict[str, Any]:
    return {
        "file": name,
        "label": reading.label,
        "probability": reading.probability,
        "probabilities": reading.probabilities.tolist(),
        "box": list(reading.box),
    }


def _lines(model: "Model", found: "Sequence[tuple[str, Reading]]", sure: float) -> Iterator[str]:
    from mnist_bp.cli.columns import aligned
    from mnist_bp.run.predictions import kind
    from mnist_bp.run.reading import preprocessing

    boxed = preprocessing(model) == "mnist"
    digits = boxed and all(label.isdigit() for label in model.classes)
    rows = [["file", "digit" if digits else "class", kind(model.network), "", "next"]]
    for name, reading in found:
        both = zip(reading.probabilities.tolist(), model.classes, strict=True)
        likeliest = sorted(both, key=lambda each: -each[0])[1 : NEXT + 1]
        following = "  ".join(f"{label} {probability:.4f}" for probability, label in likeliest)
        unsure = "" if reading.probability >= sure else "unsure"
        rows.append([name, reading.label, f"{reading.probability:.4f}", unsure, following])
    yield from aligned(rows).split("\n")
    if not boxed:
        yield ""
        yield "pictures are taken as a whole, light on dark: the network was trained on images, not on centred digits"


def _picture(found: "Sequence[tuple[str, Reading]]") -> Iterator[str]:
    from mnist_bp.cli import pictures
    from mnist_bp.run.reading import seen

    readings = [reading for _, reading in found]
    names = [output.printable(each.label) for each in readings]
    yield ""
    yield from pictures.rows(seen(readings), names, pictures.style())
