"""Tests for the pictures of the first layer."""

import numpy as np

from mnist_bp import build
from mnist_bp.config import Config, ConvConfig
from mnist_bp.report.weights import MOST, diverging, weights
from mnist_bp.run.model import Model
from tests.helpers.making import config


def model(shape: tuple[int, ...], chosen: Config) -> Model:
    network = build.network(chosen, shape, 3)
    return Model(chosen, network, shape, 1 / 255, ("0", "1", "2"), "", 0)


def test_the_picture_of_a_unit_has_each_weight_where_its_pixel_is() -> None:
    one = model((2, 3), config(model_hidden=[2]))
    one.params["W1"][:, 1] = [0, 0, -2, 0, 2, 0]
    shown = weights(one)
    assert shown is not None
    assert (shown.kind, shown.count, shown.numbers, shown.pictures.shape) == ("unit", 2, [0, 1], (2, 2, 3, 3))
    blue, white, orange = diverging(np.array([-1, 0, 1]))
    assert (shown.pictures[0] == white).all()
    assert np.array_equal(shown.pictures[1], [[white, white, blue], [white, orange, white]])


def test_of_many_units_those_with_the_largest_weights_are_shown_in_their_order() -> None:
    one = model((2, 2), config(model_hidden=[MOST + 6]))
    one.params["W1"][...] = np.arange(MOST + 6)[::-1]
    shown = weights(one)
    assert shown is not None
    assert (shown.count, shown.numbers) == (MOST + 6, [*range(MOST)])


def test_a_convolution_shows_its_filters() -> None:
    one = model((8, 8), config(model_conv=[ConvConfig(filters=3, kernel=5)]))
    one.params["W1"][2, 0, 4, 0] = 1
    shown = weights(one)
    assert shown is not None
    assert (shown.kind, shown.pictures.shape) == ("filter", (3, 5, 5, 3))
    assert np.argwhere((shown.pictures != diverging(np.zeros(()))).any(axis=-1)).tolist() == [[2, 4, 0]]


def test_large_pictures_are_averaged() -> None:
    one = model((120, 3), config(model_hidden=[2]))
    one.params["W1"].reshape(120, 3, 2)[:3, :, 1] = [[3], [3], [-6]]
    one.params["W1"].reshape(120, 3, 2)[3:6, :, 1] = 1
    shown = weights(one)
    assert shown is not None
    assert shown.pictures.shape == (2, 40, 1, 3)
    white, orange = diverging(np.array([0, 1]))
    assert np.array_equal(shown.pictures[1, :3, 0], [white, orange, white])


def test_points_have_no_pictures() -> None:
    assert weights(model((2,), config(model_hidden=[2]))) is None
