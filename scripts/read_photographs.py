#!/usr/bin/env python3
"""How many digits in simulated photographs a run's network reads, and why it does not read the others.

    scripts/read_photographs.py runs/mnist runs/conv --count 200 --seed 1

A third of the photographs shows several digits, and one of five is light on dark. Half of them are digits of MNIST's
test images, enlarged; the others are drawn from strokes, with pens of any width. An answer that is wrong for the digit
itself too, boxed and centred without ever having been photographed, is the network's own error. With --save FOLDER,
the photographs in which something was not read are kept there, by their number.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import mnist_bp
from mnist_bp.data.loading import load
from mnist_bp.errors import BpError
from mnist_bp.preprocessing.pipeline import prepare
from mnist_bp.run.model import Model
from tests.helpers.photographs import drawn, photograph, plain


def main() -> None:
    """Print a row for each run and each kind of digit, and where digits were not found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--save", type=Path)
    options = parser.parse_args()

    mnist = load("mnist").test
    models = {run: mnist_bp.load(run) for run in options.runs}
    outcomes: Counter[tuple[str, str, str]] = Counter()
    for number in range(options.count):
        rng = np.random.default_rng([options.seed, number])
        kind = ("MNIST", "drawn")[number % 2]
        chosen = rng.integers(0, len(mnist), rng.integers(2, 6) if number % 3 == 0 else 1)
        labels = mnist.t[chosen]
        digits = [*mnist.x[chosen].reshape(-1, 28, 28)] if kind == "MNIST" else [*drawn(labels, rng)]
        shot = photograph(digits, rng, light_on_dark=number % 5 == 4)
        images = _prepared(shot.content)
        missed = False
        for run, model in models.items():
            for outcome in _outcomes(model, images, digits, labels):
                outcomes[run, kind, outcome] += 1
                missed |= outcome not in {"read", "the network's own error"}
        if missed:
            print(f"photograph {number}: {kind}, {''.join(map(str, labels))}, digits {shot.height} pixels high")
            if options.save:
                options.save.mkdir(exist_ok=True)
                (options.save / f"{number}.jpg").write_bytes(shot.content)

    for run in models:
        for kind in ("MNIST", "drawn"):
            found = {outcome: count for (of, which, outcome), count in outcomes.items() if (of, which) == (run, kind)}
            total = sum(found.values())
            parts = ", ".join(
                f"{outcome} {count}" for outcome, count in sorted(found.items(), key=lambda each: -each[1])
            )
            print(f"{run}, {kind}: {found['read'] / total:.1%} of {total} digits read ({parts})")


def _prepared(content: bytes) -> list[NDArray[np.uint8]]:
    try:
        return [each.image for each in prepare(content, "mnist")]
    except BpError:
        return []


def _outcomes(
    model: Model, images: list[NDArray[np.uint8]], digits: list[NDArray[Any]], labels: NDArray[np.uint8]
) -> list[str]:
    """Return what became of each digit."""
    if len(images) != len(digits):
        return ["not found" if len(images) < len(digits) else "wrongly split"] * len(digits)
    said = model.predict(np.stack(images)).argmax(axis=1)
    itself = model.predict(np.stack([plain(digit) for digit in digits])).argmax(axis=1)
    return [
        "read" if answer == label else "misread" if own == label else "the network's own error"
        for answer, own, label in zip(said, itself, labels, strict=True)
    ]


if __name__ == "__main__":
    main()
