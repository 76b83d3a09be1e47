"""Training images as other hands might have written them: turned, scaled, slanted, shifted, bent, thinner or bolder.

    p = c + M (q - c - s) + u(q)

is where the new image reads the old one for its pixel q: c is the middle of the image, M undoes a rotation, a scaling
and two shears, s is a shift and u an elastic displacement, all drawn anew for every image. Between pixels it is read by
bilinear interpolation, beyond the edge it is 0.

Source of affine and elastic distortions, and of the amounts α and σ: Simard, Steinkraus & Platt, Best practices for
convolutional neural networks applied to visual document analysis, ICDAR (2003), section 2.
"""

import math
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

BLOCK = 32  # images at a time: few enough for the processor's second cache
UNIT = 256  # parts of a pixel in which places are counted, so that interpolation is whole numbers alone
EVEN = np.int32(0x00FF00FF)  # of the four bytes in a word, the first and the third
KEPT = 0.999  # of the variance of an elastic displacement, along each axis


class Drawn(NamedTuple):
    """What is drawn for N images: `places` (2, N, R, C), Z of `modes` for x and y, and `bolder` (N,), pixels."""

    places: Floats
    bolder: Floats


class Augmentation(NamedTuple):
    """How much images of one shape, (H, W), may be changed; amounts are uniform within ± the value, unless said.

    `rotation` is in degrees; `scale` of width and height, each on its own, `shear` of x per y and of y per x, and
    `slant` of x per y alone, are fractions; `shift`, right and down, is in pixels. `elastic_alpha` pixels are what
    noise, uniform within ± 1 and smoothed by a Gaussian of `elastic_sigma` pixels, is multiplied by to make a
    displacement, whose standard deviation is about 0.16 α / σ. `thickness` is how far the edges of strokes move, in
    pixels up to 1.
    """

    shape: tuple[int, ...]
    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    slant: float = 0.0
    shift: float = 0.0
    elastic_alpha: float = 0.0
    elastic_sigma: float = 4.0
    thickness: float = 0.0

    def __call__(self, images: Bytes, rng: Generator, out: NDArray[Any]) -> None:
        """Write images, (N, H·W) of 0 … 255, changed as `rng` draws it, to `out`, (N, H·W) of 0 … 1."""
        drawn, (down, across) = self.draw(len(images), rng), self._modes
        for start in range(0, len(images), BLOCK):
            part = slice(start, start + BLOCK)
            block = images[part].reshape(-1, *self.shape)
            if self.thickness:
                block = thickened(block, drawn.bolder[part])
            rows = drawn.places[:, part].reshape(-1, len(across)) @ across
            p = down.T @ rows.reshape(-1, len(down), across.shape[1])
            out[part] = sample(block, p.reshape(2, len(block), -1))

    def draw(self, count: int, rng: Generator) -> Drawn:
        """Draw what becomes of so many images."""
        uniform = rng.uniform(-1, 1, (9, count))
        angle, bolder = math.radians(self.rotation) * uniform[0], self.thickness * uniform[1]
        width, height = 1 + self.scale * uniform[2:4]
        lean, rise = self.shear * uniform[4] + self.slant * uniform[5], self.shear * uniform[6]
        # M = (1 0; -rise 1) (1 -lean; 0 1) (1/width 0; 0 1/height) (cos sin; -sin cos)
        x_per = np.stack([np.cos(angle), np.sin(angle)]) / width
        y_per = np.stack([-np.sin(angle), np.cos(angle)]) / height
        x_per -= lean * y_per
        y_per -= rise * x_per
        shift = self.shift * uniform[7:]
        middle = [(side - 1) / 2 for side in reversed(self.shape)]
        linear = np.stack([x_per, y_per])
        constant = np.array(middle)[:, None] - (linear * shift).sum(axis=1)
        rows, columns = map(len, self._modes)
        places = np.zeros((2, count, rows, columns), np.float32)
        places[:, :, 0, 0], places[:, :, 0, 1], places[:, :, 1, 0] = constant, linear[:, 0], linear[:, 1]
        if self.elastic_alpha:
            places[:, :, 2:, 2:] = rng.standard_normal((2, count, rows - 2, columns - 2), np.float32)
            places[:, :, 2:, 2:] *= self.elastic_alpha
        return Drawn(places, bolder.astype(np.float32))

    @property
    def _modes(self) -> tuple[Floats, Floats]:
        down, across = (modes(side, self.elastic_sigma if self.elastic_alpha else None) for side in self.shape)
        return down, across


