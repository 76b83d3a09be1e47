"""Images of digits traced to strokes: thinned to lines a pixel wide, along which a pen walks straight on."""

from collections.abc import Iterable

import numpy as np

from mnist_bp.data.centring import SIDE

FINER = 3  # pixels of the skeleton per pixel of the image
INK = 150  # of 255: from here on a pixel is part of a stroke
SPUR = 1.3  # pixels of the image: a branch that is shorter is no stroke
AHEAD = 6  # steps over which the pen judges its direction
SMOOTH = 2  # steps to either side over which a stroke is averaged

Pixel = tuple[int, int]
Graph = dict[Pixel, set[Pixel]]

AROUND = np.array([(-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1)])


def trace(images: np.ndarray) -> list[list[np.ndarray]]:
    """Return the strokes of images, (N, 28, 28) of uint8: for each a list of (n, 2) arrays, x and y in pixels."""
    return [_strokes(skeleton) for skeleton in thin(_enlarge(images) > INK)]


def thin(shapes: np.ndarray) -> np.ndarray:
    """Return shapes, (N, H, W) of bool, thinned to lines, by layers: of all borders at once, two sides in turn.

    Source: Guo & Hall, Parallel thinning with two-subiteration algorithms (1989), algorithm A1.
    """
    shapes = np.pad(shapes, ((0, 0), (1, 1), (1, 1)))
    tables = _deletable()
    while True:
        before = shapes.copy()
        for table in tables:
            code = np.zeros(shapes.shape, np.uint8)
            for bit, (down, right) in enumerate(AROUND):
                code |= np.roll(shapes, (-down, -right), (1, 2)).view(np.uint8) << bit
            shapes = shapes & ~table[code]
        if (shapes == before).all():
            return shapes[:, 1:-1, 1:-1]


def _deletable() -> np.ndarray:
    """Return which of the 256 neighbourhoods, coded by bits as in `AROUND`, lose their pixel in either subiteration."""
    p2, p3, p4, p5, p6, p7, p8, p9 = np.arange(256) >> np.arange(8)[:, None] & 1
    crossings = (1 - p2 & (p3 | p4)) + (1 - p4 & (p5 | p6)) + (1 - p6 & (p7 | p8)) + (1 - p8 & (p9 | p2))
    pairs = np.minimum((p9 | p2) + (p3 | p4) + (p5 | p6) + (p7 | p8), (p2 | p3) + (p4 | p5) + (p6 | p7) + (p8 | p9))
    edges = np.array([(p2 | p3 | 1 - p5) & p4, (p6 | p7 | 1 - p9) & p8])
    deletable: np.ndarray = (crossings == 1) & (pairs >= 2) & (pairs <= 3) & (edges == 0)
    return deletable


def _enlarge(images: np.ndarray) -> np.ndarray:
    """Return images with `FINER` pixels for each, interpolated linearly."""
    at = (np.arange(FINER * SIDE) + 0.5) / FINER - 0.5
    weights = np.maximum(0, 1 - abs(at[:, None] - np.arange(SIDE)))
    enlarged: np.ndarray = weights @ images @ weights.T
    return enlarged


def _strokes(skeleton: np.ndarray) -> list[np.ndarray]:
    graph = _graph(skeleton)
    _prune(graph)
    return [_smooth((np.array(path)[:, ::-1] + 0.5) / FINER) for path in _paths(graph)]


def _graph(skeleton: np.ndarray) -> Graph:
    """Return which pixels are joined: all neighbours, but no corner of two that a third joins by its sides."""
    pixels = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    graph: Graph = {}
    for y, x in pixels:
        graph[y, x] = {
            (y + down, x + right)
            for down, right in AROUND.tolist()
            if (y + down, x + right) in pixels and not (down and right and ({(y + down, x), (y, x + right)} & pixels))
        }
    return graph


def _prune(graph: Graph) -> None:
    """Take away the branches that end soon after a junction."""
    for tip in [pixel for pixel, joined in graph.items() if len(joined) == 1]:
        branch = [tip]
        while len(onward := graph[branch[-1]] - {*branch}) == 1 and len(branch) < SPUR * FINER:
            branch += onward
        if len(onward) > 1:
            for pixel in branch[:-1]:
                for each in graph.pop(pixel):
                    if each in graph:
                        graph[each].discard(pixel)


def _paths(graph: Graph) -> Iterable[list[Pixel]]:
    """Walk every line once, from tips and junctions first, straight on where lines cross."""
    free = {pixel: {*joined} for pixel, joined in graph.items()}
    for pixel, joined in graph.items():
        if not joined:
            yield [pixel]
    while begin := min(
        (pixel for pixel, joined in free.items() if joined),
        key=lambda pixel: (len(graph[pixel]) != 1, len(free[pixel]) % 2 == 0, pixel),
        default=None,
    ):
        path = [begin]
        while free[path[-1]]:
            here = path[-1]
            came = np.subtract(here, path[-AHEAD:][0])
            onward = max(free[here], key=lambda each: float(np.dot(np.subtract(_ahead(free, here, each), here), came)))
            free[here].discard(onward)
            free[onward].discard(here)
            path.append(onward)
        yield path


def _ahead(free: Graph, before: Pixel, pixel: Pixel) -> Pixel:
    """Return where the line that goes on by a pixel has come to after some steps."""
    for _ in range(AHEAD):
        if len(onward := free[pixel] - {before}) != 1:
            break
        before, pixel = pixel, next(iter(onward))
    return pixel


def _smooth(path: np.ndarray) -> np.ndarray:
    """Return the path averaged along itself, over fewer points towards its ends, which stay."""
    reach = np.minimum(SMOOTH, np.minimum(np.arange(len(path)), np.arange(len(path))[::-1]))
    return np.array([path[at - r : at + r + 1].mean(axis=0) for at, r in enumerate(reach)])
