"""`bp graph`: its options, and what it prints and writes."""

import json
from pathlib import Path

import pytest

from mnist_bp.report import graph_page
from mnist_bp.run import files
from tests.helpers.commands import run
from tests.helpers.executing import executed


@pytest.fixture
def chain() -> Path:
    path = Path("<b>chain.yaml")
    path.write_text("data: {name: chain}\nmodel: {hidden: [], output: sigmoid, loss: half_squared_error}\n")
    return path


def test_without_a_file_it_prints_dot(chain: Path) -> None:
    result = run("graph", "--config", chain, "--set", "model.bias=false")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"// {files.MARK}\ndigraph {{\n")
    assert result.stdout.endswith("}\n")
    assert "b1" not in result.stdout
    assert "b1" in run("graph", "--config", chain).stdout


def test_json_has_the_nodes_with_operands_first() -> None:
    data = json.loads(run("graph", executed()[0].path, "--example", 2, "--json").stdout)
    assert data["example"] == 2
    assert data["nodes"][-1]["value"] == data["loss"]
    assert data["nodes"][-1]["gradient"] == 1
    assert all(max(node["operands"], default=-1) < place for place, node in enumerate(data["nodes"]))
    assert {"label": "t", "operands": [], "value": 1.0, "gradient": None} in data["nodes"]


@pytest.mark.parametrize("name", ["graph.svg", "graph.html", "graph.dot"])
def test_the_ending_of_the_name_chooses_what_is_written(
    name: str, chain: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name.endswith("html"):
        pytest.importorskip("jinja2")
    monkeypatch.setattr(graph_page, "svg", lambda source: f"<!-- {files.MARK} --><svg ></svg>")
    result = run("graph", "--config", chain, "-o", name)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{name}: 11 nodes, loss 0.")
    written = Path(name).read_text("utf-8")
    assert files.MARK in written
    if name.endswith("html"):
        assert "&lt;b&gt;chain.yaml, before training" in written
        assert "<b>chain" not in written
    again = run("graph", "--config", chain, "-o", name)
    assert again.exit_code == 0


def test_a_file_of_someone_else_and_another_ending_are_refused(chain: Path) -> None:
    Path("mine.svg").write_text("mine")
    for name, message in {
        "mine.svg": "expected no file, or one that bp has made",
        "mine.png": "expected a name that ends in .svg or .html or .dot; got mine.png",
    }.items():
        result = run("graph", "--config", chain, "-o", name)
        assert result.exit_code == 2
        assert message in result.stderr
    assert Path("mine.svg").read_text() == "mine"


def test_where_graphviz_is_missing_nothing_is_written(chain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = run("graph", "--config", chain, "-o", "chain.svg")
    assert result.exit_code == 1
    assert result.stderr.startswith("error: expected ")
    assert "-o FILE.dot needs neither" in result.stderr
    assert not Path("chain.svg").exists()


@pytest.mark.parametrize("arguments", [[], ["run", "--config", "file"]])
def test_either_a_config_or_a_run_is_drawn(arguments: list[str]) -> None:
    result = run("graph", *arguments)
    assert result.exit_code == 2
    assert "expected either --config CONFIG or a run directory\n" in result.stderr
