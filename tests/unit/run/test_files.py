"""Tests for the files that are made of runs and data sets."""

import os
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.run import files
from tests.helpers.making import begun, config


def test_a_file_that_bp_has_made_is_replaced_and_any_other_is_left_alone() -> None:
    page, notes = Path("page.html"), Path("notes.html")
    files.save(page, f"<!-- {files.MARK} --> one".encode())
    files.save(page, f"<!-- {files.MARK} --> two".encode())
    assert page.read_text().endswith("two")
    notes.write_text("mine")
    with pytest.raises(BpError, match="expected no file, or one that bp has made") as refused:
        files.save(notes, b"")
    assert (refused.value.code, notes.read_text()) == (Exit.USAGE, "mine")


def test_a_file_of_another_version_is_bps_too() -> None:
    Path("old.svg").write_text("<svg><!-- Made by mnist_bp 0.0.9 --></svg>")
    files.save(Path("old.svg"), files.MARK.encode())
    assert Path("old.svg").read_text() == files.MARK


def test_a_symbolic_link_stays_one() -> None:
    Path("link.html").symlink_to("page.html")
    files.save(Path("link.html"), files.MARK.encode())
    assert Path("link.html").is_symlink()
    assert Path("page.html").read_text() == files.MARK


def test_a_file_of_a_run_is_none_for_a_picture() -> None:
    run = begun(config(data_name="xor"))
    Path("link.html").symlink_to(run.path / "failure.json")
    for path in (run.path / "summary.json", Path("link.html")):
        with pytest.raises(BpError, match="got one of a run's"):
            files.require_replaceable(path)
    files.require_replaceable(run.path / "report.html")


def test_a_folder_that_is_not_there_and_what_is_no_file_are_refused() -> None:
    with pytest.raises(BpError, match="expected a folder there to write it to"):
        files.require_replaceable(Path("there/page.html"))
    Path("folder.html").mkdir()
    with pytest.raises(OSError, match="expected a file"):
        files.require_replaceable(Path("folder.html"))
    if hasattr(os, "mkfifo"):
        os.mkfifo("fifo.html")
        with pytest.raises(OSError, match="expected a file"):
            files.require_replaceable(Path("fifo.html"))
