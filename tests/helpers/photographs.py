"""Simulated photographs of digits: ink on uneven paper, taken askew, in bad light, and saved as JPEG."""

import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_bp.data import synthetic
from mnist_bp.preprocessing import normalization

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]

PAPERS = ((250, 250, 245), (244, 236, 214), (225, 232, 240), (205, 180, 145))  # white, cream, bluish, cardboard
PENS = ((25, 25, 30), (30, 45, 130), (165, 30, 35), (20, 95, 50), (105, 105, 108))  # black, blue, red, green, pencil
BOARDS, CHALKS = ((38, 60, 48), (35, 36, 40)), ((235, 235, 228), (240, 225, 150))


class Photograph(NamedTuple):
    """A JPEG file, and what was drawn for it."""

    content: bytes
    light_on_dark: bool
    height: int  # of a digit's box of 20 pixels, in those of the photograph


def drawn(labels: Bytes, rng: Generator) -> Floats:
    """Return short lines, (N, P, 2, 2), from (x, y) to (x, y), that make up each digit in the unit of its height."""
    table = synthetic.skeletons()
    style = synthetic.choose(labels, rng)
    points = table.points[style]
    after = np.take_along_axis(points, table.next_points[style][..., None], axis=1)
    points = synthetic.deform(points, after, rng)
    middles, chords = table.middles[style] @ points, table.chords[style] @ points
    return np.stack([middles - chords / 2, middles + chords / 2], axis=2).astype(np.float64)


def photograph(digits: Sequence[NDArray[Any]], rng: Generator, light_on_dark: bool = False) -> Photograph:
    """Return a photograph of digits side by side, as images (28, 28), light on dark, or as lines (P, 2, 2)."""
    height = int(np.exp(rng.uniform(np.log(40), np.log(420))))
    boldness, turn = rng.uniform(0.35, 0.6), np.radians(rng.uniform(-8, 8))
    pen_width = np.exp(rng.uniform(np.log(0.025), np.log(0.16)))
    glyphs = [
        _enlarged(digit, height / 20, boldness) if digit.ndim == 2 else written(digit, height, pen_width * height)
        for digit in digits
    ]
    gaps = height * rng.uniform(0.25, 0.8, len(glyphs) + 1)
    width = sum(glyph.shape[1] for glyph in glyphs) + int(gaps.sum()) + len(glyphs)
    room = rng.uniform(0.9, 2.2) if height > 150 or rng.random() < 0.6 else rng.uniform(2, 8)
    tall = int(height * (1 + room))
    line = np.zeros((tall, width + int(height * rng.uniform(0.7, 1) * room)))
    x = (line.shape[1] - width) / 2
    for glyph, gap in zip(glyphs, gaps, strict=False):
        y = (tall - glyph.shape[0]) / 2 + height * rng.uniform(-0.08, 0.08)
        x += gap
        rows, columns = slice(int(y), int(y) + glyph.shape[0]), slice(int(x), int(x) + glyph.shape[1])
        line[rows, columns] = np.maximum(line[rows, columns], glyph)
        x += glyph.shape[1]
    coverage = np.asarray(Image.fromarray(line.astype(np.float32)).rotate(np.degrees(turn), Image.Resampling.BICUBIC))
    coverage = np.clip(coverage, 0, 1)[..., None] * rng.uniform(0.75, 1)

    papers, pens = (BOARDS, CHALKS) if light_on_dark else (PAPERS, PENS)
    paper, pen = (np.array(kinds[rng.integers(len(kinds))], float) for kinds in (papers, pens))
    grain = sum(_clouds(line.shape, cell, rng) for cell in (2, 7, 25)) * rng.uniform(0, 0.022)
    scene = paper * (1 - coverage) + pen * coverage
    scene *= (1 + grain + _lines(line.shape, height, rng))[..., None]
    scene *= _light(line.shape, rng)[..., None]
    scene += rng.normal(0, rng.uniform(1, 7), scene.shape)
    file = io.BytesIO()
    Image.fromarray(np.clip(scene, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=int(rng.integers(35, 96)))
    return Photograph(file.getvalue(), light_on_dark, height)


def _enlarged(digit: Bytes, scale: float, boldness: float) -> Floats:
    """Return the coverage of a digit's ink, with smooth edges, without the empty border."""
    side = round(28 * scale)
    smooth = np.asarray(Image.fromarray(digit).convert("F").resize((side, side), Image.Resampling.BICUBIC)) / 255
    sharp = np.clip((smooth - boldness) * scale / 1.6 + 0.5, 0, 1)
    rows, columns = (np.flatnonzero(sharp.any(axis=axis)) for axis in (1, 0))
    return np.asarray(sharp[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.float64)


def written(lines: Floats, height: float, width: float) -> Floats:
    """Return the coverage of lines by a round pen."""
    fine = 4 if height < 200 else 2
    pen, places = max(width, 1.2) * fine, lines.reshape(-1, 2, 2)
    low, high = places.min(axis=(0, 1)), places.max(axis=(0, 1))
    places = (places - low) * ((height * fine - pen) / (high - low).max()) + pen / 2
    size = np.ceil(((high - low) * ((height * fine - pen) / (high - low).max()) + pen) / fine).astype(int)
    image = Image.new("L", (int(size[0]) * fine, int(size[1]) * fine))
    draw = ImageDraw.Draw(image)
    for (x, y), (to_x, to_y) in places.tolist():
        draw.line((x, y, to_x, to_y), 255, max(round(pen), 1))
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), 255)
    return np.asarray(image.reduce(fine), np.float64) / 255


def _clouds(shape: tuple[int, ...], cell: int, rng: Generator) -> Floats:
    """Return noise whose grains are `cell` pixels wide."""
    coarse = rng.standard_normal([side // cell + 2 for side in shape]).astype(np.float32)
    image = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float64)


def _lines(shape: tuple[int, ...], height: int, rng: Generator) -> Floats:
    """Return faint printed lines, on one sheet of eight."""
    rows = np.arange(shape[0])[:, None] + rng.uniform(-0.03, 0.03) * np.arange(shape[1])
    on_line: NDArray[np.bool_] = (rows % (height * 1.4)) < max(1, height / 60)
    return np.where(on_line, -0.10 if rng.random() < 1 / 8 else 0.0, 0.0)


def _light(shape: tuple[int, ...], rng: Generator) -> Floats:
    """Return the light: from one side, darker in the corners, and in a third of the photographs with a shadow."""
    y, x = (np.linspace(-1, 1, side) for side in shape)
    angle = rng.uniform(0, 2 * np.pi)
    across = np.cos(angle) * x + np.sin(angle) * y[:, None]
    light: Floats = 1 - rng.uniform(0, 0.25) * (1 + across) / 2 - rng.uniform(0, 0.15) * (x**2 + y[:, None] ** 2) / 2
    if rng.random() < 1 / 3:
        edge = rng.uniform(0.05, 0.4)
        light *= 1 - rng.uniform(0.1, 0.4) / (1 + np.exp(-(across - rng.uniform(-0.7, 0.7)) / edge * 4))
    return light


def plain(digit: NDArray[Any]) -> Bytes:
    """Return the image, (28, 28), of a digit that was never photographed; lines are drawn by a pen of MNIST's width."""
    if digit.ndim == 2:
        return digit
    return normalization.image(np.pad(written(digit, 200, 22), 10).astype(np.float32))
