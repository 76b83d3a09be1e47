#!/usr/bin/env python3
"""Draw the pictures of README.md and docs/ anew, into docs/images/.

scripts/make_pictures.py [NAME ...]     all of them, or some
"""

import sys
from collections.abc import Callable
from pathlib import Path

from mnist_bp.nn.check import graph
from mnist_bp.report import files, graph_page

IMAGES = Path(__file__).parents[1] / "docs" / "images"
LARGEST = 200_000  # bytes


def apples() -> bytes:
    """Return the graph of two apples with tax: figure 5.15 of Saitoh, Deep Learning from Scratch."""
    price, count, tax = graph.variable(100, "apple"), graph.variable(2, "number"), graph.variable(1.1, "tax")
    return _drawn(price * count * tax)


def fruit() -> bytes:
    """Return the graph of two apples and three oranges with tax: figure 5.17 there."""
    apple, apples = graph.variable(100, "apple"), graph.variable(2, "number of apples")
    orange, oranges = graph.variable(150, "orange"), graph.variable(3, "number of oranges")
    return _drawn((apple * apples + orange * oranges) * graph.variable(1.1, "tax"))


def _drawn(price: graph.Node) -> bytes:
    graph.backward(price)
    return graph_page.svg(graph_page.dot(price, "price")).encode()


PICTURES: dict[str, Callable[[], bytes]] = {"apples.svg": apples, "fruit.svg": fruit}


def main(names: list[str]) -> None:
    """Draw some pictures, or all."""
    IMAGES.mkdir(exist_ok=True)
    for name in names or PICTURES:
        picture = PICTURES[name]()
        if len(picture) > LARGEST:
            sys.exit(f"{name}: expected at most {LARGEST:,} bytes; got {len(picture):,}")
        files.save(IMAGES / name, picture)
        print(f"{name}: {len(picture):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
