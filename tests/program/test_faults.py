"""Every fault of network, files, disk and process that a run has to survive: injected, shown, and over again.

The command is always `bp train --out r`. Of each fault three things are asserted: the exit code, what the user reads,
and what is left in the cache and the run directory. Then the fault is over, as the user or time would end it, and the
same command must end as if nothing had happened. `pytest tests/test_faults.py -rP` shows what the user sees.
"""

import gzip
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, SIGUSR1
from threading import Barrier
from typing import Any, NamedTuple

import numpy as np
import pytest

from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.data import download
from mnist_bp.data.archives import FILES, Archives
from mnist_bp.run import checkpoint
from mnist_bp.run.claim import LEASE, Claim
from mnist_bp.run.directory import LOCK, Run
from mnist_bp.run.process import Process
from tests.helpers import mirror
from tests.helpers.commands import contents, outcome, run
from tests.helpers.data import idx
from tests.helpers.disks import bound_by_permissions, full_disk, small_disk
from tests.helpers.mirror import Answer, Mirror, reply, sends

IMAGES, LABELS, _, TEST_LABELS = FILES
NONE, EPOCH, STOP, END = 0, 11, 17, 33  # steps: 3 epochs of 210 examples in batches of 20
UNCHANGED = None
TOLD = -1


class Seen(NamedTuple):
    """The end of a command: the exit code that a shell tells, the screen, and whether a signal has killed it."""

    code: int
    screen: str
    killed: bool = False


@dataclass(frozen=True)
class Scene:
    """A mirror, a cache, a config and a run directory, with the command that uses them."""

    mirror: Mirror
    archives: Archives
    config: Path = Path("mnist.yaml")
    cache: Path = Path("cache")
    out: Path = Path("r")
    disks: ExitStack = field(default_factory=ExitStack)

    @property
    def command(self) -> list[str]:
        return ["train", "--config", str(self.config), "--out", str(self.out)]

    @property
    def checkpoint(self) -> Path:
        return self.out / "checkpoint.npz"

    def files(self) -> dict[str, bytes]:
        """Return all that lies in the cache and the run directory."""
        paths = [path for folder in (self.cache, self.out) for path in folder.rglob("*")]
        return {str(path): path.read_bytes() for path in paths if path.is_file()}

    def bp(self) -> Seen:
        """Run the command in this process."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MNIST_BP_CACHE", str(self.cache))
            patch.setattr(logging.root, "handlers", [])  # those of pytest would keep warnings from the screen
            result = run(*self.command)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        return Seen(result.exit_code, result.output)

    def process(self, fault: str = "") -> Seen:
        """Run the command in a process of its own, in which some lines of Python have laid a fault."""
        program = PROGRAM.format(sha256=self.archives.sha256, fault=fault)
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, *self.command],
            env=os.environ | {"MNIST_BP_CACHE": str(self.cache)},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )  # fmt: skip
        killed = result.returncode < 0
        return Seen(128 - result.returncode if killed else result.returncode, result.stdout, killed)


PROGRAM = """
import os, sys
from mnist_bp.cli import main
from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.data.archives import ARCHIVES, Archives
ARCHIVES["mnist"] = Archives("mnist", (), {sha256}, ("0", "1", "2"))
{fault}
main()
"""

Act = tuple[Scene, Callable[[], Seen]]
Fault = Callable[[Scene], AbstractContextManager[Act]]
"""Lays a fault, yields the scene and how the command is run there, and ends the fault."""


def downloading(answer: Answer, **limits: Any) -> Fault:
    """Let the mirror answer wrongly when the first archive is not in the cache; then it recovers."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        (scene.cache / "mnist" / IMAGES).unlink()
        scene.mirror.answer = answer
        with pytest.MonkeyPatch.context() as patch:
            for limit, value in limits.items():
                patch.setattr(download, limit, value)
            yield scene, scene.bp
        scene.mirror.answer = mirror.sound

    return fault


