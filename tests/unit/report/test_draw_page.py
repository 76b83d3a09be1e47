"""The page to draw on; what it does is the subject of tests/program/test_draw_page.py."""

import json
import re
from pathlib import Path

import pytest

from mnist_bp.config import replaced
from mnist_bp.errors import BpError, Exit
from mnist_bp.report import draw_page
from mnist_bp.report.links import REPORT, identity
from tests.helpers.data import digits
from tests.helpers.making import config, untrained

pytest.importorskip("jinja2")

HERE = Path()


SMALL = config(data_name="idx", data_dir="archives", model_hidden=[3])


@pytest.fixture(autouse=True)
def _digits() -> None:
    digits(Path("archives"))


def about(page: bytes, name: str) -> object:
    """Return what a page's script is given."""
    found = re.search(rf"^const {name} = (.*);$", page.decode(), re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_the_script_is_given_the_network_and_how_sure_it_must_be() -> None:
    untrained(SMALL)
    page = draw_page.html("r", HERE)
    assert about(page, "PAD") == {
        "classes": [*"0123456789"], "boxed": True, "percent": True, "sure": 0.9, "mostInk": 130,
    }  # fmt: skip
    assert about(page, "MNIST") == {"side": 28, "box": 20, "middle": 14.5, "pen": 2.2, "chords": 4}
    assert [layer["kind"] for layer in about(page, "NETWORK")["layers"]] == ["affine", "sigmoid", "affine"]  # type: ignore[index]
    assert b"trained on archives; it is unfinished, and shown as it was after step 0" in page


def test_outputs_that_are_no_probabilities_are_not_shown_as_such() -> None:
    untrained(replaced(SMALL, {"model.loss": "mean_squared_error"}))
    page = draw_page.html("r", HERE)
    assert b'aria-label="Outputs"' in page
    assert about(page, "PAD")["percent"] is False  # type: ignore[index]


def test_a_report_on_the_same_run_beside_it_is_linked() -> None:
    untrained(SMALL)
    assert b"Report on this run" not in draw_page.html("r", HERE)
    Path(REPORT).write_text(f'<meta name="run" content="{identity("r")}">')
    assert b'<a href="report.html">Report on this run</a>' in draw_page.html("r", HERE)


def test_a_network_for_points_is_refused_in_words() -> None:
    untrained(config(data_name="xor", model_loss="binary_cross_entropy"))
    with pytest.raises(BpError, match=r"trained on images of 28×28 pixels; got .* 3 numbers") as no:
        draw_page.html("r", HERE)
    assert no.value.code is Exit.USAGE
