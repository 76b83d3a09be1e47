#!/usr/bin/env python3
"""How many of MNIST's test images runs read when these are turned, moved, enlarged, written with another pen or spoilt.

    scripts/robustness.py runs/mnist runs/own-digits runs/conv

A row of the table has what one disturbance of all images leaves of the accuracy of each run. --json prints one object
instead, and --count takes so many of the images. The noise is the same for all runs, and for each --seed.
"""

import argparse
import json
import math
import sys
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import mnist_bp
from mnist_bp.cli.columns import markdown
from mnist_bp.data.augmentation import sample, thickened
from mnist_bp.data.loading import load
from mnist_bp.errors import BpError

Images = NDArray[np.uint8]  # (N, rows, columns)

ROTATIONS = (-30, -20, -10, 10, 20, 30)  # degrees, clockwise
SHIFTS = (1, 2, 3, 4)  # pixels
SCALES = (0.7, 0.8, 0.9, 1.1, 1.2, 1.3)
PENS = (-0.5, -0.25, 0.25, 0.5, 1.0)  # pixels by which each edge of the strokes moves outwards
DEVIATIONS = (0.1, 0.2, 0.3)  # of Gaussian noise, relative to full ink
SHARES = (0.02, 0.05, 0.1)  # of the pixels


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--count", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    for name, least in (("count", 1), ("seed", 0)):
        if (given := getattr(options, name)) is not None and given < least:
            parser.error(f"--{name}: expected a number from {least}; got {given}")
    options.runs = [*dict.fromkeys(options.runs)]
    try:
        table = robustness(options.runs, options.count, options.seed)
    except BpError as error:
        print(f"error: {error}", *[f"hint: {error.hint}"] * bool(error.hint), sep="\n", file=sys.stderr)
        sys.exit(error.code)
    if options.json:
        print(json.dumps(table, indent=2, ensure_ascii=False))
    else:
        cells = [[name, *(f"{accuracy:.2%}" for accuracy in row.values())] for name, row in table.items()]
        print(markdown([["test images", *options.runs], *cells]))


def robustness(runs: list[str], count: int | None, seed: int) -> dict[str, dict[str, float]]:
    """Return the accuracy of each run for each disturbance of the first so many test images, or of all."""
    mnist = load("mnist")
    images, labels = mnist.test.x[:count].reshape(-1, *mnist.shape), mnist.test.t[:count]
    models = {run: mnist_bp.load(run) for run in runs}
    for run, model in models.items():
        try:
            model.require_fit(mnist, mnist.test)
        except BpError as error:
            raise BpError(f"{run}: {error}", code=error.code) from error
    table: dict[str, dict[str, float]] = {}
    for name, batches in disturbances(images, np.random.default_rng(seed)):
        table[name] = {
            run: float(np.mean([(model.predict(batch).argmax(axis=1) == labels).mean() for batch in batches]))
            for run, model in models.items()
        }
    return table


def disturbances(images: Images, rng: np.random.Generator) -> Iterator[tuple[str, list[Images]]]:
    """Yield every disturbance by name, with all that it makes of the images: accuracies are the mean over these."""
    yield "as they are", [images]
    for degrees in ROTATIONS:
        yield f"turned by {degrees}°", [warped(images, degrees=degrees)]
    for pixels in SHIFTS:
        ways = [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
        yield f"moved by {pixels} px, mean of four ways", [warped(images, right=x, down=y) for x, y in ways]
    for scale in SCALES:
        yield f"{scale} times as large", [warped(images, scale=scale)]
    for outwards in PENS:
        way = "outwards" if outwards > 0 else "inwards"
        yield f"edges of strokes {abs(outwards)} px {way}", [penned(images, outwards)]
    for deviation in DEVIATIONS:
        noisy = images + 255 * deviation * rng.standard_normal(images.shape)
        yield f"Gaussian noise, deviation {deviation}", [_rounded(noisy.clip(0, 255))]
    for share in SHARES:
        salted = np.where(rng.random(images.shape) < share, np.uint8(255), images)
        yield f"salt on {share:.0%} of the pixels", [salted]


def warped(images: Images, *, degrees: float = 0, scale: float = 1, right: float = 0, down: float = 0) -> Images:
    """Return images turned clockwise and enlarged around their middles, then moved."""
    rows, columns = images.shape[1:]
    turn = math.radians(degrees)
    y, x = np.indices((rows, columns)).reshape(2, -1)
    y, x = y - (rows - 1) / 2 - down, x - (columns - 1) / 2 - right
    from_x = (x * math.cos(turn) + y * math.sin(turn)) / scale + (columns - 1) / 2
    from_y = (y * math.cos(turn) - x * math.sin(turn)) / scale + (rows - 1) / 2
    places = np.stack([from_x, from_y])[:, None].astype(np.float32)
    shown = [
        sample(block, places.repeat(len(block), axis=1)) for block in np.split(images, range(500, len(images), 500))
    ]
    return _rounded(255 * np.concatenate(shown).reshape(images.shape))


def penned(images: Images, outwards: float) -> Images:
    """Return images with each edge of the strokes moved outwards by up to one pixel, or inwards for less than 0."""
    return thickened(images, np.full(len(images), outwards, np.float32))


def _rounded(pixels: NDArray[np.floating]) -> Images:
    return np.asarray(np.rint(pixels), np.uint8)


if __name__ == "__main__":
    main()