def own_file(name: str, spoil: Callable[[bytes], bytes]) -> Fault:
    """Spoil one of the user's own IDX files; then he puts the sound one back."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        scene, path = replace(scene, config=Path("own.yaml")), Path("own", name)
        path.write_bytes(spoil(path.read_bytes()))
        yield scene, scene.bp
        path.write_bytes(genuine(name))

    return fault


def genuine(name: str) -> bytes:
    """Return an archive as it was before all faults."""
    return Path("untouched/mnist", name).read_bytes()


def inside(spoil: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Return what spoils the contents of a gzip stream."""
    return lambda packed: gzip.compress(spoil(gzip.decompress(packed)))


def bomb(packed: bytes) -> bytes:
    """Return a gzip stream of 0.1 MB that holds the images and 16 MB of zeros."""
    return gzip.compress(gzip.decompress(packed) + bytes(16 << 20), compresslevel=1)


@contextmanager
def read_only_cache(scene: Scene) -> Iterator[Act]:
    """Let the cache, with all archives but one, be closed for writing, until it is opened."""
    (scene.cache / "mnist" / IMAGES).unlink()
    with read_only(scene.cache / "mnist"):
        yield scene, scene.bp


@contextmanager
def read_only_cache_with_archives(scene: Scene) -> Iterator[Act]:
    with read_only(scene.cache / "mnist"):
        yield scene, scene.bp


@contextmanager
def read_only_run_directory(scene: Scene) -> Iterator[Act]:
    interrupted(scene)
    with read_only(scene.out):
        yield scene, scene.bp


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o555)
    with bound_by_permissions():
        yield
    folder.chmod(0o755)


@contextmanager
def full_disk_during_download(scene: Scene) -> Iterator[Act]:
    fill = filling(scene)
    scene = replace(scene, cache=Path(shutil.copytree(scene.cache, "disk/cache")))
    (scene.cache / "mnist" / IMAGES).unlink()
    with fill():
        yield scene, scene.bp


@contextmanager
def full_disk_during_checkpoint(scene: Scene) -> Iterator[Act]:
    """Let the disk fill up in the second epoch."""
    fill = filling(scene)
    with ExitStack() as full, pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingDisplay, "step", at_step(STOP, lambda: full.enter_context(fill())))
        scene = replace(scene, out=Path("disk/r"))
        yield scene, scene.bp


def filling(scene: Scene) -> Callable[[], AbstractContextManager[None]]:
    """Make `disk`, which lasts for the test; return what fills it to the last byte, and makes room again."""
    scene.disks.enter_context(small_disk(Path("disk"), 1 << 20))

    @contextmanager
    def filled() -> Iterator[None]:
        filler = Path("disk/filler")
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        yield
        filler.unlink()

    return filled if Path("disk").is_mount() else lambda: full_disk(room=1000)


@contextmanager
def four_processes(scene: Scene) -> Iterator[Act]:
    """Four are downloading the first archive at once: the mirror answers the first when the last has asked."""
    shutil.rmtree(scene.cache)
    together = Barrier(4)

    def answer(connection: socket.socket, body: bytes) -> None:
        if body == scene.mirror.files[IMAGES]:
            together.wait(30)
        mirror.sound(connection, body)

    def race() -> Seen:
        racers = [scene, *(replace(scene, out=Path(f"r{number}")) for number in range(2, 5))]
        with ThreadPoolExecutor(4) as threads:
            seen = list(threads.map(Scene.process, racers))
        assert [each.code for each in seen] == [0] * 4, seen
        assert all(outcome(racer.out) == outcome(scene.out) for racer in racers)
        return seen[0]

    scene.mirror.answer = answer
    yield scene, race
    assert sum(IMAGES in head for head in scene.mirror.requests) == 4


