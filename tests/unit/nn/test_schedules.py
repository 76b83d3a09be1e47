"""Schedules: PyTorch's numbers, and rates that need no memory."""

import pytest

from mnist_bp.nn.schedules import Schedule, constant, cosine, one_cycle, step_decay, warm_up

# The rates of successive steps at 0.1, as printed by PyTorch 2.13.0, where S is torch.optim.lr_scheduler:
#
#   for make, steps in [(lambda o: S.StepLR(o, 3, 0.5), 8), (lambda o: S.CosineAnnealingLR(o, 8), 9),
#                       (lambda o: S.OneCycleLR(o, 0.1, total_steps=10), 10), (lambda o: S.LinearLR(o, 0.25, 1, 3), 6),
#                       (lambda o: S.OneCycleLR(o, 0.1, total_steps=2), 2)]:
#       optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
#       schedule = make(optimizer)
#       for step in range(steps):
#           print(optimizer.param_groups[0]["lr"])
#           optimizer.step()
#           schedule.step()
#
# (OneCycleLR refuses the very last schedule.step.)
PYTORCH = {
    "step decay": (step_decay(0.1, 3, 0.5), [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]),
    "cosine": (
        cosine(0.1, 8),
        [
            0.1, 0.09619397662556434, 0.08535533905932738, 0.0691341716182545, 0.05, 0.030865828381745515,
            0.014644660940672627, 0.0038060233744356634, 0.0,
        ],
    ),
    "one cycle": (
        one_cycle(0.1, 10),
        [
            0.0040000000000000036, 0.052000000000000005, 0.1, 0.09504846320134738, 0.0811745653949763,
            0.06112620219362893, 0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07,
        ],
    ),
    "one cycle of two steps": (one_cycle(0.1, 2), [0.0811745653949763, 4e-07]),
    "warm-up": (warm_up(constant(0.1), 4), [0.025, 0.05, 0.075, 0.1, 0.1, 0.1]),
}  # fmt: skip


@pytest.mark.parametrize(("schedule", "expected"), PYTORCH.values(), ids=PYTORCH)
def test_the_rates_are_those_of_pytorch(schedule: Schedule, expected: list[float]) -> None:
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
