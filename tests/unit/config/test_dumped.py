"""The fast reader gives the same config, or the same mistakes, as the ordinary one, whatever the text."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_bp.config import AugmentConfig, Config, DataConfig, TrainConfig, dump, dumped, parse
from mnist_bp.config.dumped import parse_dumped
from mnist_bp.errors import BpError

DEFAULT = dump(Config())
NEW_KEYS = ("extra: {}", "augment: null", "input_dropout: 0.0", "ema_decay: 0.0", "keep: last", "patience: null")
CHANGED = Config(seed=3, data=DataConfig(mirrors=("http://m/",)), train=TrainConfig(epochs=5, learning_rate=1e-300))
MIXED = Config(DataConfig(extra=(("synthetic", 0.5), ("kmnist", 1.0)), augment=AugmentConfig(rotation=3.0)), seed=3)

TEXTS = {
    "the default config": DEFAULT,
    "another config": dump(CHANGED),
    "some keys": "train: {epochs: 3}",
    "nothing": "",
    "another order": "seed: 3\ntrain:\n  epochs: 3\n",
    "a comment": DEFAULT + "# mine\n",
    "a key twice": DEFAULT + "seed: 0\n",
    "a line missing at the end": DEFAULT.rpartition("seed")[0],
    "other line ends": DEFAULT.replace("\n", "\r\n"),
    "more spaces": DEFAULT.replace("  epochs: 17", "   epochs: 17"),
    "a quoted number": DEFAULT.replace("epochs: 17", "epochs: '17'"),
    "two lines for a value": DEFAULT.replace("name: mnist", "name:\n    kmnist"),
    "a number in another form": DEFAULT.replace("learning_rate: 0.1", "learning_rate: 1e-1"),
    "the same section twice": DEFAULT.replace("model:\n", "train:\n"),
    "a value for a section": DEFAULT.replace("model:\n", "model: 3\n"),
    "fewer keys, as of an older version": dump(CHANGED).replace("  labels: null\n", "").replace("  bias: true\n", ""),
    "a key in another section": DEFAULT.replace("  bias: true\n", "").replace("train:\n", "train:\n  bias: true\n"),
    "keys that are not there yet": "".join(
        line for line in DEFAULT.splitlines(keepends=True) if line.strip() not in NEW_KEYS
    ),
    "an augmentation of none, as the first version wrote it": DEFAULT.replace("  augment: null\n", "").replace(
        "  cache_dir:", "  augment: null\n  cache_dir:"
    ),
    "an augmentation and a mixture": dump(MIXED),
    "a mistake in an augmentation": dump(MIXED).replace("rotation: 3", "rotation: x"),
    "a mistake in a mixture": dump(MIXED).replace("kmnist", "kmnits"),
    "a former key": DEFAULT.replace("train:\n", "train:\n  threads: 1\n"),
}


def result(read: Callable[[], Config]) -> Config | str:
    """Return the config, or the mistakes."""
    try:
        return read()
    except BpError as error:
        return str(error)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_any_text_is_read_as_the_ordinary_reader_reads_it(text: str) -> None:
    assert result(lambda: parse_dumped(text, "c.yaml")) == result(lambda: parse(text, "c.yaml"))


VALUES = st.builds(
    Config,
    seed=st.integers(0, 2**63 - 1),
    data=st.builds(
        DataConfig,
        cache_dir=st.none() | st.text(min_size=1, max_size=5),
        mirrors=st.none() | st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=3).map(tuple),
    ),
    train=st.builds(TrainConfig, learning_rate=st.floats(1e-300, 1e300), epochs=st.integers(1, 10**6)),
)


@settings(max_examples=30)
@given(VALUES)
def test_a_dumped_config_is_read_as_the_ordinary_reader_reads_it(config: Config) -> None:
    text = dump(config)
    assert result(lambda: parse_dumped(text, "c.yaml")) == result(lambda: parse(text, "c.yaml"))


@pytest.mark.parametrize("missing", ["", "  labels: null\n"])
def test_only_the_lines_unlike_the_defaults_are_read_as_yaml(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is where the time is saved: four values instead of a document of forty lines."""
    read = []

    def noted(text: str, source: str, overrides: list[str]) -> Config:
        read.append((text, [override.partition("=")[0] for override in overrides]))
        return parse(text, source, overrides)

    monkeypatch.setattr(dumped, "parse", noted)
    assert parse_dumped(dump(CHANGED).replace(missing, ""), "c.yaml") == CHANGED
    assert read == [("", ["data.mirrors", "train.epochs", "train.learning_rate", "seed"])]


def test_a_former_key_of_any_value_is_left_out_of_what_was_dumped() -> None:
    """No run was trained by a version that has the key, and all that it says of a trained network stands elsewhere."""
    former = dump(CHANGED).replace("train:\n", "train:\n  threads: 2\n")
    assert parse_dumped(former, "c.yaml") == CHANGED
    with pytest.raises(BpError, match="threads: no longer a key"):
        parse(former, "c.yaml")
