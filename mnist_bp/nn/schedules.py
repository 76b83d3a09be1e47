"""Learning-rate schedules: pure functions from the number of steps done to the learning rate of the next step.

The first step's is that of 0 steps done. As a schedule remembers nothing, a resumed run needs no replay.
"""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """Return `rate` for ever."""
    return lambda done: rate


def step_decay(rate: float, every: int, factor: float) -> Schedule:
    """Return `rate`, multiplied by `factor` after every so many steps.

    Source: He, Zhang, Ren & Sun, CVPR (2016), section 4.2, who divide 0.1 by 10 at given steps.
    """
    return lambda done: rate * factor ** (done // every)


def cosine(rate: float, steps: int) -> Schedule:
    """Fall from `rate` to 0 along half a cosine over so many steps, and stay there.

    Source: Loshchilov & Hutter, ICLR (2017), equation 5, with one cycle and a least rate of 0.
    """
    return lambda done: _between(rate, 0.0, done / steps)


def one_cycle(rate: float, steps: int) -> Schedule:
    """Rise to `rate` over 30 % of the steps and fall to almost nothing over the rest, each along half a cosine.

    Of ten steps or more, the first has rate / 25; the last has rate / 250,000, and so has any step beyond. The momentum
    is not varied.
    Source: Smith & Topin, arXiv:1708.07120 (2017), in the proportions and with the cosines of PyTorch's OneCycleLR,
    whose peak lies at 0.3 · steps − 1 steps done and whose end at steps − 1.
    """
    start, end = rate / 25, rate / 25 / 1e4
    peak, last = 0.3 * steps - 1, steps - 1
    return lambda done: (
        _between(start, rate, done / peak) if done <= peak else _between(rate, end, (done - peak) / (last - peak))
    )


def warm_up(schedule: Schedule, steps: int) -> Schedule:
    """Multiply the schedule by 1/steps, 2/steps, … in its first steps: a linear ramp in front of it.

    Source: Goyal et al., arXiv:1706.02677 (2017), section 2.2.
    """
    return lambda done: schedule(done) * (done + 1) / steps if done < steps else schedule(done)


def _between(start: float, end: float, part: float) -> float:
    """Return the point at `part` (0 to 1; beyond: the end) of half a cosine from start to end."""
    return end + (start - end) * (1 + math.cos(math.pi * min(part, 1.0))) / 2
