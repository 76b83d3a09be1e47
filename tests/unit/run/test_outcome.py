"""What a run came to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_bp import config as configs
from mnist_bp.config import Config, DataConfig, TrainConfig
from mnist_bp.errors import BpError
from mnist_bp.run import outcome
from mnist_bp.run.directory import Run
from mnist_bp.run.outcome import Result, read
from tests.helpers.making import begun, config, failed, finished, record


def test_a_failed_run_that_was_tried_again_is_what_it_came_to_then() -> None:
    path = failed(config())
    begun(config())
    assert read(path).state == "unfinished"
    finished(config())
    assert read(path).state == "finished"


def test_a_run_ends_at_its_epochs_or_at_its_steps() -> None:
    assert read(finished(config(train_epochs=2))).state == "finished"
    path = finished(config(train_epochs=2, train_max_steps=10))
    Run(path).keep_records(lambda record: record.epoch == 1)
    Run(path).finish(1)
    assert read(path).last == record(1)


def test_infinities_that_agree_do_not_count_either() -> None:
    path = finished(config(), train_loss=float("inf"))
    with pytest.raises(BpError, match=r"metrics\.csv: expected a finite train_loss; got inf"):
        read(path)


@pytest.mark.parametrize("count", [1, 2, 9, 10, 11, 500])
@pytest.mark.parametrize("torn", [b"", b"3,20,0.1,0.2", b"\xff" * 200])
def test_the_end_of_the_metrics_is_that_of_the_whole(count: int, torn: bytes) -> None:
    run = begun(config(train_epochs=count))
    rows = [record(epoch, train_loss=1 / epoch, test_loss=1 / (epoch + 2)) for epoch in range(1, count + 1)]
    path = run.path / "metrics.csv"
    path.write_bytes(path.read_bytes() + "".join(row.line() for row in rows).encode() + torn)
    run.finish(1)
    assert read(run.path).last == run.records()[-1] == rows[-1]


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


@given(VALUES)
def test_a_config_that_was_dumped_is_read_as_any_reader_would(config: Config) -> None:
    path = Path("config.yaml")
    path.write_bytes(configs.dump(config).encode("utf-8", "surrogatepass"))
    expected = came(lambda: configs.load(path))
    assert came(lambda: outcome._config(path)) == expected


WRITTEN = {
    "in part": "train: {epochs: 3}",
    "nothing": "",
    "another order": "seed: 3\ntrain:\n  epochs: 3\n",
    "a comment": configs.dump(Config()) + "# mine\n",
    "a duplicate": configs.dump(Config()) + "seed: 0\n",
    "no last line": configs.dump(Config()).rpartition("seed")[0],
    "other line ends": configs.dump(Config()).replace("\n", "\r\n"),
    "another number of spaces": configs.dump(Config()).replace("  epochs: 17", "   epochs: 17"),
    "a quoted number": configs.dump(Config()).replace("epochs: 17", "epochs: '17'"),
    "two lines for one": configs.dump(Config()).replace("name: mnist", "name:\n    kmnist"),
    "a number written otherwise": configs.dump(Config()).replace("learning_rate: 0.1", "learning_rate: 1e-1"),
    "another section's key": configs.dump(Config()).replace("model:\n", "train:\n"),
    "a value for a section": configs.dump(Config()).replace("model:\n", "model: 3\n"),
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_a_config_that_was_written_by_hand_is_read_as_any_reader_would(text: str) -> None:
    path = Path("config.yaml")
    path.write_bytes(text.encode())
    assert came(lambda: outcome._config(path)) == came(lambda: configs.load(path))


def came(load: Callable[[], Config]) -> object:
    """Return the config, or the mistakes."""
    try:
        return load()
    except BpError as error:
        return str(error)


def test_the_setting_is_the_config_but_for_what_changes_no_result() -> None:
    def setting(config: Config) -> Config:
        return Result(Path("r"), config, "missing").setting

    base = config()
    moved = replace(base, data=replace(base.data, cache_dir="/c", mirrors=("http://m/",)), seed=7)
    assert setting(moved) == setting(base) == setting(config(train_shadow_check=3, train_checkpoint_seconds=1.0))
    for other in (config(train_epochs=2), config(data_dir="/d"), config(data_seed=1), config(train_threads=2)):
        assert setting(other) != setting(base)
