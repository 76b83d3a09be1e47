"""`bp report`; what the page says is the subject of tests/unit/report."""

from pathlib import Path

from tests.helpers.commands import run
from tests.helpers.making import config, untrained


def test_the_page_goes_to_report_html_or_where_one_says_and_its_path_to_stdout() -> None:
    untrained(config(data_name="xor", model_loss="binary_cross_entropy"))
    assert run("report", "r").stdout == "report.html\n"
    assert run("report", "r", "-o", "other.html").stdout == "other.html\n"
    assert Path("report.html").read_bytes() == Path("other.html").read_bytes()


def test_a_file_that_bp_has_not_made_is_left_alone_before_any_work_is_done() -> None:
    Path("report.html").write_text("mine")
    result = run("report", "no-such-run")
    assert (result.exit_code, Path("report.html").read_text()) == (2, "mine")
    assert "report.html: expected no file, or one that bp has made" in result.stderr


def test_runs_are_asked_for() -> None:
    assert run("report").exit_code == 2
