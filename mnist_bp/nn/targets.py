"""Targets as a loss compares them with outputs: classes become rows of numbers."""

from functools import cache

import numpy as np

from mnist_bp.nn.buffers import Array

ROUNDING = 1e-3  # by which the sum of probabilities may miss 1, whatever their precision: float16 stays below it


def distribution(t: Array, out: Array) -> Array:
    """Write the targets t into `out`, (N, K), as rows of probabilities, and return it.

    t holds classes, (N,), or probabilities, (N, K), such as one-hot rows, of any type of number; what rounding did to
    their sum is divided out. Raises ValueError unless they fit, and K is 2 or more.
    """
    if out.shape[1] < 2:
        raise ValueError(f"a cross-entropy of classes expects 2 outputs or more; got {out.shape[1]}")
    if (given := numbers(t, out)) is out:
        return out
    out[...] = given
    sums = out.sum(axis=1, keepdims=True)
    right = (out >= 0).all(axis=1) & (abs(sums[:, 0] - 1) <= ROUNDING)  # NaN is not
    if not right.all():
        wrong = int(right.argmin())
        raise ValueError(f"expected probabilities in t that add up to 1; got {t[wrong]} for example {wrong}")
    out /= sums
    return out


def numbers(t: Array, out: Array) -> Array:
    """Return the targets t as numbers, (N, K), for outputs of the shape of `out`: t itself, or classes in `out`.

    Raises ValueError unless they fit.
    """
    if t.ndim == 1:
        return one_hot(t, out)
    if t.shape != out.shape:
        raise ValueError(f"expected t of shape ({len(out)},), classes, or {out.shape}, numbers; got {t.shape}")
    if t.dtype.kind not in "biuf":
        raise ValueError(f"expected numbers in t; got {t.dtype}")
    return t


def one_hot(t: Array, out: Array) -> Array:
    """Write the classes t, (N,), into `out`, (N, K), as rows of zeros with a one, and return it.

    For K = 1, t are answers 0 or 1 and written as they are. Raises ValueError unless t has one class for each row.
    """
    if t.shape != out.shape[:1]:
        raise ValueError(f"expected one target for each of {len(out)} examples; got t of shape {t.shape}")
    if t.dtype.kind not in "iu":
        raise ValueError(f"expected integer classes in t; got numbers of type {t.dtype}")
    last = max(out.shape[1], 2) - 1
    if np.maximum.reduce(t) > last or (t.dtype.kind == "i" and t.min() < 0):  # which does what t.max() wraps
        wrong = int(np.flatnonzero((t < 0) | (t > last))[0])
        raise ValueError(f"expected classes from 0 to {last}; got {t[wrong]} as the target of example {wrong}")
    return np.equal(t[:, None], _classes(out.shape[1]), out=out)


@cache
def _classes(count: int) -> Array:
    """Return 0 … count − 1, of the smallest type, as labels are; for a single output the answer 1."""
    return np.arange(count, dtype=np.min_scalar_type(count)) if count > 1 else np.ones(1, np.uint8)
