"""`bp train`: its options, what it prints, and its exit codes; tests/program has what happens to the run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import threadpoolctl

from mnist_bp.cli.training_display import TrainingDisplay
from mnist_bp.config import load
from mnist_bp.run.directory import Run
from tests.helpers.commands import loads, outcome, rows, run


def test_a_run_leaves_its_config_environment_metrics_checkpoint_and_summary(small_config: Path) -> None:
    result = run("train", "--config", small_config, "--set", "data.validation=10")
    assert result.exit_code == 0, result.stderr
    path = Path("runs/small")
    assert sorted(file.name for file in path.iterdir()) == [
        "checkpoint.npz", "config.yaml", "env.json", "metrics.csv", "summary.json",
    ]  # fmt: skip
    assert load(path / "config.yaml") == load(small_config, ["data.validation=10"])
    assert [(row["epoch"], row["step"]) for row in rows(path)] == [("1", "10"), ("2", "20"), ("3", "30")]
    assert all(value for row in rows(path) for value in row.values())
    summary = json.loads((path / "summary.json").read_text())
    assert (summary["epochs"], summary["steps"], summary["parameters"]) == (3, 30, 64 * 6 + 6 + 6 * 3 + 3)
    assert repr(summary["test_accuracy"]) == rows(path)[-1]["test_accuracy"]


def test_results_are_on_stdout_and_a_line_an_epoch_on_stderr(small_config: Path) -> None:
    result = run("train", "--config", small_config)
    assert result.stdout.splitlines()[-1] == "run directory runs/small"
    assert result.stdout.startswith(f"test accuracy {rows('runs/small')[-1]['test_accuracy']}  loss ")
    assert [line[:9] for line in result.stderr.splitlines()] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "\r" not in result.stderr


def test_what_to_do_next_with_the_run_is_proposed(small_config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proposed: list[str] = []
    monkeypatch.setattr("mnist_bp.cli.result.propose", proposed.append)
    run("train", "--config", small_config, "--out", "it's mine")
    run("train", "--config", small_config, "--out", "it's mine", "--quiet")
    (line,) = proposed
    assert shlex.split(line)[:3] == ["bp", "report", "it's mine"]


def test_quiet_prints_no_progress_and_json_is_the_summary(small_config: Path) -> None:
    result = run("train", "--config", small_config, "--quiet", "--json")
    assert result.stderr == ""
    summary = json.loads(Path("runs/small/summary.json").read_text())
    assert json.loads(result.stdout) == {"run": "runs/small", **summary}


def test_a_training_that_ends_at_chance_says_so_and_what_is_usual_then(small_config: Path) -> None:
    at_chance = ["train", "--config", small_config, "--set", "train.learning_rate=1e-30", "--set", "model.init=zeros"]
    said = run(*at_chance, "--json")
    fact, reasons = said.stderr.splitlines()[-2:]
    assert fact.startswith(f"hint: test accuracy {json.loads(said.stdout)['test_accuracy']} is chance: ")
    assert "train.learning_rate" in reasons
    assert "model.init=xavier or he" in reasons
    assert "model.init" not in run(*at_chance, "--set", "model.init=he", "--set", "train.max_steps=1").stderr
    missed = run(*at_chance, "--target-accuracy", 0.9).stderr.splitlines()
    assert [line.partition(":")[0] for line in missed[-3:]] == ["hint", "hint", "error"]
    assert run(*at_chance, "--quiet").stderr == ""


def test_a_loss_far_above_that_of_guessing_comes_of_too_large_steps(small_config: Path) -> None:
    options = ["--set", "train.learning_rate=1e4", "--set", "model.activation=relu"]
    said = run("train", "--config", small_config, *options).stderr.splitlines()[-1]
    assert re.fullmatch(r"hint: usual reasons: train\.learning_rate too high \(train loss [\d.e+]+\)", said)


def test_nothing_is_said_of_chance_where_there_is_a_single_class() -> None:
    keys = ["data.name=chain", "model.loss=half_squared_error", "model.hidden=4", "train.epochs=1"]
    result = run("train", "--out", "r", *[word for key in keys for word in ("--set", key)])
    assert (result.exit_code, "chance" in result.stderr) == (0, False)


def test_a_command_repeated_after_an_interruption_says_that_it_begins_anew(small_config: Path) -> None:
    command = ["train", "--config", small_config]
    run(*command)
    Path("runs/small/summary.json").unlink()
    first, *_ = run(*command).stderr.splitlines()
    assert first == (
        "hint: runs/small is unfinished, after 3 of 3 epochs; this is a new run, and "
        "`bp train --config runs/small/config.yaml --out runs/small` continues that one"
    )
    Path("runs/small-2/summary.json").unlink()
    for others in (["--resume"], ["--seed", 5], ["--quiet"], ["--out", "r"]):
        assert "unfinished" not in run(*command, *others).stderr


def test_the_network_learns_to_tell_three_classes_apart(small_config: Path) -> None:
    run("train", "--config", small_config, "--set", "train.epochs=20")
    assert float(rows("runs/small")[-1]["test_accuracy"]) > 0.95


def test_a_seed_is_the_key_seed(small_config: Path) -> None:
    run("train", "--config", small_config, "--seed", "5", "--out", "flag")
    run("train", "--config", small_config, "--set", "seed=5", "--out", "key")
    run("train", "--config", small_config, "--out", "other")
    assert outcome("flag") == outcome("key") != outcome("other")


def test_the_seed_0_takes_the_place_of_the_configs_seed_too(small_config: Path) -> None:
    run("train", "--config", small_config, "--set", "seed=5", "--set", "train.max_steps=1", "--seed", "0", "--out", "r")
    assert load("r/config.yaml").seed == 0


def test_training_by_the_numerical_gradient_gives_the_losses_of_backprop(small_config: Path) -> None:
    settings = ["--set", "train.max_steps=3", "--set", "train.dtype=float64"]
    for gradient in ("numerical", "backprop"):
        result = run(
            "train", "--config", small_config, *settings, "--set", f"train.gradient={gradient}", "--out", gradient
        )
        assert result.exit_code == 0, result.stderr
    for numerical, backprop in zip(rows("numerical"), rows("backprop"), strict=True):
        assert float(numerical["test_loss"]) == pytest.approx(float(backprop["test_loss"]), rel=1e-8)


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="OpenBLAS starts no more threads than there are processors")
def test_the_matrix_products_have_one_thread(small_config: Path) -> None:
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        run("train", "--config", small_config, "--out", "r", "--set", "train.max_steps=1")
    assert json.loads(Path("r/env.json").read_text())["blas"]["threads"] in {1, None}  # None: a BLAS that cannot tell


def test_a_target_that_is_exactly_reached_is_not_missed(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    accuracy = rows("r")[-1]["test_accuracy"]
    assert (
        run("train", "--config", small_config, "--out", "r", "--resume", "--target-accuracy", accuracy).exit_code == 0
    )


@pytest.mark.parametrize(("target", "code"), [("0", 0), ("1.0", 3)])
def test_a_missed_target_is_exit_3(small_config: Path, target: str, code: int) -> None:
    arguments = ["--config", small_config, "--set", "train.max_steps=1", "--target-accuracy", target, "--out", "r"]
    for resume in ([], ["--resume"]):
        result = run("train", *arguments, *resume)
        assert result.exit_code == code
        assert ("is below the target of 1.0" in result.stderr) == (code == 3)
    about = json.loads(run("train", *arguments, "--json").stdout)
    assert (about["run"], about["steps"], about.get("code", 0)) == ("r", 1, code)
    assert Path("r/summary.json").exists()


MISUSES = {
    "a missing config": (["--config", "none.yaml"], 2, "none.yaml: expected a config file, or the name of one"),
    "a misspelt file": (["smal.yaml"], 2, "did you mean small.yaml?"),
    "a misspelt name": (["bok"], 2, "did you mean book?"),
    "a sweep": (["learning-rate"], 2, "expected a config; got the name of a sweep"),
    "two configs": (["book", "--config", "book"], 2, "expected either CONFIG or --config CONFIG; got both"),
    "no config": ([], 2, "expected a CONFIG, such as quickstart; or --out DIR alone, to train with"),
    "no config to resume": (["--resume"], 2, "expected a CONFIG, such as quickstart; or --out DIR alone"),
    "an unknown key": (["--config", "small.yaml", "--set", "train.epoch=3"], 2, "did you mean train.epochs?"),
    "an unknown option": (["--config", "small.yaml", "--epochs", "3"], 2, "no such option --epochs"),
    "no folder of data": (["--config", "small.yaml", "--set", "data.dir=none"], 4, "none: expected a folder"),
    "a negative seed": (["--config", "small.yaml", "--seed", "-1"], 2, "-1"),
    "a target above 1": (["--config", "small.yaml", "--target-accuracy", "98"], 2, "98"),
    "a target that is no number": (["--config", "small.yaml", "--target-accuracy", "nan"], 2, "nan"),
    "a key outside its section": (["--config", "dotted.yaml"], 2, "expected the key inside its section"),
    "too much memory": (["--config", "small.yaml", "--set", "model.hidden=[1000000, 1000000]"], 1, "not enough memory"),
    "a loss that explodes": (["--config", "small.yaml", "--set", "train.learning_rate=1e300"], 1, "training diverged"),
    "a directory of something else": (["--config", "small.yaml", "--out", "."], 2, "expected a new or empty directory"),
    "a directory that cannot be": (["--config", "small.yaml", "--out", "small.yaml/r"], 1, "small.yaml/r"),
}  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), MISUSES.values(), ids=MISUSES)
def test_misuse_gets_one_clear_message(small_config: Path, arguments: list[str], code: int, message: str) -> None:
    Path("dotted.yaml").write_text("train.epochs: 3\ntrain: {epochs: 4}\n")
    result = run("train", *arguments)
    assert result.exit_code == code, result.stderr
    assert result.stdout == ""
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def poison(display: TrainingDisplay) -> None:
    """Make the parameters infinite after step 15, which is in the second epoch."""
    if display._trainer.position.step == 15:
        display._trainer.network.parameters[...] = np.inf


def test_a_run_that_diverges_names_step_layer_and_last_good_checkpoint(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainingDisplay, "step", poison)
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-2:] == [
        "error: training diverged at step 16: parameter W1 of layer 1 (Affine) is not finite; "
        "the last good checkpoint, r/checkpoint.npz, is of step 11",
        "hint: a new run with a smaller train.learning_rate, or with train.clip_norm, may go further",
    ]
    with np.load("r/checkpoint.npz", allow_pickle=False) as checkpoint:
        assert checkpoint["position.step"] == 11
        assert all(np.isfinite(checkpoint[name]).all() for name in ("W1", "b1", "W2", "b2"))


def test_a_run_that_diverges_at_once_has_no_checkpoint(small_config: Path) -> None:
    result = run("train", "--config", small_config, "--out", "r", "--set", "train.learning_rate=1e300")
    assert (
        "training diverged at step 2: parameter W1 of layer 1 (Affine) is not finite; there is no checkpoint yet"
        in result.stderr
    )
    assert not Path("r/checkpoint.npz").exists()


def bp(redirection: str, *arguments: str) -> int:
    """Run `bp` in a shell that redirects its output; return the exit code."""
    command = f'exec "$0" -m mnist_bp "$@" {redirection}'
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command_line = ["bash", "-c", command, sys.executable, *arguments]
    return subprocess.run(command_line, env=environment, check=False).returncode


@pytest.mark.parametrize("redirection", ["2>/dev/full >/dev/null", "2>&- >/dev/null", ">&-", ">&- 2>&- <&-"])
def test_a_run_is_trained_though_nothing_can_be_shown(small_config: Path, redirection: str) -> None:
    settings = ["--set", "train.checkpoint_seconds=1e-9", "--set", "train.max_steps=13"]
    run("train", "--config", small_config, "--out", "expected", *settings)
    assert bp(redirection, "train", "--config", str(small_config), "--out", "r", *settings) == 0
    assert [row["test_loss"] for row in rows("r")] == [row["test_loss"] for row in rows("expected")]


def test_with_stderr_closed_the_message_of_a_signal_is_not_written_into_the_runs_files(small_config: Path) -> None:
    """A file that is opened takes the lowest number that is free: without care, that of stderr."""
    Path("bp.py").write_text(
        "import os, mnist_bp.cli\n"
        "from mnist_bp.run.training import Training\n"
        "fsync, save = os.fsync, Training._save\n"
        "def signalled(file):\n"
        "    os.kill(os.getpid(), 15)\n"
        "    fsync(file)\n"
        "def saving(self, record):\n"
        "    os.fsync = signalled\n"
        "    save(self, record)\n"
        "Training._save = saving\n"
        "mnist_bp.cli.main()\n"
    )
    arguments = ["bp.py", "train", "--config", str(small_config), "--out", "r"]
    ended = subprocess.run(["bash", "-c", 'exec "$0" "$@" 2>&-', sys.executable, *arguments], check=False)
    assert ended.returncode == 143
    assert not [path for path in Path("r").iterdir() if b"stopping" in path.read_bytes()]


def test_a_mistake_leaves_nothing_behind(small_config: Path) -> None:
    run("train", "--config", small_config, "--set", "data.dir=none")
    run("train", "--config", small_config, "--set", "seed=x")
    assert not Path("runs").exists()


def test_a_finished_run_is_reported_without_loading_numpy(small_config: Path) -> None:
    run("train", "--config", small_config, "--out", "r")
    again = ["train", "--config", str(small_config), "--out", "r", "--quiet"]
    assert loads(["numpy", "requests", "tqdm"], *again) == []


def test_a_run_loads_neither_what_downloads_nor_what_shows_bars_nor_what_checks_gradients(small_config: Path) -> None:
    unneeded = ["requests", "urllib3", "ssl", "tqdm", "platformdirs", "mnist_bp.nn.check.gradcheck"]
    assert loads(["numpy", *unneeded], "train", "--config", str(small_config), "--out", "r") == ["numpy"]


def test_a_run_of_the_defaults_needs_no_config_file(archive_folder: Path) -> None:
    settings = ["data.name=idx", f"data.dir={archive_folder}", "model.hidden=6", "train.epochs=2"]
    options = [option for setting in settings for option in ("--set", setting)]
    assert run("train", *options, "--seed", "3", "--out", "r").exit_code == 0
    assert load("r/config.yaml") == load(None, [*settings, "seed=3"])
    assert "already finished" in run("train", *options, "--seed", "3", "--out", "r").stderr


def test_a_new_run_whose_directory_cannot_be_begun_leaves_none(
    small_config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device", "r/config.yaml")

    monkeypatch.setattr(Run, "begin", full)
    result = run("train", "--config", small_config, "--out", "r")
    assert result.exit_code == 1
    assert "error: r/config.yaml: cannot write it: No space left on device" in result.stderr
    assert not Path("r").exists()
