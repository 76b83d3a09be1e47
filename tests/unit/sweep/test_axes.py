"""Ranges and distributions: their values, their bounds, and what they refuse."""

import itertools
import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp.config import rule_of
from mnist_bp.sweep.axes import MOST_VALUES, Choice, Range, Uniform

BATCH, RATE, HIDDEN = (rule_of(f"{key}").accept for key in ("train.batch_size", "train.learning_rate", "model.hidden"))


@pytest.mark.parametrize(
    ("first", "last", "step", "factor", "values"),
    [
        (1, 9, 2, None, [1, 3, 5, 7, 9]),
        (1, 10, 4, None, [1, 5, 9]),
        (0.1, 0.5, 0.1, None, [0.1, 0.2, 0.3, 0.4, 0.5]),
        (1, 2, 0.5, None, [1.0, 1.5, 2.0]),
        (1e-4, 1, None, 10, [1e-4, 1e-3, 1e-2, 1e-1, 1.0]),
        (1e-3, 1, None, 3.1623, [0.001, 0.0031623, 0.0100001, 0.0316234, 0.100003, 0.316239]),
        (10, 1000, None, 10, [10, 100, 1000]),
        (1, 2_000_000, None, 3, [3**n for n in range(14)]),
        (7, 7, 1, None, [7]),
        (1.2345678, 1.2345679, None, 10, [1.2345678]),
        (1.2345678, 20, None, 10, [1.2345678, 12.3457]),
        (1.0, 1 + 2**-51, 2**-54, None, [1.0, 1 + 2**-52, 1 + 2**-51]),
        (5e-324, 2e-323, None, 1.5, [5e-324, 1e-323, 1.5e-323]),
    ],
)
def test_a_range_goes_from_first_to_last(
    first: float, last: float, step: float | None, factor: float | None, values: list[float]
) -> None:
    values_of_range = [*Range(first, last, step, factor, lambda value: value)]
    assert values_of_range == values
    assert [type(value) for value in values_of_range] == [type(value) for value in values]
    assert [*Range(first, last, step, factor, str)] == [str(value) for value in values]


@given(st.integers(1, 10**6), st.integers(0, 300), st.integers(1, 999))
def test_steps_of_decimals_are_exact(first: int, count: int, step: int) -> None:
    """The expected values are thousandths, read as decimals."""
    exact = [float(f"{first + n * step}e-3") for n in range(count + 1)]
    assert [*Range(exact[0], exact[-1], float(f"{step}e-3"), None, RATE)] == exact


@pytest.mark.parametrize(
    ("first", "last", "step", "factor", "accept", "message"),
    [
        (2, 1, 1, None, RATE, "`from` to be at most"),
        (1, 2, 0, None, RATE, "a step above 0"),
        (1, 2, -1, None, RATE, "a step above 0"),
        (1, 2, None, 1, RATE, "a factor of at least"),
        (0, 2, None, 2, RATE, "`from` above 0"),
        (-2, -1, None, 2, RATE, "`from` above 0"),
        (1, MOST_VALUES + 1, 1, None, RATE, "at most 1000000 values"),
        (1, 1e300, 1e-300, None, RATE, "at most 1000000 values"),
        (1, 1e200, None, 1.00001, RATE, "at most 1000000 values"),
        (1, 2, 0.5, None, BATCH, "an integer"),
        (0, 9, 1, None, BATCH, "an integer from 1"),
        (1, 10**7, 10**6, None, BATCH, "an integer from 1 to 1000000"),
    ],
)
def test_a_range_that_is_empty_too_long_or_not_accepted_is_refused(
    first: float, last: float, step: float | None, factor: float | None, accept: object, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Range(first, last, step, factor, accept)  # type: ignore[arg-type]


def test_a_long_range_is_made_one_value_at_a_time() -> None:
    values = iter(Range(1, MOST_VALUES, 1, None, HIDDEN))
    assert [*itertools.islice(values, 2)] == [(1,), (2,)]


def test_all_choices_are_drawn_equally_often() -> None:
    """Of 6,000 draws from 3, each count has a standard deviation of 37: 5 of them are allowed."""
    generator, choice = Random(1), Choice(["a", "b", "c"])
    draws = [choice.draw(generator) for _ in range(6000)]
    assert all(abs(draws.count(value) - 2000) < 185 for value in "abc")


@pytest.mark.parametrize(
    ("log", "low", "high", "median", "quarter"),
    [(False, 2, 10, 6, 4), (True, 1e-4, 1, 1e-2, 1e-3)],
)
def test_draws_or_their_logarithms_are_uniform(
    log: bool, low: float, high: float, median: float, quarter: float
) -> None:
    """Shares below a quantile have a standard deviation of at most 0.0065 in 6,000 draws: 5 of them are allowed."""
    generator, distribution = Random(2), Uniform(low, high, log, False, RATE)
    draws: list[Any] = [distribution.draw(generator) for _ in range(6000)]
    assert low <= min(draws) <= max(draws) <= high
    for quantile, share in ((median, 0.5), (quarter, 0.25)):
        assert abs(sum(value < quantile for value in draws) / 6000 - share) < 0.033


def test_integers_are_drawn_equally_often_including_the_ends() -> None:
    generator, distribution = Random(3), Uniform(1, 4, False, True, BATCH)
    draws = [distribution.draw(generator) for _ in range(4000)]
    assert {type(value) for value in draws} == {int}
    assert all(abs(draws.count(value) - 1000) < 140 for value in (1, 2, 3, 4))  # 5 standard deviations of 27
    widths = [Uniform(10, 1000, True, True, HIDDEN).draw(generator) for _ in range(2000)]
    assert all(10 <= width[0] <= 1000 for width in widths)  # type: ignore[index]
    assert abs(sum(width[0] < 100 for width in widths) - 1000) < 140  # type: ignore[index]


def test_drawn_integers_are_not_rounded_to_six_digits() -> None:
    seed = rule_of("data.seed").accept
    draws = [Uniform(0, 9_999_999, False, True, seed).draw(Random(number)) for number in range(200)]
    assert sum(int(str(value)) % 10 == 0 for value in draws) < 50  # a tenth, with a standard deviation of 4


def test_drawn_numbers_have_six_digits() -> None:
    generator, distribution = Random(4), Uniform(1e-4, 1, True, False, RATE)
    for _ in range(100):
        value = distribution.draw(generator)
        assert isinstance(value, float)
        assert value == float(f"{value:.6g}")


def test_a_seed_gives_the_draw_worked_out_by_hand() -> None:
    """By hand from Random("0 train.learning_rate").random(), 0.6334…: 10^(−4 + 4 · 0.6334…)."""
    share = Random("0 train.learning_rate").random()
    drawn = Uniform(1e-4, 1, True, False, RATE).draw(Random("0 train.learning_rate"))
    assert math.isclose(float(str(drawn)), 10 ** (-4 + 4 * share), rel_tol=1e-5)
    assert share == 0.6333754740182018


@pytest.mark.parametrize(
    ("low", "high", "log", "message"),
    [(2, 1, False, "LOW below HIGH"), (1, 1, False, "LOW below"), (0, 1, True, "logarithm"), (-1, 1, False, "above 0")],
)
def test_bounds_that_are_out_of_order_or_not_accepted_are_refused(
    low: float, high: float, log: bool, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Uniform(low, high, log, False, RATE)
