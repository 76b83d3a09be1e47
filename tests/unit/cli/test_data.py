"""`bp data`."""

import gzip
import json
import os
import signal
import statistics
import subprocess
import sys
from pathlib import Path
from socket import socket
from threading import Event

import numpy as np
import pytest
from PIL import Image

from mnist_bp.data import cache, synthetic
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.streams import TEST_DIGITS
from tests.helpers.commands import run
from tests.helpers.mirror import Mirror, reply


def test_import_verify_info_and_fetch_agree(small_mnist: Archives, archive_folder: Path, tmp_path: Path) -> None:
    imported = run("data", "import", archive_folder)
    assert imported.exit_code == 0
    assert str(tmp_path / "cache" / "mnist") in imported.stdout
    assert run("data", "verify").stdout.count(": ok\n") == 4
    assert run("data", "fetch").stdout.startswith("mnist: 210 + 60 examples in ")  # nothing to fetch, and no mirror

    about = json.loads(run("data", "info", "--json").stdout)
    assert (about["train"], about["test"], about["shape"]) == (210, 60, [8, 8])
    assert about["outputs"] == about["classes"] == 3
    assert about["class_names"] == ["0", "1", "2"]
    assert about["folder"] == str(tmp_path / "cache" / "mnist")
    pixels = [byte / 255 for byte in gzip.decompress((archive_folder / FILES[0]).read_bytes())[16:]]
    assert about["train_mean"] == pytest.approx(statistics.fmean(pixels))
    assert about["train_std"] == pytest.approx(statistics.pstdev(pixels))
    assert sum(about["train_per_class"]) == 210
    assert about["fingerprint"] in run("data", "info").stdout


def test_verify_says_what_is_missing_and_what_is_wrong(
    small_mnist: Archives, archive_folder: Path, tmp_path: Path
) -> None:
    result = run("data", "verify", "mnist")
    assert result.exit_code == 4
    assert result.stdout.count(": missing\n") == 4
    assert "hint: run `bp data fetch mnist`" in result.stderr

    run("data", "import", archive_folder)
    (tmp_path / "cache" / "mnist" / "train-labels-idx1-ubyte.gz").write_bytes(b"rotten")
    result = run("data", "verify", "mnist")
    assert result.exit_code == 4
    assert "train-labels-idx1-ubyte.gz: wrong: SHA-256 " in result.stdout
    assert "missing or wrong: train-labels-idx1-ubyte.gz\n" in result.stderr


