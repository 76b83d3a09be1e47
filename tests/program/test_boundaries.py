"""Where `bp` writes and what it follows: the cache and the run directory, with the user's umask, and no link out."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_bp.data.archives import FILES, Archives
from tests.helpers.commands import contents, run
from tests.helpers.mirror import Mirror

PROGRAM = """
import json, os, sys

written = []

def place(path):
    return os.path.realpath(os.fsdecode(path))

FIRST = ("os.mkdir", "os.rmdir", "os.remove", "os.chmod", "os.chown", "os.utime", "os.truncate")
BOTH = ("os.rename", "os.link", "os.symlink")

def hook(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
        if not isinstance(arguments[0], int):  # a descriptor was opened by its path before
            written.append(place(arguments[0]))
    elif event in FIRST:
        written.append(place(arguments[0]))
    elif event in BOTH:
        written.extend(map(place, arguments[:2]))
    elif event in ("os.system", "subprocess.Popen"):
        written.append(f"a command: {arguments[0]}")

sys.addaudithook(hook)

from mnist_bp.cli.bp import bp
from mnist_bp.data.archives import ARCHIVES, Archives

umask, commands, sha256 = json.loads(sys.argv[1])
os.umask(umask)
ARCHIVES["mnist"] = Archives("mnist", (), tuple(sha256), ("0", "1", "2"))
codes = []
for command in commands:
    try:
        bp(command)
    except SystemExit as end:
        codes.append(end.code)
print(json.dumps([codes, written]))
"""

TRAIN = ["train", "--config", "small.yaml", "--out", "run", "--quiet"]
COMMANDS = [
    ["data", "fetch"],
    ["data", "verify"],
    ["data", "info"],
    TRAIN,
    [*TRAIN, "--resume", "--set", "train.epochs=2"],
    ["eval", "run"],
    ["gradcheck", "run"],
    ["config", "small.yaml"],
]


def tree(folder: Path) -> dict[str, str]:
    """Return the modes of all that is in a folder, and its own."""
    return {str(path): stat.filemode(path.lstat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.mark.parametrize(
    ("umask", "folder_mode", "file_mode"), [(0o027, "drwxr-x---", "-rw-r-----"), (0o002, "drwxrwxr-x", "-rw-rw-r--")]
)
def test_files_are_written_only_to_the_cache_and_the_run_directory_and_respect_the_umask(
    umask: int, folder_mode: str, file_mode: str, small_mnist: Archives, archive_folder: Path, tmp_path: Path
) -> None:
    """An audit hook in a process of its own is told of all that Python opens, makes, renames and removes."""
    Path("small.yaml").write_text(
        "data: {name: mnist}\nmodel: {hidden: 3}\ntrain: {epochs: 1, batch_size: 70, checkpoint_seconds: 1e-6}\n"
    )
    (tmp_path / "home").mkdir()
    before = tree(tmp_path)
    with Mirror(archive_folder) as mirror:
        process = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, json.dumps([umask, COMMANDS, small_mnist.sha256])],
            env=os.environ | {
                "HOME": str(tmp_path / "home"),
                "TMPDIR": str(tmp_path / "home"),
                "MNIST_BP_MIRRORS": mirror.url,
                "NO_PROXY": "127.0.0.1",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert process.stderr == ""
    codes, written = json.loads(process.stdout.splitlines()[-1])
    assert codes == [0] * len(COMMANDS)

    homes = [tmp_path / "cache", tmp_path / "work" / "run"]
    assert not [path for path in written if not any(Path(path).is_relative_to(home) for home in homes)]
    assert tree(tmp_path) == before | tree(homes[0]) | tree(homes[1])
    made = {Path(path): mode for path, mode in tree(tmp_path).items() if path not in before}
    assert {str(path) for path in made} <= set(written)
    assert {path.name for path in made} == {
        "cache", "mnist", *FILES, "decoded.npz", "decoded.verified",
        "run", "config.yaml", "env.json", "metrics.csv", "checkpoint.npz", "summary.json",
    }  # fmt: skip
    assert made == {path: folder_mode if path.is_dir() else file_mode for path in made}


@pytest.fixture
def linked(
    small_mnist: Archives, archive_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Return a folder outside a whole cache in which each file is a link to the same file of that folder."""
    with Mirror(archive_folder) as mirror:
        monkeypatch.setenv("MNIST_BP_MIRRORS", mirror.url)
        assert run("data", "fetch").exit_code == 0
        outside = (tmp_path / "cache" / "mnist").rename(tmp_path / "outside")
        (tmp_path / "cache" / "mnist").mkdir()
        for path in outside.iterdir():
            (tmp_path / "cache" / "mnist" / path.name).symlink_to(path)
        yield outside


def test_links_in_the_cache_are_replaced_and_their_targets_stay(
    linked: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache, before = tmp_path / "cache" / "mnist", contents(linked)
    verdict = run("data", "verify")
    assert verdict.exit_code == 4
    assert verdict.stdout.count(": missing\n") == 4
    assert caplog.messages[0].startswith(f"{cache / FILES[0]}: a symbolic link, which is not followed")

    assert run("data", "fetch").exit_code == 0
    assert run("data", "verify").stdout.count(": ok\n") == 5
    assert contents(linked) == before
    assert contents(cache) | {"decoded.verified": before["decoded.verified"]} == before  # which tells files apart
    assert not [path for path in cache.iterdir() if path.is_symlink()]


@pytest.mark.parametrize("command", [["fetch"], ["verify"], ["info"], ["import", "archives"]], ids=" ".join)
def test_a_linked_folder_in_the_cache_is_refused(
    command: list[str], small_mnist: Archives, archive_folder: Path, tmp_path: Path
) -> None:
    archive_folder.rename("archives")
    outside, link = tmp_path / "outside", tmp_path / "cache" / "mnist"
    outside.mkdir()
    link.parent.mkdir()
    link.symlink_to(outside)
    result = run("data", *command)

    assert result.exit_code == 4
    assert f"error: {link}: expected a folder; got a symbolic link" in result.stderr
    assert "hint: remove the link" in result.stderr
    assert contents(outside) == {}
