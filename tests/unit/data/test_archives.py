"""The published data sets are pinned as they are."""

import gzip
import hashlib
import re

import pytest

from mnist_bp.data.archives import ARCHIVES, FILES, Archives
from tests.helpers.data import MNIST

EVERY_SET = pytest.mark.parametrize("archives", ARCHIVES.values(), ids=ARCHIVES)


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real archives are not here")
def test_the_real_archives_of_mnist_have_the_pinned_sums() -> None:
    sums = {name: hashlib.sha256((MNIST / name).read_bytes()).hexdigest() for name in FILES}

    assert sums == ARCHIVES["mnist"].files


@pytest.mark.skipif(not MNIST.is_dir(), reason="the real archives are not here")
def test_what_is_in_the_real_archives_of_mnist_has_the_pinned_fingerprint() -> None:
    """By hand: behind headers of 16 and 8 bytes lie the bytes of images and labels."""
    shapes = {"train_images": (60_000, 28, 28), "train_labels": (60_000,)}
    shapes |= {"test_images": (10_000, 28, 28), "test_labels": (10_000,)}
    lines = []
    for file, (name, shape) in zip(FILES, shapes.items(), strict=True):
        values = gzip.decompress((MNIST / file).read_bytes())[4 + 4 * len(shape) :]
        lines.append(f"{name} uint8 {shape} {hashlib.sha256(values).hexdigest()}")

    assert hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest() == ARCHIVES["mnist"].fingerprint


@EVERY_SET
def test_every_archive_has_a_sum_of_its_own(archives: Archives) -> None:
    assert list(archives.files) == list(FILES)
    assert len(set(archives.sha256)) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", sha256) for sha256 in archives.sha256)


def test_no_two_data_sets_share_an_archive() -> None:
    sums = [sha256 for archives in ARCHIVES.values() for sha256 in archives.sha256]

    assert len(set(sums)) == len(sums)


@EVERY_SET
def test_every_mirror_is_the_address_of_a_folder(archives: Archives) -> None:
    assert archives.mirrors
    assert all(re.fullmatch(r"https?://[^/\s]+/([^/\s]+/)*", mirror) for mirror in archives.mirrors)


def test_every_data_set_is_listed_under_its_name() -> None:
    assert {name: archives.name for name, archives in ARCHIVES.items()} == {name: name for name in ARCHIVES}


def test_mnist_comes_from_two_mirrors_in_this_order() -> None:
    assert ARCHIVES["mnist"].mirrors == (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    )


def test_ten_classes_have_their_published_names() -> None:
    """Of Fashion-MNIST's T-shirts and ankle boots; KMNIST's ten rows of the syllabary begin with お and end with を."""
    assert {name: len(set(archives.classes)) for name, archives in ARCHIVES.items()} == dict.fromkeys(ARCHIVES, 10)
    ends = {name: (archives.classes[0], archives.classes[9]) for name, archives in ARCHIVES.items()}
    assert ends == {"mnist": ("0", "9"), "fashion-mnist": ("T-shirt/top", "Ankle boot"), "kmnist": ("お", "を")}
