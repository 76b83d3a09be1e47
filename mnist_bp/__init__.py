"""Small neural networks on MNIST, from scratch on NumPy, with gradients that prove themselves."""

TYPE_CHECKING = False  # as in typing, which takes long to import
if TYPE_CHECKING:
    from pathlib import Path

    from mnist_bp.run.model import Model

__version__ = "0.1.0"


def load(run: "Path | str") -> "Model":
    """Return the trained network of a run directory; its data set need not be there.

        net = mnist_bp.load("runs/mnist")
        net.predict(images)  # uint8, (N, 784) or (N, 28, 28): the probability of each class, (N, 10)

    Raises `mnist_bp.errors.BpError` if there is no run, or no sound checkpoint in it.
    """
    from mnist_bp.run.model import Model  # noqa: PLC0415  # importing NumPy takes 0.1 s, too long for `bp --help`

    return Model.load(run)