AT_STEP = """
def step(display):
    if display._trainer.position.step == {step}:
        for signal in {signals}:
            os.kill(os.getpid(), signal)
TrainingDisplay.step = step
"""

BEFORE_RENAMING = """
written = []
def hook(event, arguments):
    if event == "os.rename" and str(arguments[1]).endswith({name!r}):
        written.append(arguments)
        if len(written) == {nth}:
            os.kill(os.getpid(), {signal})
sys.addaudithook(hook)
"""


def signalled(*signals: int, step: int = STOP) -> Fault:
    """Let signals come one right after the other, in a step."""
    return in_a_process(AT_STEP.format(step=step, signals=[int(signal) for signal in signals]))


def signalled_before(name: str, signal: int, nth: int = 1) -> Fault:
    """Let a signal come when a file is written for the n-th time, but does not have its name yet."""
    return in_a_process(BEFORE_RENAMING.format(name=name, signal=int(signal), nth=nth))


def in_a_process(lines: str) -> Fault:
    """Let some lines of Python lay the fault in a process of its own, which has to download the first archive."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        (scene.cache / "mnist" / IMAGES).unlink()
        yield scene, lambda: scene.process(lines)

    return fault


def at_step(step: int, then: Callable[[], object]) -> Callable[[TrainingDisplay], object]:
    """Return what stands in for the display of a step, and does something in one of them."""
    return lambda display: then() if display._trainer.position.step == step else None


def interrupted(scene: Scene) -> None:
    """Train until Ctrl-C in mid-epoch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TrainingDisplay, "step", at_step(STOP, lambda: os.kill(os.getpid(), SIGINT)))
        assert scene.bp().code == 130


def in_mid_run(change: Callable[[Scene], object]) -> Fault:
    """Change something in the directory of an interrupted run."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        scene = replace(scene, config=Path("own.yaml"))
        interrupted(scene)
        change(scene)
        yield scene, scene.bp

    return fault


@contextmanager
def second_process(scene: Scene) -> Iterator[Act]:
    """Let the directory of an interrupted run be claimed by a process that ends afterwards."""
    interrupted(scene)
    with Claim(scene.out):
        yield scene, scene.bp


def lock(silent: float, **other: Any) -> Callable[[Scene], None]:
    """Return what leaves the lock of another process, silent for so many seconds."""

    def leave(scene: Scene) -> None:
        file = scene.out / LOCK / ("0" * 32)
        file.parent.mkdir()
        file.write_text(replace(Process.this(), **other).line)
        os.utime(file, (now := file.stat().st_mtime - silent, now))

    return leave


@contextmanager
def lock_of_another_machine(scene: Scene) -> Iterator[Act]:
    """Leave the lock of a process elsewhere, that goes on a while later."""
    with in_mid_run(lock(LEASE / 2, host="node7", place="elsewhere"))(scene) as act:
        yield act
    os.utime(next((act[0].out / LOCK).iterdir()), (0, 0))


def failed(scene: Scene) -> None:
    Run(scene.out).fail("it was not to be", STOP)


def deleting(name: str) -> Fault:
    """Let a file of the run directory, or "." for all of it, be deleted in the second epoch."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        def delete() -> None:
            shutil.rmtree(scene.out) if name == "." else (scene.out / name).unlink()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(TrainingDisplay, "step", at_step(STOP, delete))
            yield scene, scene.bp

    return fault


def pipe(name: str) -> Callable[[Scene], None]:
    """Return what puts a FIFO in the place of a file of the run directory."""

    def make(scene: Scene) -> None:
        (scene.out / name).unlink(missing_ok=True)
        os.mkfifo(scene.out / name)

    return make


@contextmanager
def pipe_as_summary(scene: Scene) -> Iterator[Act]:
    """Put a FIFO in the place of the summary of a finished run; then the user takes it away."""
    assert scene.bp().code == 0
    pipe("summary.json")(scene)
    yield scene, scene.bp
    (scene.out / "summary.json").unlink()


