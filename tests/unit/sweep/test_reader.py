"""Sweeps from files and arguments: what varies, and every kind of mistake with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.config import AugmentConfig, Config, ConvConfig
from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep import reader
from mnist_bp.sweep.axes import Choice, Uniform
from mnist_bp.sweep.reader import Sweep


def load(text: str | None, *axes: str, base: str | None = None, seeds: int | None = None) -> Sweep:
    if text is not None:
        Path("s.yaml").write_text(text, encoding="utf-8")
    return reader.load(Path("s.yaml") if text is not None else None, base, axes, seeds)


def grid(sweep: Sweep) -> dict[str, list[object]]:
    return {key: [*values] for key, values in sweep.grid.items()}


def test_a_sweep_is_a_config_on_a_base_with_axes() -> None:
    Path("base.yaml").write_text("train: {epochs: 3, batch_size: 50}\nseed: 4\n")
    sweep = load(
        "base: base.yaml\n"
        "train: {epochs: 2}\n"
        "grid:\n"
        "  train.learning_rate: [1e-2, 1]\n"
        "  model.hidden: [30, [50, 20]]\n"
        "  train.batch_size: {from: 10, to: 30, step: 10}\n"
        "  train.optimizer: sgd\n"
        "random:\n"
        "  n: 5\n"
        "  seed: 7\n"
        "  model.weight_init_std: {log_uniform: [1e-3, 1]}\n"
        "  model.activation: {choice: [relu, tanh]}\n"
        "  train.warmup_steps: {uniform: [0, 100]}\n"
        "seeds: 3\n"
    )
    assert (sweep.base.train.epochs, sweep.base.train.batch_size, sweep.base.seed) == (2, 50, 4)
    assert grid(sweep) == {
        "train.learning_rate": [0.01, 1.0],
        "model.hidden": [(30,), (50, 20)],
        "train.batch_size": [10, 20, 30],
        "train.optimizer": ["sgd"],
    }
    assert (sweep.draws, sweep.draw_seed, [*sweep.seeds]) == (5, 7, [0, 1, 2])
    std, activation, warmup = sweep.random.values()
    assert isinstance(std, Uniform)
    assert (std.low, std.high, std.log, std.integral) == (1e-3, 1, True, False)
    assert isinstance(activation, Choice)
    assert activation.values == ["relu", "tanh"]
    assert isinstance(warmup, Uniform)
    assert (warmup.low, warmup.high, warmup.log, warmup.integral) == (0, 100, False, True)


def test_the_base_lies_beside_the_sweep() -> None:
    Path("folder").mkdir()
    Path("folder/base.yaml").write_text("seed: 3\n")
    Path("folder/s.yaml").write_text("base: base.yaml\ngrid: {train.epochs: [1, 2]}\n")
    assert reader.load(Path("folder/s.yaml"), None, [], None).base == Config(seed=3)


def test_without_a_base_the_defaults_vary() -> None:
    sweep = load("grid: {train.epochs: 3}")
    assert sweep.base == Config()
    assert [*sweep.seeds] == [0]


def test_a_grid_may_be_nested_as_a_config_is() -> None:
    nested = load("grid: {train: {epochs: [1, 2]}, model: {hidden: [[5, 6]]}}")
    assert grid(nested) == {"train.epochs": [1, 2], "model.hidden": [(5, 6)]}


def test_axes_without_a_file() -> None:
    Path("base.yaml").write_text("seed: 4\n")
    sweep = load(
        None,
        "train.learning_rate=0.01,0.1,1",
        "model.hidden=[50], [100, 50]",
        "train.batch_size={from: 1, to: 100, factor: 10}",
        "model.conv=[],{filters: 8},[{filters: 4}, {filters: 8, kernel: 5}]",
        "train.max_steps=null,10",
        base="base.yaml",
    )
    assert grid(sweep) == {
        "train.learning_rate": [0.01, 0.1, 1.0],
        "model.hidden": [(50,), (100, 50)],
        "train.batch_size": [1, 10, 100],
        "model.conv": [(), (ConvConfig(8),), (ConvConfig(4), ConvConfig(8, kernel=5))],
        "train.max_steps": [None, 10],
    }
    assert (sweep.base, [*sweep.seeds]) == (Config(seed=4), [4])
    assert [*load(None, "seed=3,7", base="base.yaml").seeds] == [3, 7]
    sweep = load(
        None, "data.augment.rotation=0,12", "data.augment=null,{shift: 1}", "data.extra={synthetic: 1}",
        base="base.yaml",
    )  # fmt: skip
    assert grid(sweep) == {
        "data.augment.rotation": [0.0, 12.0],
        "data.augment": [None, AugmentConfig(shift=1.0)],
        "data.extra": [(("synthetic", 1.0),)],
    }
    assert grid(load(None, "model.conv={filters: 8}", base="base.yaml")) == {"model.conv": [(ConvConfig(8),)]}


def test_what_holds_keys_can_be_drawn_as_a_whole() -> None:
    sweep = load("random: {n: 2, data.augment: {choice: [null, {rotation: 5}]}}")
    assert sweep.random == {"data.augment": Choice([None, AugmentConfig(rotation=5.0)])}


def test_arguments_take_the_place_of_what_the_file_says() -> None:
    Path("other.yaml").write_text("seed: 9\n")
    text = (
        "base: none.yaml\ngrid: {train.epochs: [1, 2], train.batch_size: [5, 6]}\nseeds: [3, 5]\n"
        "random: {n: 2, train.learning_rate: {uniform: [0.1, 1]}}"
    )
    sweep = load(text, "train.epochs=7,8", "train.learning_rate=0.5", base="other.yaml", seeds=2)
    assert grid(sweep) == {"train.epochs": [7, 8], "train.batch_size": [5, 6], "train.learning_rate": [0.5]}
    assert (sweep.random, [*sweep.seeds], sweep.base.seed) == ({}, [0, 1], 9)
    assert [*load(text, "seed=4", base="other.yaml").seeds] == [4]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("grid: {train.lerning_rate: [1]}", "1: train.lerning_rate: unknown key; did you mean train.learning_rate?"),
        ("gird: {train.epochs: [1]}", "1: gird: unknown key; did you mean grid?"),
        ("sedes: 1", "1: sedes: unknown key; did you mean seeds?"),
        ("nonsense: 1", "1: nonsense: unknown key; expected base, grid, random, seeds, data,"),
        ("", "1: expected keys and values; got nothing"),
        ("[1]", "1: expected keys and values; got [1]"),
        ("train: {epochs: 3}", ": expected something to vary: grid, random, seeds or --set KEY=V1,V2"),
        ("grid:", "1: expected keys and values in section grid; got nothing"),
        ("grid: {}", "1: grid: expected at least one key with its values; got none"),
        ("grid: 3", "1: expected keys and values in section grid; got 3"),
        ("grid:\n  train.epochs: []", "2: train.epochs: expected at least one value; got []"),
        ("grid:\n  train.epochs:", "2: train.epochs: expected at least one value; got nothing"),
        ("grid: {train.epochs: [1, two]}", "1: train.epochs: expected an integer from 1 to 1000000; got two"),
        ("grid: {train.epochs: [1, 2, 1]}", "1: train.epochs: expected each value once; got [1, 2, 1]"),
        ("grid: {train.learning_rate: [1, 1.0]}", "1: train.learning_rate: expected each value once"),
        ("grid: {data.augment: [null, {rotation: 0}]}", "1: data.augment: expected each value once"),
        ("grid: {seed: [1, 2]}", "1: grid.seed: expected seeds: 5 or seeds: [3, 7], outside of grid"),
        ("grid: {train.epochs: 1, train.epochs: 2}", "1: grid.train.epochs: expected each key once; got it again"),
        ("grid: {train.epochs: 1, train: {epochs: 2}}", "1: grid.train.epochs: expected each key once"),
        ("grid: {train: 3}", "1: train is a section; expected one of its keys, such as train.epochs"),
        ("grid: {n: 3}", "1: n: unknown key"),
        ("grid: {'model.conv[0].filters': 3}", "1: model.conv[0].filters: expected model.conv as a whole"),
        ("grid: {train.epochs: {from: 1}}", "1: train.epochs: expected a list of values, or a range"),
        ("grid: {train.epochs: {from: 1, to: 2, step: 1, factor: 2}}", "1: train.epochs: expected a list of values"),
        ("grid: {train.epochs: {from: 1, to: 2, step: 1, by: 2}}", "1: train.epochs: expected a list of values"),
        ("grid: {train.epochs: {from: a, to: 2, step: 1}}", "1: train.epochs.from: expected a finite number; got a"),
        ("grid: {train.epochs: {from: 1, to: .inf, step: 1}}", "1: train.epochs.to: expected a finite number"),
        (
            "grid: {train.epochs: {from: 3, to: 2, step: 1}}",
            "1: train.epochs: expected `from` to be at most `to`; got {from: 3, to: 2, step: 1}",
        ),
        ("grid: {model.activation: {from: 1, to: 2, step: 1}}", "1: model.activation: expected sigmoid, tanh, relu"),
        ("grid: {train.epochs: 1}\nseeds: 0", "2: seeds: expected an integer from 1 to 1000000; got 0"),
        ("grid: {train.epochs: 1}\nseeds: []", "2: seed: expected at least one value; got []"),
        ("grid: {train.epochs: 1}\nseeds: [-1]", "2: seed: expected an integer from 0"),
        ("random: {n: 3}", "1: random: expected n, the number of draws, and at least one key with its distribution"),
        ("random: {train.momentum: {uniform: [0, 0.9]}}", "1: random: expected n, the number of draws"),
        ("random: {n: 0, train.momentum: {uniform: [0, 0.9]}}", "1: random.n: expected an integer from 1 to 100000"),
        ("random: {n: 1, train.momentum: {normal: [0, 1]}}", "1: train.momentum: expected {uniform: [LOW, HIGH]}"),
        ("random: {n: 1, train.momentum: 3}", "1: train.momentum: expected {uniform: [LOW, HIGH]}"),
        ("random: {n: 1, train.momentum: {uniform: [0]}}", "1: train.momentum: expected {uniform: [LOW, HIGH]}"),
        ("random: {n: 1, train.momentum: {uniform: [0, x]}}", "1: train.momentum.uniform: expected a finite number"),
        ("random: {n: 1, train.momentum: {uniform: [0, 1]}}", "1: train.momentum: expected a number from 0 to below 1"),
        ("random: {n: 1, train.epochs: {uniform: [1.5, 3]}}", "1: train.epochs: expected an integer from 1"),
        ("random: {n: 1, train.momentum: {choice: []}}", "1: train.momentum: expected at least one value; got []"),
        ("random: {n: 1, train.momentum: {log_uniform: [0, 0.5]}}", "1: train.momentum: expected LOW above 0"),
        (
            "grid: {train.epochs: 1}\nrandom: {n: 1, train.epochs: {choice: [2]}}",
            "2: random.train.epochs: expected each key once; got it again",
        ),
        ("base: [1]\ngrid: {train.epochs: 1}", "1: base: expected 1 to 500 printable characters; got [1]"),
        ("grid: {train.epochs: 1}\nbase: none", "2: base: none: expected a config file, or the name of one"),
        ("model.hidden: 30\nseeds: 2", "1: model.hidden: expected model: {hidden: ...}, or the key in grid to vary it"),
        ("grid: {metric: [1]}", "1: metric: unknown key; --metric is an option of bp sweep"),
        ("out: results\nseeds: 2", "1: out: unknown key; expected base, grid"),
        (
            "grid: {train.epochs: {from: 1, to: 3, steps: 1}}",
            f"1: train.epochs: expected a list of values, or a range such as {reader.RANGE}; got steps; did you"
            " mean step?",
        ),
        (
            "random: {n: 1, train.momentum: {loguniform: [0.1, 0.9]}}",
            f"1: train.momentum: expected {reader.DISTRIBUTION}; got loguniform; did you mean log_uniform?",
        ),
        ("base: s.yaml/none\ngrid: {train.epochs: 1}", "1: base: s.yaml/none: expected a config file, or the name"),
        ("train: {epochs: x}\ngrid: {train.batch_size: 1}", "1: train.epochs: expected an integer"),
        ("grid: [", "1: not YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(BpError) as caught:
        load(text)
    assert str(caught.value).startswith(("s.yaml:" + message, "s.yaml" + message))
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize(
    ("axis", "message"),
    [
        ("train.epochs", "--set train.epochs: expected KEY=V1,V2, as in --set 'train.learning_rate=0.01,0.1'"),
        ("train.epoch=1,2", "--set train.epoch=1,2: train.epoch: unknown key; did you mean train.epochs?"),
        ("train.epochs=", "--set train.epochs=: train.epochs: expected at least one value; got []"),
        ("train.epochs=1,x", "--set train.epochs=1,x: train.epochs: expected an integer from 1 to 1000000; got x"),
        ("train.epochs=1]", "--set train.epochs=1]: not YAML"),
        ("train=1", "--set train=1: train is a section"),
        (
            "train.learning_rate={log_uniform: [1e-3,1]}",
            "--set train.learning_rate={log_uniform: [1e-3,1]}: train.learning_rate: expected a list of values, or a "
            f"range such as {reader.RANGE}; got log_uniform; values are drawn under random: in a sweep file",
        ),
    ],
)
def test_a_mistaken_argument_is_named(axis: str, message: str) -> None:
    with pytest.raises(BpError) as caught:
        load("grid: {train.batch_size: 1}", axis)
    assert str(caught.value).startswith(message)
    assert caught.value.code == Exit.USAGE


@pytest.mark.parametrize("key", ["train.shadow_check", "train.log_every", "train.checkpoint_seconds", "data.cache_dir"])
def test_what_makes_no_other_setting_does_not_vary(key: str) -> None:
    """Its runs would be one row of a table, and all of them but one skipped."""
    for text, axes in ((None, [f"{key}=1,2"]), (f"grid: {{{key}: [1, 2]}}\n", []),
                       (f"random: {{n: 2, {key}: {{choice: [1, 2]}}}}\n", [])):  # fmt: skip
        with pytest.raises(BpError, match=f"{key}: expected a key on which the results depend"):
            load(text, *axes)


def test_all_mistakes_are_reported_at_once() -> None:
    with pytest.raises(BpError) as caught:
        load("grid:\n  train.epochs: [x]\n  train.batch_size: []\nseeds: x\ntrain: {dtype: int}", "a=1", "b")
    assert len(str(caught.value).splitlines()) == 6


@given(st.text(max_size=80))
def test_any_text_is_a_sweep_or_a_usage_error(text: str) -> None:
    path = Path("any.yaml")
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    code = Exit.USAGE
    try:
        reader.load(path, None, [text], 1)
    except BpError as error:
        code = error.code
    assert code == Exit.USAGE
