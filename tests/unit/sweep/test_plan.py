"""The plan of a sweep: which runs, in which order, and lines that a shell and the program read back."""

import hashlib
import inspect
import itertools
import re
import shlex
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_bp.config import Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, dump, keys, schema
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep import reader
from mnist_bp.sweep.plan import Planned, out_of, parse, plan, run_name


def planned(text: str) -> Iterator[Planned]:
    Path("s.yaml").write_text(text)
    return plan(reader.load(Path("s.yaml"), None, [], None), Path("sweeps/s"))


def test_the_seeds_vary_fastest_then_the_grid_from_its_last_key_then_the_draws() -> None:
    runs = [
        *planned(
            "grid: {train.epochs: [1, 2], train.batch_size: [5, 6]}\n"
            "random: {n: 2, train.learning_rate: {uniform: [0.1, 1]}}\n"
            "seeds: 2\n"
        )
    ]
    rates = [*dict.fromkeys(run.config.train.learning_rate for run in runs)]
    assert len(rates) == 2
    came = [(run.config.train.learning_rate, run.config.train.epochs, run.config.train.batch_size, run.config.seed)
            for run in runs]  # fmt: skip
    assert came == [*itertools.product(rates, (1, 2), (5, 6), (0, 1))]
    assert len({run.out for run in runs}) == 16


def test_a_run_is_called_by_the_hash_of_its_config_file() -> None:
    (run,) = planned("grid: {train.epochs: 3}")
    digest = hashlib.sha256(dump(Config(train=TrainConfig(epochs=3))).encode()).hexdigest()
    assert run.out == Path("sweeps/s", digest[:16])
    assert run_name(run.config) == digest[:16]


def test_a_line_holds_what_varies_and_what_is_no_default() -> None:
    lines = [run.command() for run in planned("train: {dtype: float64}\ngrid: {train.epochs: [17, 3]}\nseeds: [4]")]
    names = [run.out.name for run in planned("train: {dtype: float64}\ngrid: {train.epochs: [17, 3]}\nseeds: [4]")]
    assert lines == [
        f"bp train --set train.epochs={epochs} --set train.dtype=float64 --seed 4 --out sweeps/s/{name} --quiet"
        for epochs, name in zip((17, 3), names, strict=True)
    ]


UNUSUAL = [
    Config(),
    Config(data=DataConfig(name="idx", dir="a 'b' \"c\" $d `e` #f; é\\", mirrors=("x, y", "[z]"))),
    Config(model=ModelConfig(conv=(ConvConfig(8, pool="max"), ConvConfig(4)), hidden=(), bias=False), seed=2**63 - 1),
    Config(train=TrainConfig(learning_rate=1e-300, max_steps=10**12, clip_norm=0.1 + 0.2)),
]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("config", UNUSUAL, ids=str)
def test_a_line_is_read_back_as_its_run(config: Config, resume: bool) -> None:
    run = Planned(config, Path("a folder/it's"))
    line = run.command(resume=resume)
    assert "\n" not in line
    assert (parse(line).config, parse(line).out, out_of(line)) == (run.config, run.out, run.out)
    assert ("--resume" in shlex.split(line)) == resume


@pytest.mark.parametrize(
    "line",
    [
        "", "bp", "bp train", "bp train --out", "bp train --seed 0 --quiet", "bp train --out a --out b",
        "bp train --set a=b --seed 0 --out x --quiet", "rm -rf x", "bp train --seed 0 --out 'x --quiet",
        "bp train --seed --out x --quiet", "bp train --seed 0 --out x --quiet; rm x", "bp train --seed 0 --out x",
        "bp train --config c.yaml --seed 0 --out x --quiet", "echo bp train --seed 0 --out x --quiet",
    ],
)  # fmt: skip
def test_a_line_of_anything_else_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected|closing"):
        parse(line)


def test_draws_stay_when_there_are_more_of_them_or_other_keys() -> None:
    rate = "train.learning_rate: {log_uniform: [1e-4, 1]}"
    few = [run.config.train.learning_rate for run in planned(f"random: {{n: 5, {rate}}}")]
    many = [run.config.train.learning_rate for run in planned(f"random: {{n: 9, {rate}}}")]
    assert many[:5] == few
    other = planned(
        f"random: {{n: 5, train.momentum: {{choice: [0.9]}}, train.optimizer: {{choice: [momentum]}}, {rate}}}"
    )
    assert [run.config.train.learning_rate for run in other] == few
    assert [run.config.train.learning_rate for run in planned(f"random: {{n: 5, seed: 1, {rate}}}")] != few


def test_the_draws_of_two_keys_are_their_own() -> None:
    """By hand: 0.1 + 0.8 · Random("0 KEY").random(), rounded to six digits."""
    runs = planned(
        "random: {n: 3, train.learning_rate: {uniform: [0.1, 0.9]}, train.weight_decay: {uniform: [0.1, 0.9]}}"
    )
    came = [(run.config.train.learning_rate, run.config.train.weight_decay) for run in runs]
    assert came == [(0.6067, 0.746879), (0.224575, 0.198738), (0.119717, 0.241741)]


def test_a_draw_that_came_before_is_left_out() -> None:
    runs = [*planned("random: {n: 50, train.batch_size: {choice: [1, 2, 3]}}")]
    assert sorted(run.config.train.batch_size for run in runs) == [1, 2, 3]


def test_values_that_are_wrong_together_are_named_before_the_first_run() -> None:
    runs = planned("grid: {train.momentum: [0.9, 0.5], train.optimizer: [momentum, sgd], train.epochs: [1, 2]}")
    with pytest.raises(
        BpError, match=r"^train.momentum=0.5, train.optimizer=sgd: train.momentum: expected 0.9"
    ) as caught:
        next(runs)
    assert caught.value.code == Exit.USAGE
    with pytest.raises(BpError, match=r"^model.dropout: expected 0, as there is no hidden layer"):
        next(planned("model: {hidden: [], dropout: 0.5}\ngrid: {train.epochs: [1, 2]}"))


def test_the_keys_that_are_compared_are_those_that_a_plan_tries_in_combination() -> None:
    """They are found in the source of what compares them; an alias would be missed, and there is none."""
    source = inspect.getsource(schema.contradictions)
    compared = {key for key in keys() if re.search(rf"\b{key}\b", source)}
    assert {"data.name", "model.conv", "train.gradient"} <= compared <= schema.INTERDEPENDENT


def test_a_plan_of_a_million_runs_is_made_one_at_a_time() -> None:
    runs = planned("grid: {train.batch_size: {from: 1, to: 1000, step: 1}}\nseeds: 1000")
    package = tracemalloc.Filter(inclusive=True, filename_pattern="*/mnist_bp/*")
    held = []
    tracemalloc.start()
    try:
        for _ in range(2):
            assert sum(1 for _ in itertools.islice(runs, 3000)) == 3000
            traces = tracemalloc.take_snapshot().filter_traces([package]).statistics("filename")
            held.append(sum(trace.size for trace in traces))
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < 100_000  # 33 bytes a run
