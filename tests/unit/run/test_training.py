"""A training and its directory; tests/program/test_resume.py interrupts it everywhere."""

import json
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.config import replaced
from mnist_bp.config.rules import Weights
from mnist_bp.data import loading
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.dropout import Dropout
from mnist_bp.progress import silent
from mnist_bp.run.checking import check
from mnist_bp.run.directory import Run
from tests.helpers.commands import run
from tests.helpers.data import archives
from tests.helpers.executing import ON_XOR, executed
from tests.helpers.making import config


def test_a_display_is_told_of_every_step_and_epoch() -> None:
    done, shown = executed(path=Path("r"))
    assert (done.path, done.before, shown.path, shown.start, shown.steps) == (Path("r"), False, Path("r"), 0, 6)
    assert [record.line() for record in shown.records] == [record.line() for record in Run("r").metrics.rows()]
    assert done.summary == Run("r").summary()


def test_a_run_that_is_asked_to_stop_ends_with_that_code_and_goes_on_from_there() -> None:
    with pytest.raises(BpError, match="interrupted at step 3 of 6; checkpoint saved") as caught:
        executed(path=Path("r"), stop=3)
    assert caught.value.code == Exit.TERMINATED
    assert Run("r").state == "unfinished"
    _, shown = executed(path=Path("r"))
    assert (shown.start, shown.steps) == (3, 3)


def environment(path: Path) -> dict[str, object]:
    content: dict[str, object] = json.loads((path / "env.json").read_text())
    return content


def test_a_continued_run_keeps_the_name_that_it_began_with() -> None:
    with pytest.raises(BpError):
        executed(name="mine", stop=3)
    executed(path=Path("runs/mine"))
    assert environment(Path("runs/mine"))["named_after"] == environment(Path("runs/mine"))["config"] == "mine"


def test_a_directory_of_another_name_tells_its_config() -> None:
    path = executed(path=Path("r"), name="mine")[0].path
    assert (environment(path)["named_after"], environment(path)["config"]) == (None, "mine")


def test_the_environment_names_the_data() -> None:
    about = environment(executed(path=Path("r"))[0].path)["data"]
    assert isinstance(about, dict)
    assert len(about.pop("fingerprint")) == 64
    assert about == {"name": "xor", "train": 4, "test": 4, "extra": {}}


@pytest.mark.usefixtures("small_mnist")
def test_a_mixture_is_noted_and_a_run_does_not_go_on_with_another(
    archive_folder: Path, rng: np.random.Generator
) -> None:
    run("data", "import", archive_folder)
    own = archives(Path("own"), rng)
    mixed = config(data_extra=Weights({"idx": 0.5}.items()), data_dir=str(own), train_batch_size=20)
    with pytest.raises(BpError, match="interrupted at step 7 of 16"):
        executed(mixed, path=Path("r"), stop=7)
    fingerprint = loading.load("idx", folder=str(own)).fingerprint
    about = environment(Path("r"))["data"]
    assert isinstance(about, dict)
    assert (about["name"], about["extra"]) == ("mnist", {"idx": fingerprint})
    with pytest.raises(BpError, match=f"of fingerprint {fingerprint[:12]}…; got idx of fingerprint") as caught:
        executed(replaced(mixed, {"data.dir": str(archive_folder)}), path=Path("r"))
    assert caught.value.code == Exit.USAGE
    assert executed(mixed, path=Path("r"))[1].start == 7


def test_a_wrong_gradient_ends_the_training_and_a_gradient_check_shows_it_at_the_same_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Dropout forgets its mask, in the fourth step alone."""
    right = Dropout.backward

    def forgetful(layer: Dropout, dout: Array) -> Array:
        return dout if layer.noise and layer.noise.spawn_key[1] == 4 else right(layer, dout)

    monkeypatch.setattr(Dropout, "backward", forgetful)
    settings = replaced(ON_XOR, {"model.dropout": 0.5, "train.shadow_check": 1})
    with pytest.raises(
        BpError, match=r"step 4: wrong gradient at W1\[.*\]: .*; the last good checkpoint, .* step 3"
    ) as caught:
        executed(settings, path=Path("a run"))
    assert caught.value.code == Exit.FAILURE
    assert str(caught.value.hint).endswith(": bp gradcheck 'a run'")
    assert Run("a run").state == "failed"

    def verdict(run: str | None) -> str:
        return check(settings, run, mode="full", oracle="training", self_test=False, progress=silent).verdict

    assert verdict("a run") == "FAIL"
    assert verdict(None) == "PASS"
    monkeypatch.setattr(Dropout, "backward", right)
    assert verdict("a run") == "PASS"
    executed(settings, path=Path("a run"))
    assert Run("a run").state == "finished"
