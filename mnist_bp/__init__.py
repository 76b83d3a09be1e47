"""Small neural networks on MNIST, from scratch on NumPy, with gradients that prove themselves."""

import sys

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import ArrayLike

    from mnist_bp.nn.check.layer_check import LayerReport
    from mnist_bp.run.model import Model

__version__ = "0.3.0"


def load(run: "Path | str") -> "Model":
    """Return the trained network of a run directory; its data set need not be there.

        net = mnist_bp.load("runs/mnist")
        net.predict(images)  # uint8, (N, 784) or (N, 28, 28): the probability of each class, (N, 10)

    Raises `mnist_bp.errors.BpError` if there is no run, or no sound checkpoint in it.
    """
    from mnist_bp.run.model import Model  # noqa: PLC0415  # importing NumPy takes 0.1 s, too long for `bp --help`

    return Model.load(run)


def gradcheck(layer: object, x: "ArrayLike", *, seed: int = 0) -> "LayerReport":
    """Check a layer of your own at x, and return the report after printing it.

        mnist_bp.gradcheck(Affine(4, 3), np.random.randn(5, 4)).verdict  # PASS, FAIL or UNDECIDED

    `layer` is an object with `forward(x)` and `backward(dout)`, or the pair (forward, backward) of such functions.
    All elements of dx and of the gradients dW, db, … of its parameters are compared with finite differences.
    """
    from mnist_bp.nn.check.layer_check import check_layer  # noqa: PLC0415

    report = check_layer(layer, x, seed=seed)
    encoding = sys.stdout.encoding or "utf-8"
    print(str(report).encode(encoding, "replace").decode(encoding))  # noqa: T201  # the one function that prints
    return report
