"""The picture and the page of a graph: where Graphviz is, drawn by it; and what is said where it is not."""

import re
import shutil
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node, variable
from mnist_bp.report import graph_page
from mnist_bp.run import files

NAME = "<script>alert('&')</script>"
VOID = {"meta", "br"}


class Tags(HTMLParser):
    """Notes what a page holds, and that each element ends where it should."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [tag] if tag not in VOID else []
        self.ids += [str(value) for name, value in attrs if name == "id"]
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "xlink:href", "action")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def loss() -> Node:
    total = variable(100, NAME) * variable(2, "number") + 3
    graph.backward(total)
    return total


@pytest.fixture
def drawn() -> None:
    """Skip the test where there is no Graphviz."""
    pytest.importorskip("graphviz")
    pytest.importorskip("jinja2")
    if shutil.which("dot") is None:
        pytest.skip("Graphviz's program dot is not installed")


@pytest.mark.usefixtures("drawn")
def test_the_picture_is_svg_of_bp_with_names_as_text(loss: Node) -> None:
    picture = graph_page.svg(graph_page.dot(loss))
    texts = [element.text for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {NAME, "100", "2", "200", "203", "loss"} <= {*texts}
    assert files.MARK in picture
    assert "<title>" not in picture  # which a browser would show


@pytest.mark.usefixtures("drawn")
def test_the_page_is_whole_escapes_names_and_needs_nothing_from_elsewhere(loss: Node) -> None:
    page = graph_page.html(loss, f"Title {NAME}", f"Run {NAME}").decode()
    tags = Tags(page)
    assert tags.open == []
    assert len({*tags.ids}) == len(tags.ids)
    assert {"v0", "n2", "first", "back", "next", "last", "sentence", "picture"} <= {*tags.ids}
    assert tags.addresses == []
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/)", page)
    assert "<script>alert" not in page
    assert files.MARK in page
    assert "+ : 200 + 3 = 203" in page


def test_dot_is_a_file_of_bp(loss: Node) -> None:
    assert graph_page.dot(loss) == f"// {files.MARK}\n{graph.dot(loss, 'loss')}"


def test_a_missing_library_or_program_is_said_with_what_works_without(
    loss: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "graphviz", None)
        with pytest.raises(BpError, match="expected the library graphviz") as missing:
            graph_page.svg(graph_page.dot(loss))
    assert missing.value.code is Exit.FAILURE
    assert "-o FILE.dot needs neither" in str(missing.value.hint)
    pytest.importorskip("graphviz")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(BpError, match="expected Graphviz's program dot") as missing:
        graph_page.svg(graph_page.dot(loss))
    assert "-o FILE.dot needs neither" in str(missing.value.hint)


@pytest.mark.usefixtures("drawn")
def test_what_graphviz_objects_to_is_passed_on() -> None:
    with pytest.raises(BpError, match=r"dot has failed: .*syntax error"):
        graph_page.svg("digraph {")


@pytest.mark.parametrize("said", [b"", b"<svg torn", b"\xff"])
def test_what_is_no_picture_is_not_taken_for_one(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    graphviz = pytest.importorskip("graphviz")
    monkeypatch.setattr(graphviz, "pipe", lambda *args, **options: said)
    with pytest.raises(BpError, match="expected a picture in SVG"):
        graph_page.svg("digraph {}")
