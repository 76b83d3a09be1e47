"""Pictures become a data set, which trains: to the byte as they were, or prepared as `bp predict` prepares them."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_bp import config as configs
from mnist_bp.data import synthetic
from mnist_bp.data.loading import load
from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing.packing import FILES, Packed, _config, pack
from mnist_bp.preprocessing.pipeline import prepare
from mnist_bp.progress import silent
from mnist_bp.streams import TEST_DIGITS
from tests.helpers.commands import contents
from tests.helpers.data import idx

DIGITS = synthetic.draw(12, 0, TEST_DIGITS)[0]
OWN, PACKED = Path("own"), Path("packed")


def written(images: np.ndarray, *classes: str) -> None:
    """Write pictures, as many of each class, under OWN."""
    for name, group in zip(classes, np.array_split(images, len(classes)), strict=True):
        (OWN / name).mkdir(parents=True)
        for number, image in enumerate(group):
            Image.fromarray(image).save(OWN / name / f"{number}.png")


def packed(preprocessing: str | None = None, test: Fraction = Fraction(1, 3)) -> Packed:
    return pack(OWN, PACKED, test=test, preprocessing=preprocessing, progress=silent)


def test_images_that_are_made_so_already_stay_as_they_are_to_the_byte() -> None:
    written(DIGITS, "one", "two")
    found = packed()
    assert (found.classes, found.train, found.test, found.preprocessing) == (("one", "two"), 8, 4, "mnist")
    data = load("idx", folder=str(PACKED))
    images = np.concatenate([data.train.x, data.test.x])
    assert sorted(map(bytes, images)) == sorted(map(bytes, DIGITS))
    first = {bytes(image) for image in DIGITS[:6]}
    for split in (data.train, data.test):
        assert [bytes(x) in first for x in split.x] == [t == 0 for t in split.t]


def test_the_files_are_idx_and_their_bytes_always_the_same() -> None:
    written(DIGITS, "a", "b")
    packed()
    before = contents(PACKED)
    labels = np.frombuffer(before[FILES[1]][8:], np.uint8)
    assert before[FILES[1]] == idx(labels)
    assert sorted(labels) == [0] * 4 + [1] * 4
    assert set(labels[4:]) == {0, 1}, "the end, which data.validation holds out, has examples of every class"
    assert before[FILES[0]][:16] == idx(np.zeros((8, 28, 28), np.uint8))[:16]
    for path in PACKED.iterdir():
        path.unlink()
    packed()  # into an empty folder
    assert contents(PACKED) == before
    assert {path.name for path in Path().iterdir()} == {"own", "packed"}


def test_the_config_holds_what_the_data_are_whatever_the_classes_are_called() -> None:
    names = ("1", 'a"b\\', "Ünï: c", "no", "{x}", "~")
    written(DIGITS, *names)
    found = packed(test=Fraction(1, 2))
    config = configs.load(found.config)
    assert config.data == configs.DataConfig(name="idx", dir="packed", labels=found.classes, preprocessing="mnist")
    assert {*found.classes} == {*names}
    assert config.train.epochs == 100


@pytest.mark.parametrize("preprocessing", ["mnist", "resize"])
def test_other_pictures_are_prepared_as_those_that_are_read_later(preprocessing: str) -> None:
    pages = 255 - np.pad(np.kron(DIGITS[:4], np.ones((1, 3, 3), np.uint8)), ((0, 0), (9, 20), (30, 3)))
    written(pages, "a", "b")
    assert packed(preprocessing).preprocessing == preprocessing
    data = load("idx", folder=str(PACKED))
    images = {bytes(image) for image in (*data.train.x, *data.test.x)}
    assert images == {bytes(prepare(page, preprocessing)[0].image) for page in pages}


def test_products_that_fill_their_images_are_not_taken_for_digits(rng: np.random.Generator) -> None:
    images = rng.integers(0, 100, (8, 28, 28), dtype=np.uint8)
    written(images, "a", "b")
    assert packed().preprocessing == "resize"


def test_of_every_class_at_least_one_picture_is_left_to_train_on() -> None:
    written(DIGITS, "a", "b")
    found = packed(test=Fraction(99, 100))
    assert (found.train, found.test) == (2, 10)


@pytest.mark.parametrize(("train", "epochs"), [(10, 100), (5000, 50), (60_000, 12)])
def test_the_config_trains_for_about_5000_steps(train: int, epochs: int) -> None:
    found = _config(PACKED, Packed(("a", "b"), train, 1, "mnist", PACKED / "config.yaml"))
    assert f"epochs: {epochs}, batch_size: 50," in found


def refused(code: Exit, preprocessing: str | None = None) -> str:
    """Return what is said of the folder, of which nothing is written."""
    with pytest.raises(BpError) as caught:
        packed(preprocessing)
    assert caught.value.code == code
    assert not PACKED.exists()
    assert not [path for path in Path().iterdir() if path.name.endswith(".part")]
    return f"{caught.value}\n{caught.value.hint}"


def test_pictures_of_another_size_or_dark_on_light_need_preprocessing() -> None:
    written(DIGITS, "a", "b")
    Image.fromarray(DIGITS[0][:20]).save(OWN / "b" / "9.png")
    assert "own/b/9.png: expected 28×28 pixels" in (said := refused(Exit.USAGE))
    assert "--preprocessing mnist finds" in said
    for path in OWN.glob("*/*.png"):
        Image.fromarray(255 - DIGITS[0]).save(path)
    assert "got 13 on light ground" in refused(Exit.USAGE)


def test_all_pictures_that_cannot_be_used_are_named() -> None:
    written(DIGITS, "a", "b")
    (OWN / "a" / "1.png").write_bytes(b"no picture")
    Image.fromarray(np.zeros((28, 28), np.uint8)).save(OWN / "b" / "2.png")
    Image.fromarray(np.hstack([np.pad(digit, 9) for digit in DIGITS[:2]])).save(OWN / "b" / "3.png")
    lines = refused(Exit.NO_DATA, "mnist").splitlines()
    told = {line.partition(": ")[0]: line for line in lines}
    assert "another kind of file" in told["own/a/1.png"]
    assert "nothing written" in told["own/b/2.png"]
    assert told["own/b/3.png"].endswith("expected one digit or letter; found 2")
    for path in OWN.glob("*/*.png"):
        path.write_bytes(b"")
    assert refused(Exit.NO_DATA).splitlines()[10] == "and 2 more pictures cannot be used"


def test_what_is_in_a_folder_is_not_replaced_and_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written(DIGITS, "a", "b")
    with pytest.raises(BpError, match="own: expected a new or an empty folder"):
        pack(OWN, OWN, test=Fraction(1, 3), preprocessing=None, progress=silent)
    with pytest.raises(BpError, match="expected a folder no"):
        pack(OWN, Path("no/where"), test=Fraction(1, 3), preprocessing=None, progress=silent)
    for name in ("two\nlines", "\x1b[31m", "not-utf-8-\udcff"):  # which no config can hold
        with pytest.raises(BpError, match="expected a folder with a printable name"):
            pack(OWN, Path(name), test=Fraction(1, 3), preprocessing=None, progress=silent)

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left") as caught:
        packed()
    assert caught.value.filename == "packed"
    assert {path.name for path in Path().iterdir()} == {"own"}


def test_the_new_folder_may_be_a_symbolic_link_but_not_where_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    written(DIGITS, "a", "b")
    Path("elsewhere").mkdir()
    PACKED.symlink_to("elsewhere")
    packed()
    assert PACKED.is_symlink()
    assert {path.name for path in Path("elsewhere").iterdir()} == {*FILES, "config.yaml"}

    source = OWN.resolve()
    Path("here").mkdir()
    monkeypatch.chdir("here")
    for here in (Path(), Path.cwd()):
        with pytest.raises(BpError, match="expected another folder than the one"):
            pack(source, here, test=Fraction(1, 3), preprocessing=None, progress=silent)
    assert not [*Path().iterdir()]
