"""Tests for pages on the same run that lead to each other."""

from pathlib import Path

from mnist_bp.report.links import beside, identity


def test_a_page_is_found_only_where_it_is_about_the_run() -> None:
    page = Path("page.html")
    assert beside(page, "r") is None
    page.write_text(f'<meta name="run" content="{identity("r")}">')
    assert beside(page, "r") == beside(page.absolute(), Path("r").absolute()) == "page.html"
    assert beside(page, "other") is None
    assert beside(Path(), "r") is None  # a folder


def test_a_run_is_the_same_by_any_of_its_paths() -> None:
    Path("runs/r").mkdir(parents=True)
    Path("link").symlink_to("runs/r")
    assert identity("runs/r") == identity("runs/../runs/r/") == identity("link") != identity("r")
