"""Pictures in folders that are named after their classes: which there are, and which of them are for testing."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing import natural
from mnist_bp.preprocessing.pictures import ENDINGS
from mnist_bp.streams import HELD_OUT, generator

MOST, LONGEST = 100, 50  # classes, and characters of a name, as the config key data.labels takes them


@dataclass(frozen=True)
class Sorted:
    """Pictures of each class, in the order of the classes' names: to train on, and to test on."""

    classes: tuple[str, ...]
    train: list[list[Path]]
    test: list[list[Path]]

    @property
    def files(self) -> list[Path]:
        """All pictures, those to train on first."""
        return [file for part in (self.train, self.test) for files in part for file in files]


def find(folder: Path, test: Fraction) -> Sorted:
    """Return the pictures in `folder`/CLASS; or those in `folder`/train/CLASS and `folder`/test/CLASS.

    Of the former, a share of each class, drawn at random and always the same, is for testing. Raises BpError (exit 4)
    for a folder that is not made so.
    """
    if not folder.is_dir():
        raise BpError(f"{folder}: expected a folder with a folder of pictures for each class", code=Exit.NO_DATA)
    train, held_out = folder / "train", folder / "test"
    if train.is_dir() and held_out.is_dir():
        if more := {*_folders(folder)} - {train.name, held_out.name}:
            message = f"{folder}: expected no folders beside train and test; got {', '.join(sorted(more))}"
            raise BpError(message, code=Exit.NO_DATA)
        classes, others = _classes(train), _classes(held_out)
        if odd := {*classes} ^ {*others}:
            message = f"{folder}: expected the same classes in train and test; only one has {', '.join(sorted(odd))}"
            raise BpError(message, code=Exit.NO_DATA)
        return Sorted(classes, *([_pictures(part / name) for name in classes] for part in (train, held_out)))
    classes = _classes(folder)
    parts = [_divided(_pictures(folder / name, at_least=2), test, number) for number, name in enumerate(classes)]
    return Sorted(classes, [part[0] for part in parts], [part[1] for part in parts])


def _divided(files: list[Path], test: Fraction, number: int) -> tuple[list[Path], list[Path]]:
    """Return the pictures of a class, by its number, to train and to test on: at least one each."""
    count = min(max(round(test * len(files)), 1), len(files) - 1)
    drawn = {*generator(0, HELD_OUT, number).permutation(len(files))[:count].tolist()}
    train, held_out = ([file for i, file in enumerate(files) if (i in drawn) == part] for part in (False, True))
    return train, held_out


def _classes(folder: Path) -> tuple[str, ...]:
    """Return the names of the folders in a folder; raises BpError (exit 4) unless they can name classes."""
    names, pictures = _folders(folder), len(_files(folder))
    if not 2 <= len(names) <= MOST:
        got = f"{len(names)} folder{'s' * (len(names) != 1)}" + f" and {pictures} pictures" * bool(pictures)
        message = f"{folder}: expected a folder of pictures for each of 2 to {MOST} classes; got {got}"
        candidates = [folder / name for name in names] + [folder.parent] * bool(pictures)
        raise BpError(message, code=Exit.NO_DATA, hint=_meant(candidates))
    if odd := [name for name in names if not name.isprintable() or len(name) > LONGEST]:
        message = f"{folder}: expected classes named by at most {LONGEST} printable characters; got {odd[0]!r}"
        raise BpError(message, code=Exit.NO_DATA)
    return tuple(names)


def _pictures(folder: Path, at_least: int = 1) -> list[Path]:
    """Return the pictures in a folder; raises BpError (exit 4) if there are too few."""
    found = _files(folder)
    if len(found) < at_least:
        expected = f"pictures of the class, such as .png or .jpg, {at_least} at least"
        raise BpError(f"{folder}: expected {expected}; got {len(found)}", code=Exit.NO_DATA, hint=_meant([folder]))
    return [folder / name for name in found]


def _meant(candidates: Iterable[Path]) -> str | None:
    """Return a hint at the first folder that holds classes of pictures, if one does."""
    for folder in candidates:
        if sum(bool(_files(folder / name)) for name in _folders(folder)) > 1:
            return f"did you mean `bp data pack {shlex.quote(str(folder))}`?"
    return None


def _folders(folder: Path) -> list[str]:
    return _sorted(path.name for path in folder.iterdir() if path.is_dir())


def _files(folder: Path) -> list[str]:
    return _sorted(path.name for path in folder.iterdir() if path.suffix.lower() in ENDINGS and not path.is_dir())


def _sorted(names: Iterable[str]) -> list[str]:
    """Return names that are not hidden, sorted as people do."""
    return sorted((name for name in names if not name.startswith(".")), key=natural.order)
