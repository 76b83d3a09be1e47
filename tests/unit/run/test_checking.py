"""The gradient check of a config or a run: which network, on which examples, by which oracles."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import threadpoolctl

from mnist_bp import build, machine
from mnist_bp.config import AugmentConfig, Config
from mnist_bp.config.rules import Weights
from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.buffers import Array
from mnist_bp.nn.nonzero import NonzeroColumns
from mnist_bp.progress import silent
from mnist_bp.run import checkpoint
from mnist_bp.run.checking import ORACLES, Checked, check
from mnist_bp.streams import DROPOUT
from tests.helpers.executing import executed
from tests.helpers.making import config, untrained


@pytest.fixture
def small(archive_folder: Path) -> dict[str, Any]:
    """Return settings for `config`: small images, six hidden units."""
    return {"data_name": "idx", "data_dir": str(archive_folder), "model_hidden": [6], "model_init": "xavier",
            "train_batch_size": 20}  # fmt: skip


def checked(
    config: Config, run: str | None = None, mode: str = "full", oracle: str = "both", *, self_test: bool = False
) -> Checked:
    return check(config, run, mode=mode, oracle=oracle, self_test=self_test, progress=silent)


@pytest.mark.parametrize(("oracle", "names"), [("numerical", ["numerical"]), ("both", ["numerical", "graph"])])
def test_every_derivative_is_compared_with_each_oracle(small: dict[str, Any], oracle: str, names: list[str]) -> None:
    report, bugs = checked(config(**small), oracle=oracle)
    assert [*ORACLES[oracle]] == [*report.by_oracle] == names
    assert (report.verdict, report.mode, report.batch, report.kinks) == ("PASS", "full", 20, 0)
    assert report.checked == 64 * 6 + 6 + 6 * 3 + 3
    assert report.max_abs < 1e-9  # differences of a loss near 1 in float64, at a step near 1e-5, are off by some 1e-11
    assert bugs == []


def test_weight_decay_is_checked_and_dropout_is_not(small: dict[str, Any]) -> None:
    changes: list[dict[str, Any]] = [{}, {"train_weight_decay": 0.1}, {"model_dropout": 0.5}]
    plain, decayed, dropped = (checked(config(**small, **more)).report for more in changes)
    assert plain.verdict == decayed.verdict == "PASS"
    assert decayed.tensors[0].a != plain.tensors[0].a
    assert dropped.tensors == plain.tensors


def test_the_step_of_training_is_judged_with_its_dropout(small: dict[str, Any]) -> None:
    plain, dropped = (checked(config(**small, model_dropout=rate), oracle="training").report for rate in (0.0, 0.5))
    assert plain.verdict == dropped.verdict == "PASS"
    assert dropped.tensors[0].a != plain.tensors[0].a
    assert dropped.tensors[0].rtol == pytest.approx(16 * 2.0**-24)  # in float32


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_the_step_of_training_is_the_one_that_a_run_would_take_next(small: dict[str, Any], decay: float) -> None:
    """In the midst of its second epoch of eleven batches; it is taken from the parameters, not from their average."""
    settings = config(**small, model_dropout=0.5, model_input_dropout=decay / 2, train_ema_decay=decay, train_epochs=3)
    with pytest.raises(BpError):
        executed(settings, Path("r"), stop=14)
    tensors = checked(settings, "r", oracle="training").report.tensors
    trainer = build.trainer(settings, build.dataset(settings.data).for_training(0))
    checkpoint.read(Path("r/checkpoint.npz")).restore(trainer)
    assert trainer.position.step == 14
    x, t = next(trainer.batches.epoch(2, start=3))
    with trainer.network.training(trainer.seed, *DROPOUT, 15):
        trainer.gradient(x, t)
    for tensor in tensors:
        assert tensor.a == trainer.network.named_gradients[tensor.name][tensor.worst]


def test_the_step_of_training_is_judged_with_its_images(small: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Distorted ones, and those of other data sets; here both sets have the same."""
    own = build.dataset(config(**small).data)
    monkeypatch.setattr(build, "dataset", lambda *_, **__: own)
    changes: list[dict[str, Any]] = [
        {}, {"data_augment": AugmentConfig(rotation=20)}, {"data_extra": Weights([("synthetic", 1.0)])}
    ]  # fmt: skip
    reports = [checked(config(**small, **more), oracle="training").report for more in changes]
    assert {report.verdict for report in reports} == {"PASS"}
    assert len({report.tensors[0].a for report in reports}) == 3


