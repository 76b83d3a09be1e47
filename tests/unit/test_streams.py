"""Random streams: each name has numbers of its own, and the generator is the documented one."""

import numpy as np
import pytest

from mnist_bp import streams
from mnist_bp.streams import generator

STREAMS = {name: key for name, key in vars(streams).items() if name.isupper()}


def test_no_two_streams_have_the_same_key() -> None:
    assert len(STREAMS) >= 7
    assert len({*STREAMS.values()}) == len(STREAMS)


def test_no_two_draws_with_one_seed_are_the_same() -> None:
    """Whatever is numbered within a stream, as epochs and blocks are, by one number or two."""
    parts = [(), *((n,) for n in range(8)), *((n, m) for n in range(3) for m in range(3))]
    named = [(stream, numbers) for stream in STREAMS.values() if stream for numbers in parts]
    draws = {generator(7, stream, *numbers).integers(2**63) for stream, numbers in [((), ()), *named]}
    assert len(draws) == len(named) + 1


@pytest.mark.parametrize("numbers", [(), (3,), (3, 1)])
def test_a_generator_is_numpys_default_from_the_seed_with_the_stream_as_spawn_key(numbers: tuple[int, ...]) -> None:
    """So that another program can draw the same: by NumPy's documentation, `spawn` numbers the children from 0."""
    for seed in (0, 2**63 - 1):
        expected = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1, *numbers)))
        np.testing.assert_array_equal(generator(seed, streams.ORDER, *numbers).random(5), expected.random(5))
    children = np.random.SeedSequence(7).spawn(2)
    assert generator(7, streams.ORDER).random() == np.random.default_rng(children[1]).random()


def test_the_plane_is_split_by_the_seed_itself() -> None:
    assert generator(7, streams.PLANE).random() == np.random.default_rng(7).random()
