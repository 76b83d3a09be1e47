"""The rows of a sweep's table: which runs are one setting, and what they came to together."""

import math
import random
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from mnist_bp.config import Config, ConvConfig
from mnist_bp.run.outcome import Outcome, State
from mnist_bp.sweep.settings import (
    SHOWN,
    Setting,
    best_per,
    differing,
    plain,
    rounded,
    settings,
    shortened,
    usual_metric,
    values,
)
from tests.helpers.making import config, record


def outcome(config: Config, state: State = "finished", **metrics: float | None) -> Outcome:
    last = record(config.train.epochs, **metrics) if state == "finished" else None
    return Outcome(Path(f"r/{config.seed}"), config, state, last)


def of(*losses: float) -> Setting:
    (setting,) = settings([outcome(config(seed), test_loss=loss) for seed, loss in enumerate(losses)])
    return setting


def rates(found: list[Setting]) -> list[float]:
    return [setting.config.train.learning_rate for setting in found]


def test_mean_and_standard_deviation_are_those_worked_out_by_hand() -> None:
    """2, 4, 4, 4, 5, 5, 7, 9: the squared distances from their mean, 5, add up to 32, which 8 − 1 divides."""
    setting = of(2, 4, 4, 4, 5, 5, 7, 9)
    assert setting.mean("test_loss") == 5
    assert setting.deviation("test_loss") == pytest.approx((32 / 7) ** 0.5, rel=1e-15)


def test_mean_and_deviation_are_those_of_the_standard_library() -> None:
    generator = random.Random(1)
    drawn = [generator.gauss(0.95, 0.01) for _ in range(30)]
    setting = of(*drawn)
    assert setting.mean("test_loss") == statistics.mean(drawn)
    assert setting.deviation("test_loss") == pytest.approx(statistics.stdev(drawn), rel=1e-14)


def test_one_run_has_no_standard_deviation_and_no_runs_have_no_mean() -> None:
    assert (of(0.25).mean("test_loss"), of(0.25).deviation("test_loss")) == (0.25, None)
    (setting,) = settings(
        [outcome(config(), "failed"), outcome(config(1), "unfinished"), outcome(config(2), "missing")]
    )
    assert (setting.mean("test_loss"), setting.deviation("test_loss")) == (None, None)


def test_equal_values_are_their_own_mean_with_a_deviation_of_zero() -> None:
    assert (of(0.1, 0.1, 0.1).mean("test_loss"), of(0.1, 0.1, 0.1).deviation("test_loss")) == (0.1, 0.0)


def test_very_large_losses_do_not_overflow() -> None:
    assert of(1.7e308, 1.7e308).mean("test_loss") == 1.7e308
    assert of(1e200, 3e200).deviation("test_loss") == pytest.approx(2**0.5 * 1e200)


def test_the_order_of_the_results_does_not_matter() -> None:
    generator = random.Random(2)
    results = [
        outcome(config(seed, train_learning_rate=rate), test_loss=generator.random())
        for seed in range(7)
        for rate in (0.1, 0.2)
    ]
    expected = settings(results)
    for _ in range(5):
        generator.shuffle(results)
        assert settings(results) == expected


def test_only_finished_runs_count_and_the_seeds_of_the_others_are_known() -> None:
    states: list[State] = ["failed", "finished", "missing", "finished", "unfinished", "failed"]
    (setting,) = settings([outcome(config(seed), state) for seed, state in enumerate(states)])
    assert len(setting.which("finished")) == 2
    assert [setting.seeds(state) for state in ("failed", "unfinished", "missing")] == [[0, 5], [4], [2]]


def test_runs_of_different_lengths_are_different_settings() -> None:
    found = settings([outcome(config(0)), outcome(config(1, train_epochs=2)), outcome(config(2, train_max_steps=10))])
    assert [len(setting.runs) for setting in found] == [1, 1, 1]
    assert differing(found) == ["train.epochs", "train.max_steps"]


def test_there_is_no_mean_if_one_of_the_runs_lacks_the_metric() -> None:
    (setting,) = settings([outcome(config(0), validation_loss=0.1), outcome(config(1))])
    assert setting.mean("validation_loss") is None