@cache
def modes(side: int, sigma: float | None) -> Floats:
    """Return functions on the pixels of one axis of an image, (K, side), of which all places are made.

    With `down` those of its rows and `across` those of its columns, a function on the image is downᵀ Z across. The
    first two are 1 and the distance from the middle, for affine maps. Those that follow, for a `sigma`, are the
    principal components of uniform noise that is smoothed by a Gaussian k, as standard normal numbers in Z make it: in
    two dimensions the covariance of the smoothed noise, of variance 1/3, is a product of one for each axis,
    (k * k)(i - j) / √3, in which k * k is a Gaussian of σ √2. As smooth functions have few components, 49 normal
    numbers stand for MNIST's 784 uniform ones and σ = 4; a sum of so many is normal, near enough.
    """
    pixels = np.arange(side)
    affine = np.stack([np.ones(side), pixels - (side - 1) / 2])
    if sigma is None:
        return affine.astype(np.float32)
    smoothed = np.exp(-((np.subtract.outer(pixels, pixels) / (2 * sigma)) ** 2)) / (2 * sigma * math.sqrt(math.pi))
    variances, components = np.linalg.eigh(smoothed / math.sqrt(3))  # in ascending order
    lost = np.cumsum(variances) <= (1 - KEPT) * variances.sum()
    components *= np.copysign(1, components[0])  # LAPACK chooses the signs, which differ from machine to machine
    bends = (np.sqrt(np.maximum(variances, 0)) * components)[:, ~lost]
    return np.concatenate([affine, bends.T[::-1]]).astype(np.float32)


def sample(images: Bytes, p: Floats) -> Floats:
    """Return what images, (N, H, W) of 0 … 255, show at places p = (x, y), (2, N, P) pixels: (N, P), of 0 … 1.

    A pixel and its three neighbours to the right and below are the bytes of one word, so that each place is looked up
    once, and two of them are interpolated at once. Places are rounded down to 1/UNIT of a pixel.
    """
    count, rows, columns = images.shape
    padded = np.zeros((count, rows + 3, columns + 3), np.uint32)
    padded[:, 1:-2, 1:-2] = images
    words = padded[:, :-1] | padded[:, 1:] << np.uint32(16)
    words = words[:, :, :-1] | words[:, :, 1:] << np.uint32(8)
    _, rows, columns = words.shape

    places = ((p + 1) * UNIT).astype(np.int32).view(np.uint32)  # below 0 these are large numbers
    (x, y), (u, v) = places >> np.uint32(8), (places & np.uint32(UNIT - 1)).view(np.int32)
    np.minimum(x, columns - 1, out=x)  # where, as in the last row, all is 0
    np.minimum(y, rows - 1, out=y)
    y *= np.uint32(columns)
    y += x
    found = words.reshape(-1).take(y + (rows * columns * np.arange(count))[:, None], mode="clip").view(np.int32)

    left = found & EVEN  # the pixel, and the one below it in the upper half of the word
    found >>= 8
    found &= EVEN  # their neighbours to the right
    found -= left
    found *= u
    left <<= 8
    left += found  # in each half, UNIT · left + u (right - left), below 2¹⁶
    both = left.view(np.uint32)
    upper, lower = (both & np.uint32(0xFFFF)).view(np.int32), (both >> np.uint32(16)).view(np.int32)
    lower -= upper
    lower *= v
    upper <<= 8
    upper += lower
    shown: Floats = np.multiply(upper, 1 / (255 * UNIT**2), dtype=np.float32)
    return shown


def thickened(images: Bytes, by: Floats) -> Bytes:
    """Return images, (N, H, W), whose bright strokes' edges have moved outwards by so many pixels, (N,) from -1 to 1.

    Outwards, each pixel goes that part of the way to the brightest of its four neighbours and itself (a dilation),
    inwards to the darkest (an erosion).
    """
    padded = np.zeros((len(images), *(side + 2 for side in images.shape[1:])), np.uint8)
    padded[:, 1:-1, 1:-1] = images
    changed = images.copy()
    for chosen, extreme, add in ((by > 0, np.maximum, np.add), (by < 0, np.minimum, np.subtract)):
        old = padded[chosen]
        middle, across = old[:, 1:-1, 1:-1], extreme(old[:, 1:-1, :-2], old[:, 1:-1, 2:])
        end = extreme(extreme(across, middle), extreme(old[:, :-2, 1:-1], old[:, 2:, 1:-1]))
        part = (UNIT * np.abs(by[chosen])).astype(np.uint16)
        way = (np.maximum(end, middle) - np.minimum(end, middle)) * part[:, None, None] >> 8
        changed[chosen] = add(middle, way.astype(np.uint8))
    return changed
