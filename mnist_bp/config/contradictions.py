"""What no single key's rule can see: values that are right alone and wrong together."""

from collections.abc import Iterator

from mnist_bp.config.access import as_written, defaults, keys, value_of
from mnist_bp.config.data import AugmentConfig
from mnist_bp.config.model import ConvConfig
from mnist_bp.config.schema import Config

ONE_OUTPUT = ("plane", "xor", "chain")  # the data sets of points with a yes/no label, no images
FROM_LOGITS = ("softmax_cross_entropy", "binary_cross_entropy")  # the losses that hold the last activation themselves


def contradictions(config: Config) -> Iterator[str]:
    """Yield a message for each."""
    yield from _of_data(config)
    yield from _unused(config)
    yield from _of_layers(config)
    yield from _of_points(config) if config.data.name in ONE_OUTPUT else _of_classes(config)
    yield from _of_training(config)


def _of_data(config: Config) -> Iterator[str]:
    data, extra = config.data, dict(config.data.extra)
    if data.dir is None and (data.name == "idx" or "idx" in extra):
        user = "data.name=idx" if data.name == "idx" else "idx in data.extra"
        yield f"data.dir: expected the folder of the four IDX files that {user} reads; got null"
    if data.name in extra:
        yield f"data.extra: expected other data sets than data.name={data.name}; got {as_written(data.extra)}"
    if data.augment and data.augment.elastic_alpha == 0 and data.augment.elastic_sigma != AugmentConfig.elastic_sigma:
        default = f"{AugmentConfig.elastic_sigma}, its default, as data.augment.elastic_alpha is 0"
        yield f"data.augment.elastic_sigma: expected {default}; got {data.augment.elastic_sigma}"


def _of_layers(config: Config) -> Iterator[str]:
    model = config.model
    for index, layer in enumerate(model.conv):
        if layer.pool is None and layer.pool_size != ConvConfig.pool_size:
            default = f"{ConvConfig.pool_size}, its default, as there is no pool"
            yield f"model.conv[{index}].pool_size: expected {default}; got {layer.pool_size}"
    if model.dropout > 0 and not model.hidden:
        yield f"model.dropout: expected 0, as there is no hidden layer (model.hidden); got {model.dropout}"


def _of_points(config: Config) -> Iterator[str]:
    """Yield what neither a data set without images nor a single output goes with."""
    name, model = config.data.name, config.model
    for key, none in (("data.extra", "{}"), ("data.augment", "null"), ("model.conv", "[]")):
        if value := value_of(config, key):
            yield f"{key}: expected {none}, as data.name={name} has no images; got {as_written(value)}"
    one = f"as data.name={name} has one output and a softmax needs two"
    if model.loss in ("softmax_cross_entropy", "cross_entropy"):
        yield f"model.loss: expected binary_cross_entropy or a squared error, {one}; got {model.loss}"
    if model.output == "softmax":
        yield f"model.output: expected another activation function, {one}; got softmax"
    elif model.loss in FROM_LOGITS and model.output != "identity":
        yield _activation_of_logits(config)


def _of_classes(config: Config) -> Iterator[str]:
    model = config.model
    if model.loss == "cross_entropy" and model.output != "softmax":
        yield f"model.output: expected softmax, as model.loss=cross_entropy takes probabilities; got {model.output}"
    elif model.loss in FROM_LOGITS and model.output != "identity":
        yield _activation_of_logits(config)


def _activation_of_logits(config: Config) -> str:
    model = config.model
    return f"model.output: expected identity, as model.loss={model.loss} takes logits; got {model.output}"


def _of_training(config: Config) -> Iterator[str]:
    train = config.train
    for key, without in (("train.keep", "last"), ("train.patience", None)):
        if config.data.validation == 0 and (value := value_of(config, key)) != without:
            none = "as there are no validation examples (data.validation)"
            yield f"{key}: expected {without or 'null'}, {none}; got {value}"
    if train.gradient == "numerical" and train.shadow_check > 0:
        why = "as train.gradient=numerical leaves no backprop to compare with"
        yield f"train.shadow_check: expected 0, {why}; got {train.shadow_check}"
    if train.gradient == "numerical" and train.shards > 1:
        yield f"train.shards: expected 1, as train.gradient=numerical takes a batch as a whole; got {train.shards}"
    if train.shards > train.batch_size:
        yield f"train.shards: expected at most train.batch_size, {train.batch_size}; got {train.shards}"


def _unused(config: Config) -> Iterator[str]:
    """Yield a message for each key that has another value than its default and is not used."""
    for name, key in keys().items():
        if key.used_by and (value := value_of(config, name)) != (default := defaults()[name]):
            chooser, *users = key.used_by
            mixed = name == "data.dir" and "idx" in dict(config.data.extra)
            if value_of(config, chooser) not in users and not mixed:
                uses = "or idx in data.extra use" if name == "data.dir" else "uses"
                only = f"as only {chooser}={' or '.join(users)} {uses} it"
                yield f"{name}: expected {as_written(default)}, its default, {only}; got {as_written(value)}"