@pytest.mark.parametrize(
    ("metric", "mean", "deviation", "expected"),
    [
        ("test_accuracy", 0.97804, 0.00012, "0.9780 ± 0.0001"),
        ("test_accuracy", 1.0, None, "1.0000"),
        ("test_loss", 0.0123456, 0.0003217, "0.01235 ± 0.00032"),
        ("test_loss", 100.0, 7.25, "100.0 ± 7.2"),
        ("test_loss", 1234.5678, 0.3, "1235 ± 0"),
        ("test_loss", 1.5e-9, 2e-10, "1.500e-09 ± 2e-10"),
        ("test_loss", 0.0, 0.0, "0.000 ± 0.000"),
        ("test_loss", math.inf, math.nan, "inf ± nan"),
        ("test_loss", None, None, ""),
    ],
)
def test_mean_and_deviation_are_rounded_to_the_same_decimals(
    metric: str, mean: float | None, deviation: float | None, expected: str
) -> None:
    assert rounded(metric, mean, deviation) == expected


def test_the_best_setting_comes_first_and_those_without_a_value_last() -> None:
    results = [
        outcome(config(train_learning_rate=rate), test_accuracy=accuracy, test_loss=accuracy)
        for rate, accuracy in ((0.1, 0.5), (0.2, 0.9), (0.3, 0.7))
    ]
    results.append(outcome(config(train_learning_rate=0.05), "failed"))
    assert rates(settings(results)) == [0.2, 0.3, 0.1, 0.05]
    assert rates(settings(results, "test_loss")) == [0.1, 0.3, 0.2, 0.05]


def test_equal_settings_are_in_the_order_of_the_numbers_set() -> None:
    numbers = [1e-5, 0.5, 2.0, 10.0, 1e20]
    assert rates(settings([outcome(config(train_learning_rate=rate)) for rate in reversed(numbers)])) == numbers
    units = [(9,), (50, 8), (50, 10), (100,)]
    found = settings([outcome(config(model_hidden=[*hidden])) for hidden in reversed(units)])
    assert [setting.config.model.hidden for setting in found] == units


def test_words_and_numbers_of_one_key_can_be_sorted() -> None:
    steps = [None, 5, 10]
    found = settings([outcome(config(train_max_steps=limit), "missing") for limit in steps])
    assert [setting.config.train.max_steps for setting in found] == [5, 10, None]


def test_the_validation_accuracy_is_the_usual_metric_if_all_have_measured_it() -> None:
    validated = [outcome(config(seed), validation_accuracy=0.5) for seed in range(2)]
    assert usual_metric([*validated, outcome(config(5), "failed")]) == "validation_accuracy"
    assert usual_metric([*validated, outcome(config(5))]) == "test_accuracy"
    assert usual_metric([outcome(config(), "missing")]) == usual_metric([]) == "test_accuracy"
    assert usual_metric([outcome(config(data_validation=9), "missing")]) == "validation_accuracy"


def test_values_are_text_as_for_set_or_plain_data_for_a_program() -> None:
    keys = ["model.conv", "model.hidden", "train.optimizer", "train.learning_rate", "train.clip_norm"]
    some = config(model_conv=[ConvConfig(8)], train_optimizer="adam", train_learning_rate=1e-5)
    conv = {"filters": 8, "kernel": 3, "stride": 1, "padding": 0, "pool": None, "pool_size": 2}
    written = "[{filters: 8, kernel: 3, stride: 1, padding: 0, pool: null, pool_size: 2}]"
    assert values(some, keys) == [written, "[50]", "adam", "1.0e-05", "null"]
    assert plain(some, keys) == dict(zip(keys, [[conv], [50], "adam", 1e-5, None], strict=True))


def test_the_seed_is_no_key_in_which_settings_differ() -> None:
    assert differing(settings([outcome(replace(config(), seed=seed)) for seed in range(3)])) == []


def test_few_lines_are_not_shortened() -> None:
    assert shortened(["a"] * SHOWN) == ["a"] * SHOWN
    assert shortened(["a"] * (SHOWN + 1)) == [*["a"] * SHOWN, "... and 1 more"]


def test_the_first_setting_of_each_value_of_a_key_is_kept() -> None:
    results = [
        outcome(config(train_optimizer=name, train_learning_rate=rate), test_accuracy=accuracy)
        for name, rate, accuracy in (("sgd", 0.1, 0.5), ("adam", 0.1, 0.7), ("sgd", 0.2, 0.6), ("adam", 0.2, 0.4))
    ]
    found = best_per(settings(results), "train.optimizer")
    assert [values(each.config, ["train.optimizer", "train.learning_rate"]) for each in found] == [
        ["adam", "0.1"], ["sgd", "0.2"]
    ]  # fmt: skip
