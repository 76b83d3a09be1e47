"""A run is trained again: an honest one is identical, and whatever was changed in it is told."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_bp import config as configs
from mnist_bp import machine
from mnist_bp.cli.interruption import Interruption
from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from mnist_bp.run import checkpoint, execution, verification
from mnist_bp.run.directory import Run
from mnist_bp.run.verification import Verification
from tests.helpers.commands import run as command
from tests.helpers.data import archives
from tests.helpers.making import failed, unsynced

RUN = Path("r")
SHOWN = partial(TrainingDisplay, quiet=True)


@unsynced
def trained(config: Path, *overrides: str, resume: bool = False) -> Path:
    """Train the run, or train it on."""
    loaded = configs.load(config, overrides)
    execution.execute(
        loaded, RUN, None, resume=resume, stopping=Interruption(), display=SHOWN, progress=silent
    )  # fmt: skip
    return RUN


@unsynced
def verify(*overrides: str) -> Verification:
    return verification.verify(RUN, overrides, SHOWN, silent)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the run have been trained on another machine than this one."""
    told = machine.describe()
    monkeypatch.setattr(machine, "describe", lambda: told | {"numpy": "1.0"})


def changed(file: str, pattern: str, by: str) -> None:
    path = RUN / file
    text, count = re.subn(pattern, by, path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


def forge_metrics(epoch: int, **values: Any) -> None:
    """Change a row of the metrics, and the summary with the last."""
    run = Run(RUN)
    rows = [replace(row, **values) if row.epoch == epoch else row for row in run.metrics.rows()]
    run.metrics.write(rows)
    about = json.loads((RUN / "summary.json").read_text())
    (RUN / "summary.json").write_text(json.dumps(about | rows[-1].metrics))


def forge_checkpoint(name: str, change: Callable[[Any], Any]) -> None:
    """Change one number of the checkpoint, and its hash with it."""
    with np.load(RUN / "checkpoint.npz", allow_pickle=False) as file:
        members = dict(file)
    array = members[name].copy()
    array.flat[0] = change(array.flat[0])
    members[name] = array
    members["sha256"] = np.array(checkpoint._sha256(members))
    with (RUN / "checkpoint.npz").open("wb") as out:
        np.savez(out, allow_pickle=False, **members)


@pytest.mark.parametrize(
    "overrides",
    [
        (),
        ("train.metrics=full", "train.log_every=7", "data.validation=30", "train.optimizer=adam"),
        ("model.dropout=0.2", "train.shadow_check=10", "train.checkpoint_seconds=0.001", "train.dtype=float64"),
    ],
)  # fmt: skip
def test_an_honest_run_is_identical(small_config: Path, overrides: tuple[str, ...]) -> None:
    trained(small_config, *overrides)
    found = verify(*([] if overrides else ["data.mirrors=[http://127.0.0.1:9/]"]))
    assert (found.verdict, found.difference, found.environment) == ("identical", None, {})
    assert found.last is not None
    assert (found.last.epoch, found.parameters) == (3, 64 * 6 + 6 + 6 * 3 + 3)


@pytest.mark.usefixtures("small_mnist")
def test_so_is_one_of_a_mixture_whose_data_are_all_looked_at(
    small_config: Path, archive_folder: Path, rng: np.random.Generator
) -> None:
    command("data", "import", archive_folder)
    trained(small_config, "data.name=mnist", "data.extra={idx: 0.5}", "train.epochs=1")
    assert verify().verdict == "identical"
    with pytest.raises(BpError, match="on which it was trained; got idx of "):
        verify(f"data.dir={archives(Path('other'), rng)}")
    changed("env.json", '"idx": ".', '"idx": "x')
    assert str(verify().difference).startswith("env.json, data.extra: ")


def test_so_is_one_that_was_resumed_in_mid_epoch_and_with_other_logging(small_config: Path) -> None:
    trained(small_config, "train.max_steps=15", "train.log_every=2", "train.optimizer=momentum")
    trained(small_config, "train.log_every=3", "train.optimizer=momentum", resume=True)
    assert [row.step for row in Run(RUN).steps.rows()][6:9] == [14, 18, 21]
    assert verify().verdict == "identical"


def test_so_is_one_by_a_schedule_over_the_whole_run_that_was_made_longer(small_config: Path) -> None:
    fixed = ("train.schedule=one_cycle", "train.schedule_epochs=3")
    trained(small_config, *fixed, "train.epochs=1")
    trained(small_config, *fixed, resume=True)
    assert verify().verdict == "identical"


def test_classes_may_be_named_after_the_training(small_config: Path) -> None:
    trained(small_config)
    changed("config.yaml", "labels: null", "labels: [cat, dog, fox]")
    assert verify().verdict == "identical"


def test_nothing_is_left_in_the_temporary_folder_and_nothing_of_the_run_is_changed(
    small_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    trained(small_config)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in RUN.iterdir()}
    verify()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in RUN.iterdir()} == before
    monkeypatch.setattr(TrainingDisplay, "epoch", lambda *_: (_ for _ in ()).throw(SystemExit(130)))
    with pytest.raises(SystemExit):
        verify()
    assert not [*(tmp_path / "temporary").iterdir()]