def test_fetch_replaces_damaged_archives_even_beside_a_sound_decoded_copy(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Mirror(archive_folder) as mirror:
        monkeypatch.setenv("MNIST_BP_MIRRORS", mirror.url)
        run("data", "fetch")
        rotten = cache.folder() / "mnist" / "train-labels-idx1-ubyte.gz"
        rotten.write_bytes(b"rotten")
        assert run("data", "fetch").exit_code == 0
    assert run("data", "verify").exit_code == 0


def test_import_refuses_other_files(archive_folder: Path, tmp_path: Path) -> None:
    result = run("data", "import", archive_folder, "--name", "kmnist")
    assert result.exit_code == 4
    assert "expected the kmnist archive with SHA-256 51467d22" in result.stderr
    assert "data.name=idx" in result.stderr
    assert not (tmp_path / "cache" / "kmnist").exists()


def test_fetch_without_a_mirror_names_the_alternatives(tmp_path: Path) -> None:
    result = run("data", "fetch")
    assert result.exit_code == 4
    assert "http://127.0.0.1:9/train-images-idx3-ubyte.gz: Connection refused" in result.stderr
    assert "bp data import" in result.stderr
    assert "data.name=synthetic" in result.stderr
    assert not list(tmp_path.rglob("*.part"))


def test_show_draws_an_image_of_each_class_as_text_or_ten_on_a_sheet(
    small_mnist: Archives, archive_folder: Path
) -> None:
    """The blobs' bright rows are 0, 2 and 4, which are rows 0, 1 and 2 of an image at half its size."""
    run("data", "import", archive_folder)
    names, *lines = run("data", "show").stdout.splitlines()
    assert names == "0     1     2"
    assert [lines[0][0], lines[0][6], lines[1][12]] == ["▀", "▄", "▀"]
    assert len(lines) == 2

    result = run("data", "show", "mnist", "-o", "sheet.png")
    assert (result.exit_code, result.stdout) == (0, "sheet.png\n")
    assert Path("sheet.png").read_bytes().startswith(b"\x89PNG")
    assert run("data", "show", "mnist", "-o", "sheet.png").exit_code == 0  # its own file is replaced


def test_show_draws_the_data_set_of_a_config(archive_folder: Path) -> None:
    Path("c.yaml").write_text(f"data: {{name: idx, dir: {archive_folder}, labels: [cat, dog, fox]}}")
    result = run("data", "show", "--config", "c.yaml")
    assert (result.exit_code, result.stdout.splitlines()[0].split()) == (0, ["cat", "dog", "fox"])


def test_show_draws_images_as_a_config_distorts_them(small_mnist: Archives, archive_folder: Path) -> None:
    run("data", "import", archive_folder)
    shown = ["data", "show", "--set", "data.augment={rotation: 180, shift: 2}"]
    result = run(*shown)
    assert result.exit_code == 0
    assert result.stdout == run(*shown).stdout
    assert result.stdout != run("data", "show", "--set", "data.augment=null").stdout


def test_show_refuses_what_has_no_images_and_a_file_of_somebody_else() -> None:
    result = run("data", "show", "plane")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: data set plane: expected images; got examples that are plain numbers\n"
    Path("mine.png").write_bytes(b"mine")
    assert run("data", "show", "mnist", "-o", "mine.png").exit_code == 2
    assert Path("mine.png").read_bytes() == b"mine"


@pytest.mark.parametrize("command", ["fetch", "verify", "info", "show"])
def test_an_unknown_name_is_a_usage_error(command: str) -> None:
    result = run("data", command, "mnits")
    assert result.exit_code == 2
    assert "expected one of mnist" in result.stderr


def test_a_signal_in_mid_download_leaves_no_torn_file(archive_folder: Path, tmp_path: Path) -> None:
    """The mirror sends a few bytes, and then the signal, once they are in a temporary file."""

    def interrupt(connection: socket, body: bytes) -> None:
        connection.sendall(reply(body[:40], f"Content-Length: {len(body)}"))
        while not list((tmp_path / "cache").rglob(".*.part")):
            Event().wait(0.01)
        fetching.send_signal(signal.SIGTERM)
        connection.recv(1)  # until the client hangs up

    with Mirror(archive_folder, interrupt) as mirror:
        fetching = subprocess.Popen(
            [sys.executable, "-m", "mnist_bp", "data", "fetch"],
            env=os.environ | {"MNIST_BP_MIRRORS": mirror.url, "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _, errors = fetching.communicate(timeout=60)

    assert fetching.returncode == 143
    assert "Traceback" not in errors
    assert [path.name for path in (tmp_path / "cache").rglob("*")] == ["mnist"]


def test_packed_pictures_are_told_of_and_train_under_their_names(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "own" / name).mkdir(parents=True)
        for number in range(6):
            pixels = np.zeros((28, 28), np.uint8)
            pixels[5 + number : 9 + number] = 200 if name == "cat" else 90
            Image.fromarray(pixels).save(tmp_path / "own" / name / f"{number}.png")
    result = run("data", "pack", tmp_path / "own", "-o", "pets", "--test", "0.5")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "6 + 6 images of 2 classes, from cat to dog, in pets\nconfig pets/config.yaml\n"
    trained = run("train", "--config", "pets/config.yaml", "--set", "train.epochs=3", "--quiet", "--json")
    assert json.loads(trained.stdout)["run"] == "runs/pets"
    assert run("eval", "runs/pets").stdout.splitlines()[3].split()[0] == "cat"
    again = run("data", "pack", tmp_path / "own", "-o", "pets", "--json")
    assert again.exit_code == json.loads(again.stdout)["code"] == 2
    other = json.loads(
        run("data", "pack", tmp_path / "own", "-o", "whole", "--preprocessing", "resize", "--json").stdout
    )
    assert (other["classes"], other["preprocessing"], other["train"]) == (["cat", "dog"], "resize", 10)


@pytest.mark.parametrize("share", ["0", "1", "x", "1/0", "-1/2", "nan", "1e999999999"])
def test_a_share_that_leaves_nothing_is_refused(share: str) -> None:
    result = run("data", "pack", "own", "-o", "packed", "--test", share)
    assert result.exit_code == 2
    assert "expected a share above 0 and below 1, such as 1/3 or 0.33; got" in result.stderr


def test_what_is_prepared_as_digits_are_but_called_otherwise_is_called_a_class() -> None:
    for place, image in enumerate(synthetic.draw(4, 0, TEST_DIGITS)[0]):
        folder = Path("own", "xo"[place % 2])
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{place}.png")
    run("data", "pack", "own", "-o", "packed")
    run("train", "--config", "packed/config.yaml", "--set", "train.epochs=1", "--quiet")
    header = run("predict", "runs/packed", "own/x/0.png").stdout.splitlines()[0]
    assert header.split()[:2] == ["file", "class"]
    run("draw", "runs/packed", "-o", "draw.html")
    assert "<h1>Draw</h1>" in Path("draw.html").read_text(encoding="utf-8")