def torn(name: str, row: str) -> Callable[[Scene], None]:
    """Return what leaves a part of a row at the end of a table."""

    def tear(scene: Scene) -> None:
        with (scene.out / name).open("a") as file:
            file.write(row)

    return tear


def wrong_checkpoint(forge: Callable[[Scene], object]) -> Fault:
    """Put a wrong checkpoint into the directory of an interrupted run; then the user takes it out."""

    @contextmanager
    def fault(scene: Scene) -> Iterator[Act]:
        with in_mid_run(forge)(scene) as (there, bp):
            yield there, bp
        there.checkpoint.unlink()

    return fault


def truncated(scene: Scene) -> None:
    scene.checkpoint.write_bytes(scene.checkpoint.read_bytes()[:-100])


def bit_flipped(scene: Scene) -> None:
    """Flip a bit of a weight: one of the zip's own notes, such as a time, may matter to nobody."""
    raw = bytearray(scene.checkpoint.read_bytes())
    raw[raw.index(np.load(scene.checkpoint, allow_pickle=False)["W1"].tobytes())] ^= 1
    scene.checkpoint.write_bytes(raw)


def from_another_config(scene: Scene) -> None:
    another = replace(scene, config=Path("another.yaml"), out=Path("another"))
    another.config.write_text(scene.config.read_text() + "seed: 1\n")
    interrupted(another)
    shutil.copy(another.checkpoint, scene.checkpoint)


def from_another_data_set(scene: Scene) -> None:
    """Of the same shapes, and under the same name."""
    Path("own", IMAGES).write_bytes(idx(np.zeros((210, 8, 8), np.uint8)))
    another = replace(scene, out=Path("another"))
    interrupted(another)
    shutil.copy(another.checkpoint, scene.checkpoint)
    Path("own", IMAGES).write_bytes(genuine(IMAGES))


def from_a_later_version(scene: Scene) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "FORMAT", 999)
        another = replace(scene, out=Path("another"))
        interrupted(another)
    shutil.copy(another.checkpoint, scene.checkpoint)


def from_an_earlier_version(scene: Scene) -> None:
    """Version 0.3 had the parameters, the optimizer and the position, and nothing else."""
    with np.load(scene.checkpoint) as archive:
        members: dict[str, Any] = dict(archive)
    for name in ("format", "config", "fingerprint", "sha256"):
        del members[name]
    np.savez(scene.checkpoint, **members)


@contextmanager
def other_data(scene: Scene) -> Iterator[Act]:
    """Exchange the images under an interrupted run; then the user puts back those that it began with."""
    scene = replace(scene, config=Path("own.yaml"))
    interrupted(scene)
    with own_file(IMAGES, lambda _: idx(np.zeros((210, 8, 8), np.uint8)))(scene) as act:
        yield act


def environment_changed(scene: Scene) -> None:
    path = scene.out / "env.json"
    environment = json.loads(path.read_text())
    environment["numpy"], environment["blas"]["kernel"], environment["blas"]["threads"] = "1.0", "Abacus", 99
    path.write_text(json.dumps(environment))


class Row(NamedTuple):
    """What comes of a fault; `left` is the step of the checkpoint that it leaves, unless all files stay as they are.

    TOLD is that they do, and failure.json tells why.
    `advised` is whether a failure comes with a hint.
    """

    fault: Fault
    code: int
    words: str
    left: int | None = UNCHANGED
    advised: bool = True


def wrong_answer(name: str) -> Row:
    """Return the row of an answer that the download's own tests know."""
    answer, reason = mirror.FAULTS[name]
    return Row(downloading(answer, **mirror.LIMITS.get(name, {})), 4, reason)


def refused(name: str, spoil: Callable[[bytes], bytes], words: str) -> Row:
    """Return the row of an IDX file of the user's own."""
    return Row(own_file(name, spoil), 4, words, advised=False)