FORGERIES: dict[str, tuple[Callable[[], None], str]] = {
    "a metric": (lambda: forge_metrics(2, test_accuracy=0.99), "metrics.csv, epoch 2, test_accuracy: 0.99 recorded, "),
    "a metric and the summary": (lambda: forge_metrics(3, test_accuracy=0.999), "metrics.csv, epoch 3, test_accuracy"),
    "a weight": (lambda: forge_checkpoint("W1", lambda w: np.nextafter(w, np.float32(9))), "checkpoint.npz, W1[0, 0]"),
    "a weight and no hash": (lambda: _flip("checkpoint.npz"), "r/checkpoint.npz: not a sound checkpoint"),
    "the position": (lambda: forge_checkpoint("position.correct", lambda n: n + 1), "checkpoint.npz, position.correct"),
    "the seed": (lambda: changed("config.yaml", "seed: 0\n$", "seed: 1\n"), "config.yaml, seed: 1 recorded, 0 in "),
    "the length": (lambda: changed("config.yaml", "epochs: 3", "epochs: 2"), "config.yaml, train.epochs: 2 recorded"),
    "the summary": (
        lambda: changed("summary.json", '"test_accuracy": .*', '"test_accuracy": 0.99'),
        "r/summary.json: expected test_accuracy",
    ),
    "the parameters": (lambda: changed("summary.json", '"parameters": 4', '"parameters": 5'), "summary.json, param"),
    "a loss": (lambda: changed("steps.csv", r"\n20,0", "\n20,1"), "steps.csv, step 20, loss: 1"),
    "the data": (lambda: changed("env.json", '"fingerprint": ".', '"fingerprint": "x'), "env.json, data.fingerprint"),
}


def _flip(file: str) -> None:
    content = bytearray((RUN / file).read_bytes())
    content[content.index("seed".encode("utf-32-le"))] ^= 1
    (RUN / file).write_bytes(content)


@pytest.mark.parametrize("what", FORGERIES)
def test_what_was_changed_in_a_run_is_told(small_config: Path, what: str) -> None:
    trained(small_config, "train.log_every=10")
    forge, told = FORGERIES[what]
    forge()
    found = verify()
    assert found.verdict == "different"
    assert str(found.difference).startswith(told)


def test_the_environment_may_explain_last_bits(small_config: Path, elsewhere: None) -> None:
    trained(small_config)
    changed("env.json", '"numpy": "1.0"', '"numpy": "1.1"')
    assert (verify().verdict, verify().environment) == ("identical", {"numpy": ("1.1", "1.0")})
    run = Run(RUN)
    first = run.metrics.rows()[0]
    forge_metrics(1, train_loss=first.train_loss * (1 + 1e-6), test_accuracy=first.test_accuracy - 1 / 60)
    forge_checkpoint("W1", lambda w: np.nextafter(w, np.float32(9)))
    found = verify()
    assert (found.verdict, found.unexplained) == ("explained", "")
    (RUN / "env.json").unlink()
    assert verify().environment["numpy"] == (None, "1.0")
    assert verify().verdict == "explained"


@pytest.mark.parametrize(
    ("forge", "because"),
    [
        (lambda: forge_metrics(3, test_accuracy=0.95), "its network has test loss "),
        (lambda: forge_metrics(3, test_loss=0.001), "its network has test loss "),
        (lambda: forge_metrics(1, train_loss=0.5), "the first training losses differ by more than 2%"),
        (lambda: forge_metrics(2, train_accuracy=0.1), "train_accuracy of epoch 2 differs by "),
        (lambda: forge_metrics(2, test_loss=1e-4), "test_loss of epoch 2 differs by more than 50%"),
        (lambda: forge_metrics(2, learning_rate=0.6), "learning_rate of epoch 2 "),
        (lambda: forge_checkpoint("W2", lambda w: w + 3), "its network has test loss "),
    ],
)
def test_but_not_what_rounding_cannot_have_made(
    small_config: Path, elsewhere: None, forge: Callable[[], None], because: str
) -> None:
    trained(small_config)
    changed("env.json", '"numpy": "1.0"', '"numpy": "1.1"')
    forge()
    found = verify()
    assert found.verdict == "different"
    assert found.unexplained.startswith(because)


def test_a_run_that_is_not_finished_is_refused(small_config: Path) -> None:
    trained(small_config)
    (RUN / "summary.json").unlink()
    with pytest.raises(BpError, match="expected a finished run; got one that is not") as caught:
        verify()
    assert (caught.value.code, caught.value.hint) == (
        Exit.USAGE,
        "r is unfinished, after 3 of 3 epochs; `bp train --config r/config.yaml --out r` continues it",
    )
    broken = failed(configs.load(small_config), message="training diverged at step 7")
    with pytest.raises(BpError, match="got one that failed after step 6: training diverged at step 7"):
        verification.verify(broken, (), SHOWN, silent)


def test_other_data_are_told_and_may_be_looked_for_elsewhere(
    small_config: Path, archive_folder: Path, rng: np.random.Generator
) -> None:
    trained(small_config)
    moved = archive_folder.rename("elsewhere")
    with pytest.raises(BpError, match="there is none") as caught:
        verify()
    assert caught.value.code == Exit.NO_DATA
    assert str(caught.value.hint).endswith("or say --set data.dir=FOLDER")
    assert verify(f"data.dir={moved}").verdict == "identical"
    with pytest.raises(BpError, match="expected a key that says where the data lie") as caught:
        verify("data.validation=3")
    assert caught.value.code == Exit.USAGE
    other = archives(Path("other"), rng)
    with pytest.raises(
        BpError, match=r"expected data of fingerprint .*, on which it was trained; got idx of "
    ) as caught:
        verify(f"data.dir={other}")
    assert caught.value.code == Exit.NO_DATA
