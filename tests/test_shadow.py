"""Training's own gradient check: silent while all is well, and precise when it is not."""

import numpy as np
import pytest

from mnist_bp import shadow
from mnist_bp.errors import BpError
from mnist_bp.nn.activations import ReLU
from mnist_bp.nn.affine import Affine
from mnist_bp.nn.dropout import Dropout
from mnist_bp.nn.initializers import he
from mnist_bp.nn.losses import SoftmaxCrossEntropy
from mnist_bp.nn.network import Network


class OffByOne(Affine):
    """An affine layer that gives each weight the gradient of the one above."""

    def parameter_gradients(self, dout: np.ndarray) -> None:
        super().parameter_gradients(dout)
        self.dW[...] = np.roll(self.dW, 1, axis=0)


def network(last: type[Affine]) -> Network:
    net = Network([Affine(6, 5), ReLU(), Dropout(0.5), last(5, 3)], SoftmaxCrossEntropy(), weight_decay=0.01)
    net.initialize(he, np.random.default_rng(0))
    return net


@pytest.fixture
def batch(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.random((8, 6), "float32"), rng.integers(0, 3, 8)


def test_a_right_backprop_passes_and_the_network_is_left_alone(batch: tuple[np.ndarray, np.ndarray]) -> None:
    net = network(Affine)
    before, given = net.parameters.copy(), batch[0].copy()
    with net.training(np.random.SeedSequence(0)):
        shadow.check(net, *batch, step=7)
    np.testing.assert_array_equal(net.parameters, before)
    np.testing.assert_array_equal(batch[0], given)


def test_the_batch_is_compared_as_it_came(
    batch: tuple[np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr("mnist_bp.nn.gradcheck.probe", lambda net, x, t, **options: asked.append((net, x, t)) or [])
    shadow.check(network(Affine), *batch, step=7)
    ((twin, x, t),) = asked
    assert twin.parameters.dtype == x.dtype == np.float64
    np.testing.assert_array_equal(x, batch[0])
    np.testing.assert_array_equal(t, batch[1])


def test_a_wrong_backprop_stops_with_step_tensor_index_and_both_values(batch: tuple[np.ndarray, np.ndarray]) -> None:
    with pytest.raises(BpError, match=r"at step 7 for W2\[\d, \d\]: expected -?\d\S+; got -?\d") as caught:
        shadow.check(network(OffByOne), *batch, step=7)
    assert caught.value.code == 1
