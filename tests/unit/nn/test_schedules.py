"""Schedules: PyTorch's numbers, and rates that need no memory."""

import pytest

from mnist_bp.nn.schedules import Schedule, constant, cosine, one_cycle, step_decay, warm_up
from tests.helpers.pytorch import NUMBERS

SCHEDULES = {
    "step decay": step_decay(0.1, 3, 0.5),
    "cosine": cosine(0.1, 8),
    "one cycle": one_cycle(0.1, 10),
    "one cycle of two steps": one_cycle(0.1, 2),
    "warm-up": warm_up(constant(0.1), 4),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_rates_are_those_of_pytorch(name: str) -> None:
    schedule, expected = SCHEDULES[name], NUMBERS["rates"][name]
    # Both are a few roundings from the exact value; the smallest rates are differences of numbers near 0.1
    assert [schedule(done) for done in range(len(expected))] == pytest.approx(expected, rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("schedule", [cosine(0.1, 8), one_cycle(0.1, 10), one_cycle(0.1, 1)])
def test_beyond_its_horizon_a_schedule_stays_at_its_end(schedule: Schedule) -> None:
    assert schedule(10) == schedule(11) == schedule(10**12) == pytest.approx(0, abs=4.1e-7)


def test_a_warm_up_multiplies_whatever_schedule_it_precedes() -> None:
    """Halving every two steps, 8, 8, 4, 4, 2, under a ramp of ¼, ½, ¾, 1."""
    ramped = warm_up(step_decay(8.0, 2, 0.5), 4)
    assert [ramped(done) for done in range(5)] == [2.0, 4.0, 3.0, 4.0, 2.0]


def test_a_warm_up_of_no_steps_changes_nothing() -> None:
    assert warm_up(constant(0.1), 0)(0) == 0.1
