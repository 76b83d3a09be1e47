"""What a run came to, as its files tell."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mnist_bp.config import Config
from mnist_bp.errors import BpError
from mnist_bp.run.outcome import Outcome, read
from tests.helpers.making import begun, config, failed, finished, record


def test_a_failed_run_that_was_tried_again_is_judged_by_that() -> None:
    path = failed(config())
    assert (read(path).state, read(path).failure, read(path).step) == ("failed", "training diverged at step 7", 6)
    begun(config())
    assert read(path) == Outcome(path, config(), "unfinished")
    finished(config())
    assert read(path) == Outcome(path, config(), "finished", last=record())


def test_a_run_ends_at_its_epochs_or_at_its_steps() -> None:
    assert read(finished(config(train_epochs=2))).last == record(2)
    run = begun(config(train_epochs=2, train_max_steps=10))
    run.metrics.append(record(1))
    run.finish(1)
    assert read(run.path).last == record(1)


def test_a_summary_before_the_end_is_refused() -> None:
    run = begun(config(train_epochs=7))
    run.metrics.append(record(1))
    run.finish(1)
    message = r"summary\.json: expected the end of train\.epochs=7; got epoch 1, step 10"
    with pytest.raises(BpError, match=message):
        read(run.path)


def test_a_run_may_end_early_for_want_of_patience_and_keep_another_epoch_than_its_last() -> None:
    keys: dict[str, Any] = {"data_validation": 10, "train_epochs": 7, "train_patience": 2}
    for keep, kept in (("last", 3), ("best", 1)):
        run = begun(config(train_keep=keep, **keys))
        for epoch, accuracy in ((1, 0.5), (2, 0.4), (3, 0.3)):
            run.metrics.append(record(epoch, validation_accuracy=accuracy, validation_loss=0.5))
        run.finish(1)
        found = read(run.path)
        assert found.last is not None
        assert found.kept is not None
        assert (found.last.epoch, found.kept.epoch) == (3, kept)
    impatient = begun(config(**(keys | {"train_patience": 3})))
    impatient.metrics.append(*run.metrics.rows())
    impatient.finish(1)
    with pytest.raises(BpError, match="got epoch 3"):
        read(impatient.path)


@pytest.mark.parametrize("count", [1, 2, 11])
@pytest.mark.parametrize("torn", [b"", b"3,20,0.1,0.2", b"\xff" * 200])
def test_the_last_record_is_that_of_the_whole_metrics(count: int, torn: bytes) -> None:
    run = begun(config(train_epochs=count))
    rows = [record(epoch, train_loss=1 / epoch, test_loss=1 / (epoch + 2)) for epoch in range(1, count + 1)]
    for row in rows:
        run.metrics.append(row)
    run.finish(1)
    with (run.path / "metrics.csv").open("ab") as file:
        file.write(torn)
    assert read(run.path).last == rows[-1]


def test_the_setting_is_the_config_without_what_changes_no_result() -> None:
    def setting(config: Config) -> Config:
        return Outcome(Path("r"), config, "missing").setting

    base = config()
    moved = replace(base, data=replace(base.data, cache_dir="/c", mirrors=("http://m/",)), seed=7)
    assert setting(moved) == setting(base) == setting(config(train_shadow_check=3, train_checkpoint_seconds=1.0))
    for other in (config(train_epochs=2), config(data_dir="/d"), config(data_seed=1), config(train_shards=2)):
        assert setting(other) != setting(base)


def test_a_directory_without_a_run_is_refused() -> None:
    with pytest.raises(BpError, match="nowhere: expected a run directory"):
        read(Path("nowhere"))
