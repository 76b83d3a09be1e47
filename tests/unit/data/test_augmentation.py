"""Augmentation: images are read where affine maps and smoothed noise say, within their amounts, by interpolation."""

import math

import numpy as np
import pytest

from mnist_bp.data.augmentation import UNIT, Augmentation, modes, sample, thickened

SHAPE = (28, 24)
ROWS, COLUMNS = SHAPE
COUNT = 300


def changed(augmentation: Augmentation, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return COUNT variants of an image, (COUNT, ROWS, COLUMNS)."""
    out = np.empty((COUNT, image.size))
    augmentation(np.repeat(image.reshape(1, -1), COUNT, axis=0), rng, out)
    return out.reshape(-1, *image.shape)


def spot(x: int, y: int) -> np.ndarray:
    """Return an image with a lit spot of 3×3 pixels whose middle is so many pixels from that of the image."""
    image = np.zeros((27, 27), np.uint8)
    image[13 + y - 1 : 13 + y + 2, 13 + x - 1 : 13 + x + 2] = 255
    return image


def places(images: np.ndarray) -> np.ndarray:
    """Return where (x, y) the centres of mass of images are, (2, N), from the images' middle."""
    mass = images.sum(axis=(1, 2))
    y, x = (np.arange(side) - (side - 1) / 2 for side in images.shape[1:])
    found: np.ndarray = np.stack([images.sum(axis=1) @ x, images.sum(axis=2) @ y]) / mass
    return found


def test_nothing_changes_unless_an_amount_is_given(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, SHAPE, dtype=np.uint8)
    images = changed(Augmentation(SHAPE), image, rng)
    np.testing.assert_allclose(images, np.broadcast_to(image / 255, images.shape), atol=2e-7)


def test_sampling_interpolates_between_four_pixels_and_is_zero_beyond_the_edge(rng: np.random.Generator) -> None:
    images = rng.integers(0, 256, (3, *SHAPE), dtype=np.uint8)
    p = rng.uniform(-3, 31, (2, 3, 500)).astype(np.float32)
    p[:, :, :4] = np.array([[-1e6, 1e6, 5, 7.5], [3, 4, -1e6, 1e6]])[:, None]
    black = np.zeros((3, ROWS + 80, COLUMNS + 80))
    black[:, 40 : 40 + ROWS, 40 : 40 + COLUMNS] = images / 255
    x, y = np.clip(np.floor(p.astype(np.float64) * UNIT) / UNIT, -9, 39) + 40
    i, j, number = y.astype(int), x.astype(int), np.arange(3)[:, None]
    u, v = x - j, y - i
    upper = (1 - u) * black[number, i, j] + u * black[number, i, j + 1]
    lower = (1 - u) * black[number, i + 1, j] + u * black[number, i + 1, j + 1]
    np.testing.assert_allclose(sample(images, p), (1 - v) * upper + v * lower, atol=1e-6)


def test_rotation_turns_about_the_middle_by_at_most_its_angle_to_both_sides(rng: np.random.Generator) -> None:
    x, y = places(changed(Augmentation((27, 27), rotation=30), spot(8, 0), rng))
    np.testing.assert_allclose(np.hypot(x, y), 8, atol=0.1)
    angles = np.degrees(np.arctan2(y, x))
    assert -31 < angles.min() < -28
    assert 28 < angles.max() < 31
    assert abs(angles.mean()) < 5 * 30 / math.sqrt(3 * COUNT)  # five standard deviations of a mean


def test_scale_stretches_width_and_height_each_by_its_own_factor(rng: np.random.Generator) -> None:
    x, y = places(changed(Augmentation((27, 27), scale=0.2), spot(8, -7), rng))
    for factor in (x / 8, y / -7):
        assert 0.78 < factor.min() < 0.83
        assert 1.17 < factor.max() < 1.22
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.3


@pytest.mark.parametrize(("amount", "moves"), [("slant", {(0, 8): (2, 0), (8, 0): (0, 0)}),
                                               ("shear", {(0, 8): (2, 0), (8, 0): (0, 2)})])  # fmt: skip
def test_slant_leans_and_shear_leans_and_rises(
    amount: str, moves: dict[tuple[int, int], tuple[int, int]], rng: np.random.Generator
) -> None:
    for where, most in moves.items():
        by = places(changed(Augmentation((27, 27), **{amount: 0.25}), spot(*where), rng)) - np.array(where)[:, None]
        for axis, reach in enumerate(most):
            assert np.abs(by[axis]).max() == pytest.approx(reach, abs=0.6)  # a product of both shears adds 0.5


def test_both_shears_are_drawn_on_their_own() -> None:
    shear = Augmentation((27, 27), shear=0.25)
    leaning, rising = (places(changed(shear, spot(*where), np.random.default_rng(1))) for where in ((0, 8), (8, 0)))
    assert abs(np.corrcoef(leaning[0], rising[1])[0, 1]) < 0.3


@pytest.mark.parametrize("rotation", [0, 180])
def test_shift_moves_right_and_down_each_on_its_own_however_an_image_is_turned(
    rotation: float, rng: np.random.Generator
) -> None:
    x, y = places(changed(Augmentation((27, 27), rotation=rotation, shift=3), spot(0, 0), rng))
    for by in (x, y):
        assert -3.05 < by.min() < -2.9
        assert 2.9 < by.max() < 3.05
    assert abs(np.corrcoef(x, y)[0, 1]) < 0.3


def test_an_elastic_displacement_varies_as_uniform_noise_smoothed_by_a_gaussian_does() -> None:
    """Along each axis, as the Gaussian is a product; the variance of the noise, 1/3, is shared between both."""
    sigma, reach = 3.0, 20
    away = np.arange(COLUMNS + 2 * reach) - reach - np.arange(COLUMNS)[:, None]
    k = np.exp(-(away**2) / (2 * sigma**2)) / (sigma * math.sqrt(2 * math.pi))
    bends = modes(COLUMNS, sigma)[2:].astype(np.float64)
    expected = k @ k.T / math.sqrt(3)
    np.testing.assert_allclose(bends.T @ bends, expected, atol=0.01 * expected.max())
    assert len(bends) < 12


def test_the_modes_are_the_same_whatever_signs_and_last_bits_lapack_returns(monkeypatch: pytest.MonkeyPatch) -> None:
    expected, eigh = modes(28, 4.0), np.linalg.eigh

    def elsewhere(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, vectors = eigh(matrix)
        number = np.arange(len(values))
        return values + 1e-16 * np.sin(number), vectors * (-1) ** number

    monkeypatch.setattr(np.linalg, "eigh", elsewhere)
    np.testing.assert_allclose(modes.__wrapped__(28, 4.0), expected, atol=1e-6)


def test_alpha_is_what_the_smoothed_noise_is_multiplied_by(rng: np.random.Generator) -> None:
    drawn = Augmentation(SHAPE, elastic_alpha=34, elastic_sigma=3).draw(4000, rng).places
    y, x = np.indices(SHAPE)
    by = modes(ROWS, 3.0).T @ drawn @ modes(COLUMNS, 3.0) - np.stack([x, y])[:, None]
    assert by.std() == pytest.approx(34 / math.sqrt(3) / (2 * 3 * math.sqrt(math.pi)), rel=0.02)
    assert abs(np.mean(by[0] * by[1])) < 0.05  # x and y are bent independently


@pytest.mark.parametrize("by", [-0.5, -0.25, 0.0, 0.25, 1.0])
def test_thickness_moves_both_edges_of_a_stroke(by: float) -> None:
    stroke = np.zeros((1, *SHAPE), np.uint8)
    stroke[0, :, 10:15] = 255
    for across in (2, 1):  # an upright stroke, and a lying one
        widths = thickened(stroke.swapaxes(2, across), np.array([by], np.float32)).sum(axis=across)[0] / 255
        np.testing.assert_allclose(widths[2:-2], 5 + 2 * by, atol=0.01)


def test_thickness_is_drawn_for_each_image(rng: np.random.Generator) -> None:
    image = np.zeros(SHAPE, np.uint8)
    image[4:-4, 10:14] = 255
    widths = changed(Augmentation(SHAPE, thickness=0.5), image, rng)[:, 14].sum(axis=1)
    assert 3 <= widths.min() < 3.1
    assert 4.9 < widths.max() <= 5
    assert len(np.unique(widths)) > 100  # of 257 that there can be


def test_the_generator_alone_decides(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, SHAPE, dtype=np.uint8)
    augmentation = Augmentation(SHAPE, rotation=10, elastic_alpha=30, thickness=0.5)
    one, same, other = (changed(augmentation, image, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 0.5