MENDED, NO_FILE = "not as this process left it; written again", "cannot read it: expected a file; got a FIFO"
HASH, MORE = "expected SHA-256", "got more bytes after"
SAVED, NOTED = "interrupted at step 17 of 33; checkpoint saved", "Ctrl-C ends at once"

FAULTS = {
    "truncated body with length": wrong_answer("truncated body with its length"),
    "truncated body without length": wrong_answer("truncated body without its length"),
    "bit flip": wrong_answer("bit flip"),
    "HTML with status 200": wrong_answer("HTML"),
    "403": wrong_answer("403"),
    "404": wrong_answer("404"),
    "429": wrong_answer("429"),
    "5xx: 500": wrong_answer("500"),
    "5xx: 503": wrong_answer("503"),
    "reset mid-body": wrong_answer("reset in mid-body"),
    "slow drip": wrong_answer("slow drip"),
    "slow drip, then nothing": wrong_answer("stall in mid-body"),
    "oversize body": wrong_answer("oversize body"),
    "gzip bomb in a body": Row(downloading(sends(lambda body: reply(bomb(body)))), 4, HASH),
    "gzip bomb": refused(IMAGES, bomb, f"expected 13440 values; {MORE} them"),
    "trailing bytes in a body": Row(downloading(sends(lambda body: reply(body + b"\0"))), 4, HASH),
    "trailing bytes after gzip": refused(IMAGES, lambda file: file + b"!", "a sound gzip stream; got one with a fault"),
    "trailing bytes after IDX": refused(IMAGES, inside(lambda raw: raw + b"\0"), f"13440 values; {MORE} them"),
    "IDX with wrong magic": refused(IMAGES, inside(lambda raw: b"\0\1" + raw[2:]), "zero bytes; got 00 01 08"),
    "IDX with wrong type": refused(IMAGES, inside(lambda raw: b"\0\0\x0d" + raw[3:]), "0x08; got type 0x0d"),
    "IDX with wrong dimensions": refused(IMAGES, lambda _: genuine(LABELS), "expected 3 dimensions; got 1"),
    "IDX with wrong count": refused(LABELS, inside(lambda raw: raw[:-1]), "expected 210 values; got only 209"),
    "IDX with another count": refused(
        LABELS, lambda _: genuine(TEST_LABELS), "as labels, at least one; got 210 and 60"
    ),
    "IDX with wrong label": refused(TEST_LABELS, inside(lambda raw: raw[:-1] + b"\x09"), "up to 9 for testing"),
    "read-only cache": Row(read_only_cache, 4, "cannot write to the cache: Permission denied"),
    "read-only cache with archives": Row(read_only_cache_with_archives, 0, "the next start will be slower", END),
    "read-only run directory": Row(read_only_run_directory, 1, "r/lock: cannot create it: Permission denied"),
    "full disk during download": Row(full_disk_during_download, 4, "gz: cannot write to the cache: "),
    "full disk during checkpoint": Row(
        full_disk_during_checkpoint, 1, "checkpoint, disk/r/checkpoint.npz, is of step 11", EPOCH
    ),
    "four processes on a cold cache": Row(four_processes, 0, "test accuracy", END),
    "kill -9 in a download": Row(signalled_before(IMAGES, SIGKILL), 137, "", NONE),
    "kill -9 at the first step": Row(signalled(SIGKILL, step=1), 137, "", NONE),
    "kill -9 at the first checkpoint": Row(signalled_before("checkpoint.npz", SIGKILL), 137, "", NONE),
    "kill -9 in mid-epoch": Row(signalled(SIGKILL), 137, "epoch 1/3", EPOCH),
    "kill -9 at the second checkpoint": Row(
        signalled_before("checkpoint.npz", SIGKILL, nth=2), 137, "epoch 1/3", EPOCH
    ),
    "kill -9 at the end": Row(signalled_before("summary.json", SIGKILL), 137, "epoch 3/3", END),
    "SIGINT in a download": Row(signalled_before(IMAGES, SIGINT), 130, "interrupted by SIGINT"),
    "SIGTERM in a download": Row(signalled_before(IMAGES, SIGTERM), 143, "interrupted by SIGTERM"),
    "SIGUSR1 in a download": Row(signalled_before(IMAGES, SIGUSR1), 138, "interrupted by SIGUSR1"),
    "SIGINT": Row(signalled(SIGINT), 130, SAVED, STOP),
    "SIGTERM": Row(signalled(SIGTERM), 143, SAVED, STOP),
    "SIGUSR1": Row(signalled(SIGUSR1), 138, SAVED, STOP),
    "SIGINT twice": Row(signalled(SIGINT, SIGINT), 130, NOTED, EPOCH),
    "SIGTERM twice": Row(signalled(SIGTERM, SIGTERM), 143, SAVED, STOP),
    "SIGUSR1 twice": Row(signalled(SIGUSR1, SIGUSR1), 138, SAVED, STOP),
    "a second process in the run directory": Row(second_process, 1, "r: is being written by process "),
    "the lock of a process that has died": Row(in_mid_run(lock(0, started="1")), 0, "continuing from step 17", END),
    "the lock of another machine, fresh": Row(lock_of_another_machine, 1, "on node7, which gave a sign of life "),
    "the lock of another machine, old": Row(
        in_mid_run(lock(2 * LEASE, place="elsewhere")), 0, "continuing from step 17", END
    ),
    "a run that has failed": Row(in_mid_run(failed), 0, "r: failed after step 17: it was not to be; trying again", END),
    "torn last line of metrics": Row(
        in_mid_run(torn("metrics.csv", "2,22,0.5,0.7")), 0, "continuing from step 17 of 33", END
    ),
    "torn last line of steps": Row(in_mid_run(torn("steps.csv", "18,0.7")), 0, "continuing from step 17 of 33", END),
    "rows of steps beyond the checkpoint": Row(
        in_mid_run(torn("steps.csv", "18,0.7\n19,0.6\n")), 0, "continuing from step 17 of 33", END
    ),
    "steps deleted in mid-run": Row(deleting("steps.csv"), 0, f"r/steps.csv: {MENDED}", END),
    "metrics deleted in mid-run": Row(deleting("metrics.csv"), 0, f"r/metrics.csv: {MENDED}", END),
    "config deleted in mid-run": Row(deleting("config.yaml"), 0, f"r/config.yaml: {MENDED}", END),
    "environment deleted in mid-run": Row(deleting("env.json"), 0, f"r/env.json: {MENDED}", END),
    "checkpoint deleted in mid-run": Row(deleting("checkpoint.npz"), 0, "epoch 3/3", END),
    "run directory deleted in mid-run": Row(deleting("."), 1, "r: is gone: it was deleted or moved", NONE),
    "a FIFO for a checkpoint": Row(wrong_checkpoint(pipe("checkpoint.npz")), 1, f"r/checkpoint.npz: {NO_FILE}", TOLD),
    "a FIFO for a summary": Row(pipe_as_summary, 1, f"r/summary.json: {NO_FILE}"),
    "a FIFO for a failure": Row(in_mid_run(pipe("failure.json")), 1, f"r/failure.json: {NO_FILE}", TOLD),
    "checkpoint truncated": Row(wrong_checkpoint(truncated), 1, "r/checkpoint.npz: not a sound checkpoint", TOLD),
    "checkpoint bit-flipped": Row(wrong_checkpoint(bit_flipped), 1, "r/checkpoint.npz: not a sound checkpoint", TOLD),
    "checkpoint from another config": Row(wrong_checkpoint(from_another_config), 2, "seed is 1 instead of 0"),
    "checkpoint from another data set": Row(
        wrong_checkpoint(from_another_data_set), 2, "expected the data that it was trained on"
    ),
    "checkpoint from a later version": Row(
        wrong_checkpoint(from_a_later_version), 1, "expected a checkpoint of format 2; got one of format 999", TOLD
    ),
    "checkpoint from an earlier version": Row(
        wrong_checkpoint(from_an_earlier_version), 1, "expected a checkpoint of format 2; got one without", TOLD
    ),
    "resume with other data": Row(other_data, 2, "expected the data that it was trained on"),
    "resume in a changed environment": Row(in_mid_run(environment_changed), 0, "blas.kernel was Abacus, is ", END),
}


