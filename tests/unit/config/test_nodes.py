"""YAML as nodes: what a scalar stands for, where it stands, and how it is shown."""

import math
from pathlib import Path

import pytest
import yaml

from mnist_bp.config import nodes
from mnist_bp.errors import BpError, Exit


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3), ("-3", -3), ("010", 10),
        ("0x10", "0x10"), ("1e3", 1000.0), ("1.", 1.0), (".5", 0.5), ("1_000", "1_000"),
        ("true", True), ("yes", "yes"), ("~", None), ("", None), ("'3'", "3"), ('"true"', "true"), ("-.inf", -math.inf),
        ("2026-11-21", "2026-11-21"), ("[1, a, .5]", [1, "a", 0.5]), ("[]", []), ("1:30", "1:30"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    value_read = nodes.value(nodes.parse(text, "here"))
    assert value_read == value
    assert type(value_read) is type(value)


@pytest.mark.parametrize("text", ["{a: 1}", "[[1]]", "!!python/name:os.system x", "!!int 3", "[{a: 1}]"])
def test_a_mapping_a_nested_list_or_a_tag_has_no_value(text: str) -> None:
    with pytest.raises(ValueError, match="plain value"):
        nodes.value(nodes.parse(text, "here"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "nothing"), ("a  b", "a b"), ("'3'", "'3'"), ("[1, [2], {a: 3}]", "[1, […], keys and values]"),
        ("!!int 3", "tag:yaml.org,2002:int 3"), ("x" * 61, "x" * 57 + "..."), ("{a: 1}", "keys and values"),
    ],
)  # fmt: skip
def test_a_node_is_shown_on_one_short_line(text: str, shown: str) -> None:
    assert nodes.shown(nodes.parse(text, "here")) == shown


def test_a_place_is_a_line_of_a_file_or_the_whole_override() -> None:
    document = nodes.parse("a: 1\nb: 2\n", "c.yaml")
    assert isinstance(document, yaml.MappingNode)
    mark = document.value[1][0].start_mark
    assert nodes.place("c.yaml", mark) == "c.yaml:2"
    assert nodes.place("c.yaml", None) == "c.yaml:1"
    assert nodes.place("--set b=2", mark) == "--set b=2"


@pytest.mark.parametrize(("text", "count"), [("{a: 1}", 1), ("[{a: 1}, {b: 2}]", 2), ("[{a: 1}, 2]", 0), ("3", 0)])
def test_mappings_are_found_in_a_list_of_nothing_else_or_alone(text: str, count: int) -> None:
    assert len(nodes.mappings(nodes.parse(text, "here"))) == count


def test_text_that_is_not_yaml_is_refused_with_its_place() -> None:
    for text, message in (
        ("a: [", "here:1: not YAML"),
        ("a: 1\n  b: 2", "here:2: not YAML"),
        ("[" * 1000, "too deeply"),
    ):
        with pytest.raises(BpError, match=message) as caught:
            nodes.parse(text, "here")
        assert caught.value.code == Exit.USAGE


def test_only_as_much_of_a_file_is_read_as_shows_that_it_is_too_long() -> None:
    Path("long.yaml").write_text("# " + "x" * nodes.MAX_CONFIG * 2)
    text = nodes.read(Path("long.yaml"))
    assert len(text) == nodes.MAX_CONFIG + 1
    with pytest.raises(BpError, match=f"long.yaml: expected a config of at most {nodes.MAX_CONFIG} characters"):
        nodes.parse(text, "long.yaml")


@pytest.mark.parametrize("content", [b"\xff", None])
def test_a_file_that_is_binary_or_missing_is_a_usage_error(content: bytes | None) -> None:
    if content is not None:
        Path("c.yaml").write_bytes(content)
    with pytest.raises(BpError, match=r"c\.yaml: ") as caught:
        nodes.read(Path("c.yaml"))
    assert caught.value.code == Exit.USAGE
