"""`bp draw`; what the page says is the subject of tests/unit/report/test_draw_page.py."""

import webbrowser
from pathlib import Path

import pytest

from tests.helpers.commands import run
from tests.helpers.data import digits
from tests.helpers.making import config, untrained

SMALL = config(data_name="idx", data_dir="archives", model_hidden=[3])


@pytest.fixture(autouse=True)
def _digits() -> None:
    digits(Path("archives"))


def test_the_page_goes_to_draw_html_or_where_one_says_and_its_path_to_stdout() -> None:
    untrained(SMALL)
    assert run("draw", "r").stdout == "draw.html\n"
    assert run("draw", "r", "-o", "other.html").stdout == "other.html\n"
    assert Path("draw.html").read_bytes() == Path("other.html").read_bytes()


def test_a_report_and_a_page_to_draw_on_lead_to_each_other() -> None:
    untrained(SMALL)
    Path("folder").mkdir()
    run("report", "r", "-o", "folder/report.html")
    assert "<code>bp draw r</code>" in Path("folder/report.html").read_text("utf-8")
    run("draw", "r", "-o", "folder/draw.html")
    run("report", "r", "-o", "folder/report.html")
    for one, other in (("draw", "report"), ("report", "draw")):
        assert f'<a href="{other}.html">' in Path(f"folder/{one}.html").read_text("utf-8")


def test_it_is_opened_on_request_and_no_browser_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    untrained(SMALL)
    asked: list[str] = []
    monkeypatch.setattr(webbrowser, "open", asked.append)
    result = run("draw", "r", "--open")
    assert (result.exit_code, result.stdout, asked) == (0, "draw.html\n", [Path("draw.html").absolute().as_uri()])
    run("draw", "r")
    assert len(asked) == 1


def test_a_file_that_bp_has_not_made_is_left_alone_before_any_work_is_done() -> None:
    Path("draw.html").write_text("mine")
    result = run("draw", "no-such-run")
    assert (result.exit_code, Path("draw.html").read_text()) == (2, "mine")
    assert "draw.html: expected no file, or one that bp has made" in result.stderr
