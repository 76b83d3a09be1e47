"""Tests for pages as such."""

import re
import sys
from pathlib import Path

import pytest

from mnist_bp.errors import BpError
from mnist_bp.report import page
from mnist_bp.report.page import render
from mnist_bp.run.files import MARK

VALUES = {
    "title": "<script>alert(1)</script> \x1b[31m & \udcff é",
    "runs": [], "finished": [], "charts": [], "named": True, "keys": [], "metrics": [], "rows": [],
    "not_counted": [], "skipped": ["<img src=x onerror=alert(1)>", Path("path\x1b\udcff")],
    "configs": [("one", "a: 1\n\tb")],
}  # fmt: skip


def test_what_is_filled_in_is_escaped_and_what_no_page_may_hold_is_replaced() -> None:
    text = render("several.html.jinja", **VALUES).decode()
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt; ?[31m &amp; ? é") == 2  # title and heading
    assert "&lt;img src=x onerror" in text
    assert "<li>path??</li>" in text
    assert "a: 1\n\tb" in text


def test_a_page_names_its_maker_forbids_to_load_anything_and_holds_its_style_and_script() -> None:
    text = render("several.html.jinja", **VALUES).decode()
    assert f'<meta name="generator" content="{MARK}">' in text
    assert "default-src 'none'; img-src data:;" in text
    assert not re.search(r"<link|<script[^>]+src|@import|url\((?!\$)|https?:", text)
    for part in ("base.css", "chart.css", "chart.js", "report.js"):
        assert (page.TEMPLATES / part).read_text().strip() in text


def test_a_missing_jinja_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(BpError, match="expected the library jinja2") as missing:
        render("several.html.jinja", **VALUES)
    assert "mnist-bp[report]" in str(missing.value.hint)
