"""Pictures in folders of classes become a data set: four IDX files, and a config that trains on them."""

import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mnist_bp import machine
from mnist_bp.data import idx
from mnist_bp.data.centring import SIDE
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import class_folders
from mnist_bp.preprocessing.pictures import picture
from mnist_bp.preprocessing.pipeline import is_prepared, prepare
from mnist_bp.progress import Progress
from mnist_bp.streams import PACKED, generator

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SHOWN = 10  # pictures that are wrong, by name
STEPS, BATCH, EPOCHS = 5000, 50, (12, 100)  # of the config: about so many steps, within so many epochs
CHOICE = (
    "--preprocessing mnist finds the one digit or letter in each picture, and boxes and centres it; "
    "--preprocessing resize takes each picture as a whole"
)

Images = NDArray[np.uint8]


@dataclass(frozen=True)
class Packed:
    """A data set that was packed: its classes, how many pictures there are, how they were prepared, and the config."""

    classes: tuple[str, ...]
    train: int
    test: int
    preprocessing: str
    config: Path


def pack(source: Path, target: Path, *, test: Fraction, preprocessing: str | None, progress: Progress) -> Packed:
    """Write the pictures that `class_folders.find` finds in a folder to a new one, whole or not at all.

    Without `preprocessing`, they must be images of SIDE × SIDE pixels, light on dark, and stay as they are. Raises
    BpError (exit 2) if they are not, and if the new folder is not empty; and (exit 4) as `find` does, and for pictures
    that cannot be used, naming them.
    """
    if not str(target).isprintable():
        raise BpError(f"expected a folder with a printable name, for its config; got {str(target)!r}", code=Exit.USAGE)
    if not target.parent.is_dir():
        raise BpError(f"{target}: expected a folder {target.parent} to write it to; there is none", code=Exit.USAGE)
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        got = "one with files in it" if target.is_dir() else "a file"
        hint = "name another folder with -o, or delete this one"
        raise BpError(f"{target}: expected a new or an empty folder; got {got}", code=Exit.USAGE, hint=hint)
    if target.exists() and target.samefile(Path()):  # whoever is in it would be left in one that is gone
        raise BpError(f"{target}: expected another folder than the one that this is run in", code=Exit.USAGE)
    found = class_folders.find(source, test)
    machine.limit_threads()  # which is faster for small pictures, and gives the same bytes on every machine of a kind
    images = _images(found.files, preprocessing, progress)
    if preprocessing is None:
        prepared = sum(is_prepared(image.astype(np.float32)) for image in images)
        preprocessing = "mnist" if 2 * prepared > len(images) else "resize"
    counts = [[len(files) for files in part] for part in (found.train, found.test)]
    labels = [np.repeat(np.arange(len(found.classes), dtype=np.uint8), count) for count in counts]
    train, held_out = len(labels[0]), len(labels[1])
    order = generator(0, PACKED).permutation(train)  # as data.validation holds out the end, which would be one class
    arrays = images[order], labels[0][order], images[train:], labels[1]
    packed = Packed(found.classes, train, held_out, preprocessing, target / "config.yaml")
    contents = dict(zip(FILES, map(idx.encoded, arrays), strict=True))
    _write(target, {**contents, packed.config.name: _config(target, packed).encode()})
    return packed


def _images(files: Sequence[Path], preprocessing: str | None, progress: Progress) -> Images:
    """Return the image of each picture, (N, SIDE, SIDE)."""
    images, wrong, light = np.empty((len(files), SIDE, SIDE), np.uint8), [], 0
    with progress("reading", len(files), "picture") as advance:
        for place, file in enumerate(files):
            try:
                images[place] = _image(file, preprocessing)
                light += bool(np.median(_edge(images[place])) > 127)
            except OSError as error:
                wrong.append(f"{file}: {error.strerror or error}")
            except BpError as error:
                if error.code != Exit.NO_DATA:
                    raise
                wrong.append(f"{file}: {error}")
            advance(1)
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more pictures cannot be used"] if len(wrong) > SHOWN else []
        hint = "nothing is written before all can be: mend or delete these"
        raise BpError("\n".join([*wrong[:SHOWN], *more]), code=Exit.NO_DATA, hint=hint)
    if preprocessing is None and 2 * light > len(files):
        message = (
            f"expected pictures that are light on dark, as they are to stay as they are; got {light} on light ground"
        )
        raise BpError(message, code=Exit.USAGE, hint=CHOICE)
    return images


def _image(file: Path, preprocessing: str | None) -> Images:
    """Return the image of a picture; raises as `pack` does."""
    if preprocessing is not None:
        found = prepare(file, preprocessing)
        if len(found) > 1:
            raise BpError(f"expected one digit or letter; found {len(found)}", code=Exit.NO_DATA)
        return found[0].image
    grey = picture(file).grey
    if grey.shape != (SIDE, SIDE):
        got = "×".join(map(str, grey.shape[::-1]))
        message = f"{file}: expected {SIDE}×{SIDE} pixels, as pictures are to stay as they are; got {got}"
        raise BpError(message, code=Exit.USAGE, hint=CHOICE)
    return np.rint(grey).astype(np.uint8)


def _edge(image: Images) -> Images:
    return np.concatenate([image[[0, -1]].ravel(), image[:, [0, -1]].ravel()])


def _config(target: Path, packed: Packed) -> str:
    """Return a config for the data set, as YAML: the network of mnist.yaml, and the more epochs the fewer images."""
    least, most = EPOCHS
    epochs = min(max(round(STEPS * BATCH / packed.train), least), most)
    return (
        f"# {packed.train} + {packed.test} pictures of {len(packed.classes)} classes, packed by bp data pack.\n"
        f"data: {{name: idx, dir: {_quoted(str(target))}, preprocessing: {packed.preprocessing},\n"
        f"  labels: [{', '.join(map(_quoted, packed.classes))}]}}\n"
        "model: {hidden: 400, activation: relu, init: he}\n"
        f"train: {{epochs: {epochs}, batch_size: {BATCH}, learning_rate: 0.1}}\n"
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _write(target: Path, contents: dict[str, bytes]) -> None:
    """Write files into a folder that appears whole or not at all."""
    place = target.resolve()  # of a symbolic link, what it leads to
    temporary = place.with_name(f".{secrets.token_hex(8)}.part")
    try:
        temporary.mkdir()
        for name, content in contents.items():
            (temporary / name).write_bytes(content)
        if place.exists():
            place.rmdir()
        temporary.rename(place)
    except BaseException as error:
        shutil.rmtree(temporary, ignore_errors=True)
        if isinstance(error, OSError):
            error.filename = str(target)
        raise