@pytest.fixture
def scene(small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """Return a scene with a sound mirror, the archives in the cache, the user's own IDX files, and no run."""
    rest = "model: {hidden: 6, init: xavier}\ntrain: {epochs: 3, batch_size: 20, learning_rate: 0.5, log_every: 1}\n"
    Path("mnist.yaml").write_text(f"data: {{name: mnist}}\n{rest}")
    Path("own.yaml").write_text(f"data: {{name: idx, dir: own}}\n{rest}")
    for folder in ("own", "cache/mnist", "untouched/mnist"):
        shutil.copytree(archive_folder, folder)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Mirror(archive_folder) as sound, ExitStack() as disks:
        monkeypatch.setenv("MNIST_BP_MIRRORS", sound.url)
        yield Scene(sound, small_mnist, disks=disks)


@pytest.fixture(scope="module")
def undisturbed() -> dict[Path, Any]:
    """Return what a run and its cache come to without a fault, by config; made once: all tests have the same data."""
    return {}


def step(path: Path) -> int:
    """Return the step of a checkpoint, which must be sound; 0 where there is none."""
    return int(checkpoint.read(path).arrays["position.step"]) if path.exists() else NONE


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_reported_and_does_no_harm(
    name: str, scene: Scene, undisturbed: dict[Path, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    lay, code, words, left, advised = FAULTS[name]
    with lay(scene) as (here, bp):
        before = here.files()
        capfd.readouterr()  # so that nothing of what came before is shown
        seen = bp()
        print(f"$ bp {' '.join(here.command)}\n{seen.screen}[exit code {seen.code}]")  # noqa: T201  # for -rP
        after = here.files()

        assert seen.code == code
        assert words in seen.screen
        assert "Traceback" not in seen.screen
        if code in (1, 2, 4):
            error, *hints = (line for line in seen.screen.splitlines() if line.startswith(("error: ", "hint: ")))
            assert words in error
            assert bool(hints) == advised
        if left == TOLD:
            assert words in json.loads(after.pop(str(here.out / "failure.json")))["message"]
        if left in (UNCHANGED, TOLD):
            assert after == before
        else:
            assert step(here.checkpoint) == left
        if not seen.killed:
            assert not any(path.endswith(".part") for path in after)
            assert left is UNCHANGED or not any(LOCK in Path(path).parts for path in after)
        metrics = outcome(here.out)[0] if here.checkpoint.is_file() else []

    again = here.bp()
    if here.config not in undisturbed:
        alone = replace(here, cache=Path("untouched"), out=Path("undisturbed"))
        assert alone.bp().code == 0
        undisturbed[here.config] = outcome(alone.out), contents(alone.out).keys(), contents(alone.cache / "mnist")
    expected, names, cache = undisturbed[here.config]
    assert (again.code, outcome(here.out)) == (0, expected), again.screen
    assert metrics == expected[0][: len(metrics)]
    assert len(metrics) >= (left or 0) // EPOCH
    assert contents(here.out).keys() == names
    own = (".part", ".verified")  # of a process, and of a file
    kept = {name: raw for name, raw in contents(here.cache / "mnist").items() if not name.endswith(own)}
    assert set(FILES) <= kept.keys()
    assert kept.items() <= cache.items()
