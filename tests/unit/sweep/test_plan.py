"""The plan of a sweep: which runs, in which order, and lines that a shell and the program read back."""

import hashlib
import itertools
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.config import AugmentConfig, Config, ConvConfig, DataConfig, ModelConfig, TrainConfig, replaced
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep import reader
from mnist_bp.sweep.plan import PLAN, Planned, out_of, parse, plan, run_name, save, unfinished
from tests.helpers.commands import contents
from tests.helpers.making import FOLDER, begun, config, failed, finished


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
    settings = [(run.config.train.learning_rate, run.config.train.epochs, run.config.train.batch_size, run.config.seed)
                for run in runs]  # fmt: skip
    assert settings == [*itertools.product(rates, (1, 2), (5, 6), (0, 1))]
    assert len({run.out for run in runs}) == 16


def test_a_run_is_called_by_the_hash_of_the_keys_that_are_not_at_their_defaults() -> None:
    runs = [*planned("train: {dtype: float64}\ngrid: {train.epochs: [3, 17]}\nseeds: [4]")]
    texts = ["train.dtype: float64\ntrain.epochs: 3\nseed 4\n", "train.dtype: float64\nseed 4\n"]
    names = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    assert [run.out for run in runs] == [Path("sweeps/s", name) for name in names]
    assert [run_name(run.config) for run in runs] == names


def test_a_line_holds_the_keys_that_vary_or_are_not_at_their_defaults() -> None:
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
    Config(DataConfig(extra=(("kmnist", 0.5),), augment=AugmentConfig(scale=0.1))),
    Config(train=TrainConfig(learning_rate=1e-300, max_steps=10**12, clip_norm=0.1 + 0.2)),
]


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("unusual", UNUSUAL, ids=["defaults", "strings", "model", "mixture", "numbers"])
def test_a_line_is_read_back_as_its_run(unusual: Config, resume: bool) -> None:
    run = Planned(unusual, Path("a folder/it's"))
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
def test_any_other_line_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"expected|closing|unknown key"):
        parse(line)


def test_draws_stay_the_same_when_there_are_more_of_them_or_other_keys() -> None:
    rate = "train.learning_rate: {log_uniform: [1e-4, 1]}"
    few = [run.config.train.learning_rate for run in planned(f"random: {{n: 5, {rate}}}")]
    many = [run.config.train.learning_rate for run in planned(f"random: {{n: 9, {rate}}}")]
    assert many[:5] == few
    other = planned(
        f"random: {{n: 5, train.momentum: {{choice: [0.9]}}, train.optimizer: {{choice: [momentum]}}, {rate}}}"
    )
    assert [run.config.train.learning_rate for run in other] == few
    assert [run.config.train.learning_rate for run in planned(f"random: {{n: 5, seed: 1, {rate}}}")] != few


def test_the_draws_of_two_keys_are_independent() -> None:
    """By hand: 0.1 + 0.8 · Random("0 KEY").random(), rounded to six digits."""
    runs = planned(
        "random: {n: 3, train.learning_rate: {uniform: [0.1, 0.9]}, train.weight_decay: {uniform: [0.1, 0.9]}}"
    )
    drawn = [(run.config.train.learning_rate, run.config.train.weight_decay) for run in runs]
    assert drawn == [(0.6067, 0.746879), (0.224575, 0.198738), (0.119717, 0.241741)]


def test_equal_draws_are_planned_once() -> None:
    runs = [*planned("random: {n: 50, train.batch_size: {choice: [1, 2, 3]}}")]
    assert sorted(run.config.train.batch_size for run in runs) == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "grid: {data.augment.shift: [0, 1], data.augment: [null, {rotation: 5}]}",
        "grid: {data.augment: [null, {rotation: 5}]}\nrandom: {n: 3, data.augment.shift: {uniform: [0, 3]}}",
    ],
)
def test_a_key_does_not_vary_beside_what_holds_it(text: str) -> None:
    """One would undo the other: the same runs would be planned several times."""
    with pytest.raises(BpError, match=r"^data\.augment\.shift: expected either this key to vary or data\.augment; got"):
        planned(text)


def test_values_that_are_wrong_together_are_named_before_the_first_run() -> None:
    text = "grid: {train.momentum: [0.9, 0.5], train.optimizer: [momentum, sgd], train.epochs: [1, 2]}"
    with pytest.raises(
        BpError, match=r"^train\.momentum=0\.5, train\.optimizer=sgd, train\.epochs=1: train\.momentum: expected 0\.9"
    ) as caught:
        planned(text)
    assert caught.value.code == Exit.USAGE
    with pytest.raises(BpError, match=r"model\.dropout: expected 0, as there is no hidden layer"):
        planned("model: {hidden: [], dropout: 0.5}\ngrid: {train.epochs: [1, 2]}")


def test_the_first_run_of_a_long_plan_does_not_wait_for_the_others() -> None:
    assert next(planned("grid: {train.epochs: [1, 2]}\nseeds: 1000000")).config.seed == 0


def test_a_saved_plan_is_a_line_for_each_run() -> None:
    text = "grid: {train.epochs: [1, 2]}\nseeds: 2"
    save(planned(text), Path("sweeps/s"))
    lines = Path("sweeps/s", PLAN).read_text().splitlines()
    assert [parse(line).out for line in lines] == [run.out for run in planned(text)]
    assert [parse(line).config for line in lines] == [run.config for run in planned(text)]


def test_a_plan_that_cannot_be_made_leaves_the_one_before() -> None:
    save(planned("grid: {train.epochs: [1, 2]}"), Path("sweeps/s"))
    before = Path("sweeps/s", PLAN).read_bytes()
    with pytest.raises(BpError):
        save(planned("grid: {train.momentum: [0.9, 0.5]}"), Path("sweeps/s"))
    assert contents(Path("sweeps/s")) == {PLAN: before}


@pytest.fixture
def run() -> Planned:
    """Return a planned run."""
    about = config(train_epochs=2)
    return Planned(about, FOLDER / run_name(about))


def test_a_run_is_unfinished_until_it_is_finished(run: Planned) -> None:
    assert unfinished(run) == run
    failed(run.config)
    assert unfinished(run) == run
    path = finished(run.config)
    assert unfinished(run) is None
    (path / "metrics.csv").unlink()  # it is damaged now
    assert unfinished(run) == run


def test_an_unfinished_run_keeps_the_length_that_it_goes_on_to(run: Planned) -> None:
    """As after `bp sweep prune`."""
    longer = replaced(run.config, {"train.epochs": 5})
    begun(longer).path.rename(run.out)
    assert unfinished(run) == replace(run, config=longer)
    shutil.rmtree(run.out)
    finished(longer).rename(run.out)
    assert unfinished(run) is None


def test_another_run_in_its_directory_leaves_a_planned_run_as_it_is(run: Planned) -> None:
    begun(replaced(run.config, {"train.batch_size": 7})).path.rename(run.out)
    assert unfinished(run) == run
