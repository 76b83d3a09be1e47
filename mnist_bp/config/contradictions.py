"""What no single key's rule can see: values that are right alone and wrong together."""

from collections.abc import Iterator

from mnist_bp.config.access import as_written, defaults, keys, value_of
from mnist_bp.config.schema import Config, ConvConfig

ONE_OUTPUT = ("plane", "xor", "chain")  # the data sets of points with a yes/no label, no images
FROM_LOGITS = ("softmax_cross_entropy", "binary_cross_entropy")  # the losses that hold the last activation themselves


def contradictions(config: Config) -> Iterator[str]:
    """Yield a message for each."""
    data, model, train = config.data, config.model, config.train
    if data.name == "idx" and data.dir is None:
        yield "data.dir: expected the folder of the four IDX files that data.name=idx reads; got null"
    yield from _unused(config)
    for index, layer in enumerate(model.conv):
        if layer.pool is None and layer.pool_size != ConvConfig.pool_size:
            default = f"{ConvConfig.pool_size}, its default, as there is no pool"
            yield f"model.conv[{index}].pool_size: expected {default}; got {layer.pool_size}"
    if data.name in ONE_OUTPUT and model.conv:
        yield f"model.conv: expected [], as data.name={data.name} has no images; got {as_written(model.conv)}"
    one = f"as data.name={data.name} has one output and a softmax needs two"
    if data.name in ONE_OUTPUT and model.loss in ("softmax_cross_entropy", "cross_entropy"):
        yield f"model.loss: expected binary_cross_entropy or a squared error, {one}; got {model.loss}"
    elif model.loss == "cross_entropy" and model.output != "softmax":
        yield f"model.output: expected softmax, as model.loss=cross_entropy takes probabilities; got {model.output}"
    if data.name in ONE_OUTPUT and model.output == "softmax":
        yield f"model.output: expected another activation function, {one}; got softmax"
    elif model.loss in FROM_LOGITS and model.output != "identity":
        yield f"model.output: expected identity, as model.loss={model.loss} takes logits; got {model.output}"
    if model.dropout > 0 and not model.hidden:
        yield f"model.dropout: expected 0, as there is no hidden layer (model.hidden); got {model.dropout}"
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
            if value_of(config, chooser) not in users:
                only = f"as only {chooser}={' or '.join(users)} uses it"
                yield f"{name}: expected {as_written(default)}, its default, {only}; got {as_written(value)}"
