"""Folders of classes: which classes there are, in which order, and which pictures are for testing."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.preprocessing.class_folders import find

SIXTH = Fraction(1, 6)


def files(*paths: str) -> Path:
    """Make empty files in a folder: their names are all that counts."""
    for path in (Path("own", each) for each in paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Path("own")


def numbered(folder: str, count: int) -> list[str]:
    return [f"{folder}/{number}.png" for number in range(count)]


def names(groups: Iterable[Iterable[Path]]) -> list[list[str]]:
    return [[path.name for path in group] for group in groups]


def test_classes_and_pictures_are_sorted_as_people_do() -> None:
    folder = files(*numbered("10", 12), *numbered("2", 2), *numbered("b", 2), *numbered("A", 2))
    found = find(folder, SIXTH)
    assert found.classes == ("2", "10", "A", "b")
    assert [int(path.stem) for path in found.train[1]] == sorted(int(path.stem) for path in found.train[1])
    assert [len(each) for each in found.train] == [1, 10, 1, 1]
    assert [len(each) for each in found.test] == [1, 2, 1, 1]


def test_a_share_of_each_class_is_for_testing_always_the_same_and_no_picture_is_lost() -> None:
    folder = files(*numbered("a", 20), *numbered("b", 20))
    found, again = find(folder, Fraction(1, 4)), find(folder, Fraction(1, 4))
    assert found == again
    for train, test in zip(found.train, found.test, strict=True):
        assert (len(train), len(test)) == (15, 5)
        assert len({*train, *test}) == 20
    assert names(found.test)[0] != names(found.test)[1]  # which of them, is drawn for each class
    assert found.files == [*found.train[0], *found.train[1], *found.test[0], *found.test[1]]


def test_folders_for_training_and_testing_are_taken_as_they_are() -> None:
    found = find(files("train/a/1.png", "train/b/2.jpg", "test/a/3.PNG", "test/b/4.png", "test/b/5.png"), SIXTH)
    assert found.classes == ("a", "b")
    assert names(found.train) == [["1.png"], ["2.jpg"]]
    assert names(found.test) == [["3.PNG"], ["4.png", "5.png"]]


def test_what_is_hidden_or_no_picture_is_passed_over() -> None:
    folder = files(".git/a/1.png", *numbered("a", 2), *numbered("b", 2), "a/._1.png", "a/Thumbs.db", "readme.txt")
    found = find(folder, SIXTH)
    assert found.classes == ("a", "b")
    assert len(found.files) == 4


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "own: expected a folder with a folder of pictures for each class"),
        (
            ["1.png", "2.png"],
            "own: expected a folder of pictures for each of 2 to 100 classes; got 0 folders and 2 pictures",
        ),
        (["a/1.png", "a/2.png"], "own: expected a folder of pictures for each of 2 to 100 classes; got 1 folder$"),
        (["a/1.png", "a/2.png", "b/x.txt"], "own/b: expected pictures of the class, .*, 2 at least; got 0"),
        (["a/1.png", "a/2.png", "b/1.png"], "own/b: expected pictures of the class, .*, 2 at least; got 1"),
        (["train/a/1.png", "train/b/1.png", "test/a/1.png", "test/c/1.png"], "own: .* only one has b, c"),
        (["train/a/1.png", "test/a/1.png", "val/a/1.png"], "own: expected no folders beside train and test; got val"),
        (["a/1.png", "b\x1b/1.png"], r"own: expected classes named by .* got 'b\\x1b'"),
        (["a/1.png", f"{'b' * 51}/1.png"], "own: expected classes named by at most 50 printable"),
    ],
)
def test_a_folder_that_is_made_otherwise_is_refused(given: list[str], message: str) -> None:
    files(*given)
    with pytest.raises(BpError, match=message) as caught:
        find(Path("own"), SIXTH)
    assert caught.value.code == Exit.NO_DATA


@pytest.mark.parametrize("given", ["own/my shapes/round", "own", "."])
def test_a_folder_that_is_one_too_high_or_too_low_leads_to_the_right_one(given: str) -> None:
    files("my shapes/round/1.png", "my shapes/square/1.png")
    Path("notes").mkdir()
    with pytest.raises(BpError) as caught:
        find(Path(given), SIXTH)
    meant = "did you mean `bp data pack 'own/my shapes'`?" if given != "." else None
    assert caught.value.hint == meant


def test_a_class_that_holds_the_classes_is_what_was_meant() -> None:
    files("my shapes/round/1.png", "my shapes/square/1.png", "notes/readme.txt")
    with pytest.raises(BpError, match="my shapes: expected pictures of the class") as caught:
        find(Path("own"), SIXTH)
    assert caught.value.hint == "did you mean `bp data pack 'own/my shapes'`?"


def test_what_cannot_be_a_picture_is_found_too_and_named_when_it_is_read() -> None:
    folder = files(*numbered("a", 2), *numbered("b", 2))
    Path("own/a/9.png").symlink_to("gone")
    assert "9.png" in {path.name for path in find(folder, SIXTH).files}
