"""Tests for which page is made of which runs."""

from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent
from mnist_bp.report.report import report
from tests.helpers.making import FOLDER, config, failed, finished, untrained


def test_one_run_has_a_page_of_its_own_and_several_have_one_together() -> None:
    one = str(untrained(config(data_name="xor", model_loss="binary_cross_entropy")))
    assert b'<section id="weights">' in report([one], silent)
    assert b"<h1>r</h1>" in report([one], silent)
    finished(config(0))
    other = str(finished(config(1)))
    together = report([str(FOLDER)], silent)
    assert b'<section id="results">' in together
    assert b"<h1>mine</h1>" in together
    assert b'<section id="results">' in report([one, other], silent)


def test_a_sweep_of_one_run_has_the_page_of_that_run() -> None:
    untrained(config(data_name="xor", model_loss="binary_cross_entropy"), path=Path("sweep/run"))
    assert b'<section id="weights">' in report(["sweep"], silent)


def test_what_is_skipped_beside_a_single_run_is_named_on_its_page() -> None:
    one = str(untrained(config(data_name="xor", model_loss="binary_cross_entropy")))
    copy = str(untrained(config(data_name="xor", model_loss="binary_cross_entropy"), path=Path("copy")))
    assert b"<li>copy: unfinished, the same setting and seed as r</li>" in report([one, copy], silent)
    assert b"<li>" not in report([one], silent).partition(b'<section id="curves">')[0]


def test_what_is_no_run_is_refused() -> None:
    Path("empty").mkdir()
    for path in ("empty", "nothing"):
        with pytest.raises(BpError, match="expected a run directory") as refused:
            report([path], silent)
        assert refused.value.code is Exit.USAGE


def test_a_damaged_run_that_is_alone_in_a_folder_is_named_as_such() -> None:
    run = finished(config())
    (run / "metrics.csv").write_text("torn")
    assert b"seed 0 is damaged: " in report([str(FOLDER)], silent)


def test_runs_that_do_not_count_are_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    finished(config(0))
    failed(config(1), message="training diverged")
    report([str(FOLDER)], silent)
    assert [("seed 1 has failed" in each, "training diverged" in each) for each in caplog.messages] == [(True, True)]