def test_what_is_wrong_with_the_columns_that_training_takes_is_seen_by_the_oracle_of_training_alone(
    small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch of 100 and more, for 200 units and more, is narrowed to the columns that are not zero."""
    right = NonzeroColumns.dot

    def wrong(x: NonzeroColumns, W: Array, out: Array) -> Array:
        return right(NonzeroColumns(x.values, np.roll(x.kept, 1), x.places), W, out)

    monkeypatch.setattr(NonzeroColumns, "dot", wrong)
    report, _ = checked(config(**small | {"train_batch_size": 100, "model_hidden": [200]}), oracle="all")
    assert {oracle: report.of(oracle).verdict for oracle in report.by_oracle} == {
        "numerical": "PASS", "graph": "PASS", "training": "FAIL",
    }  # fmt: skip


def test_a_batch_that_rounding_carries_across_a_kink_is_passed_over(
    small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = checked(config(**small), oracle="training").report
    answers = iter([True, True, False])
    monkeypatch.setattr("mnist_bp.nn.check.as_trained.crossed", lambda *_: next(answers))
    third = checked(config(**small), oracle="training").report
    assert first.verdict == third.verdict == "PASS"
    assert first.tensors[0].a != third.tensors[0].a
    monkeypatch.setattr("mnist_bp.nn.check.as_trained.crossed", lambda *_: True)
    report = checked(config(**small), oracle="training").report
    assert (report.verdict, report.checked, report.kinks) == ("UNDECIDED", 0, 64 * 6 + 6 + 6 * 3 + 3)


def test_a_check_is_repeatable_and_depends_on_the_seed(small: dict[str, Any]) -> None:
    first, second, other = (checked(config(seed, **small), mode="sample").report for seed in (0, 0, 1))
    assert first == second != other


def test_both_oracles_are_asked_for_the_same_samples(small: dict[str, Any]) -> None:
    report, _ = checked(config(**small), mode="sample")
    by_numbers, by_graph = report.by_oracle.values()
    assert [(each.name, each.checked) for each in by_numbers] == [(each.name, each.checked) for each in by_graph]
    alone, _ = checked(config(**small), mode="sample", oracle="graph")
    assert [*alone.by_oracle["graph"]] == [*by_graph]


def test_a_run_is_checked_with_its_own_parameters(small: dict[str, Any]) -> None:
    path = str(untrained(config(**small)))
    with np.load("r/checkpoint.npz") as archive:  # of the initial weights
        assert archive["position.step"] == 0
    assert checked(config(**small), path).report == checked(config(**small)).report
    untrained(config(1, **small), path=Path("other"))
    assert checked(config(1, **small), "other").report != checked(config(**small)).report


def test_training_changes_the_derivatives_that_are_compared(small: dict[str, Any]) -> None:
    executed(config(**small), Path("r"))
    trained, fresh = (checked(config(**small), run).report for run in ("r", None))
    assert trained.verdict == fresh.verdict == "PASS"
    assert [tensor.a for tensor in trained.tensors] != [tensor.a for tensor in fresh.tensors]


def test_a_run_is_not_checked_as_another_network(small: dict[str, Any]) -> None:
    path = str(untrained(config(**small)))
    with pytest.raises(BpError, match=r"^with model\.hidden=\[7\]: ") as caught:
        checked(config(**small | {"model_hidden": [7]}), path)
    assert caught.value.code == Exit.USAGE
    other = {"data_name": "xor", "data_dir": None, "model_loss": "half_squared_error"}
    with pytest.raises(BpError, match=r"data set xor: expected examples of 8×8 pixels .*; got 3 numbers") as caught:
        checked(config(**small | other), path)
    assert caught.value.code == Exit.USAGE


def test_a_loss_that_is_not_finite_cannot_be_checked(small: dict[str, Any]) -> None:
    large = {"model_weight_init_std": 1e200, "model_activation": "identity", "model_init": "normal"}
    with pytest.raises(BpError, match=r"the loss is (nan|inf): there is no derivative to check") as caught:
        checked(config(**small | large, train_dtype="float64"))
    assert caught.value.code == Exit.FAILURE


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS starts no more threads than there are processors")
def test_the_matrix_products_of_a_check_have_one_thread(small: dict[str, Any]) -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        checked(config(**small), oracle="graph")
        assert machine.describe()["blas"]["threads"] in {1, None}  # None: a BLAS that cannot tell


def test_a_self_test_plants_bugs(small: dict[str, Any]) -> None:
    report, bugs = checked(config(**small), oracle="graph", self_test=True)
    assert report.verdict == "PASS"
    assert bugs[0].bug == "no bug"
    assert {outcome for finding in bugs[1:] for outcome in finding.outcomes.values()} >= {"caught"}
