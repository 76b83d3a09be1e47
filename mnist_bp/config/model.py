"""Section `model`: which network."""

from dataclasses import MISSING, dataclass

from mnist_bp.config import rules
from mnist_bp.config.key import key

_ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "softplus", "identity")
_PIXELS = rules.whole(1, 1000)


def _differentiable(*names: str) -> rules.Rule:
    rule = rules.choice(*names)
    return rule._replace(expected=f"{rule.expected} (not step, whose derivative is 0)")


@dataclass(frozen=True)
class ConvConfig:
    """One item of `model.conv`: a convolutional layer, its activation function, and the pooling that may follow."""

    filters: int = key(MISSING, rules.count, "number of filters")
    kernel: int = key(3, _PIXELS, "height and width of a filter, in pixels")
    stride: int = key(1, _PIXELS, "pixels from one position of a filter to the next")
    padding: int = key(0, rules.whole(0, 1000), "rows and columns of zeros added at each edge of the image")
    pool: str | None = key(
        None, rules.or_null(rules.choice("max", "average")), "what pooling keeps of each window; null: no pooling"
    )
    pool_size: int = key(2, _PIXELS, "height, width and stride of the pooling windows, in pixels")


@dataclass(frozen=True)
class ModelConfig:
    """Section `model`."""

    conv: tuple[ConvConfig, ...] = key(
        (),
        rules.list_of(rules.instance(ConvConfig, "such as {filters: 8, kernel: 5, pool: max}")),
        "convolutional layers, in front of the hidden ones, each with the keys that follow",
    )
    hidden: tuple[int, ...] = key((50,), rules.list_of(rules.count), "number of units in each hidden layer")
    activation: str = key(
        "sigmoid", _differentiable(*_ACTIVATIONS), "activation function of the convolutional and hidden layers"
    )
    output: str = key(
        "identity",
        _differentiable(*_ACTIVATIONS, "softmax"),
        "activation function of the last layer; `softmax` makes probabilities of its outputs",
    )
    bias: bool = key(True, rules.boolean, "whether layers add a bias")
    init: str = key("normal", rules.choice("normal", "xavier", "he", "zeros"), "distribution of the initial weights")
    weight_init_std: float = key(
        0.01, rules.positive, "standard deviation of `init: normal`", used_by=("model.init", "normal")
    )
    dropout: float = key(0.0, rules.below_one, "fraction of hidden units dropped in training")
    input_dropout: float = key(0.0, rules.below_one, "fraction of inputs dropped in training")
    loss: str = key(
        "softmax_cross_entropy",
        rules.choice(
            "softmax_cross_entropy", "cross_entropy", "binary_cross_entropy", "mean_squared_error", "half_squared_error"
        ),
        "what training minimises; `softmax_cross_entropy` and `binary_cross_entropy` take logits, so "
        "`output: identity`, and `cross_entropy` probabilities, so `output: softmax`",
    )
    label_smoothing: float = key(
        0.0,
        rules.below_one,
        "share of the target spread evenly over all classes, for `softmax_cross_entropy`",
        used_by=("model.loss", "softmax_cross_entropy"),
    )
