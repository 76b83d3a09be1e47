"""scripts/robustness.py: its disturbances are what they are called, and undisturbed images give what `bp eval` says."""

import json
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mnist_bp.data.archives import Archives
from scripts import robustness
from scripts.robustness import penned, warped
from tests.helpers.commands import run

assert_about_equal = partial(np.testing.assert_allclose, rtol=0, atol=2)


def test_images_are_turned_clockwise_moved_and_enlarged_around_their_middles(rng: np.random.Generator) -> None:
    """Places are rounded to a 256th of a pixel, which may change what is seen there by one."""
    images = rng.integers(0, 256, (3, 7, 7), np.uint8)
    assert_about_equal(warped(images, degrees=90), np.rot90(images, -1, axes=(1, 2)))
    moved = np.zeros_like(images)
    moved[:, 2:, :-1] = images[:, :-2, 1:]
    assert_about_equal(warped(images, right=-1, down=2), moved)
    means = (images[:, :, 1:].astype(float) + images[:, :, :-1]) / 2
    assert_about_equal(warped(images, right=0.5)[:, :, 1:], means)
    assert_about_equal(warped(images, scale=3)[:, ::3, ::3], images[:, 2:5, 2:5])


@pytest.mark.parametrize("outwards", [-0.5, 0.25, 1.0])
def test_both_edges_of_a_stroke_move(outwards: float) -> None:
    """A stroke that is three pixels wide, and leaves the image above and below, has so much more ink, or less."""
    images = np.zeros((1, 5, 9), np.uint8)
    images[:, :, 3:6] = 255
    widths = penned(images, outwards)[0, 1:-1].sum(axis=1) / 255
    np.testing.assert_allclose(widths, 3 + 2 * outwards, atol=0.02)  # of which rounding is at most 2 of 255


def test_the_accuracies_of_runs_are_those_of_bp_eval_where_nothing_is_disturbed_and_the_same_each_time(
    small_mnist: Archives, archive_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("data", "import", archive_folder)
    for epochs in ("1", "2"):
        run("train", "--out", epochs, "--set", f"train.epochs={epochs}", "--set", "model.hidden=5", "--quiet")

    def printed(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["robustness.py", "1", "2", *arguments])
        robustness.main()
        return capsys.readouterr().out

    table = json.loads(printed("--json"))
    expected = {each: json.loads(run("eval", each, "--json").stdout)["accuracy"] for each in ("1", "2")}
    assert table["as they are"] == expected
    assert printed("--json") == json.dumps(table, indent=2, ensure_ascii=False) + "\n"
    header, _, first, *rest = printed().splitlines()
    assert header == "| test images | 1 | 2 |"
    assert first == f"| as they are | {expected['1']:.2%} | {expected['2']:.2%} |"
    assert len(rest) + 1 == len(table)

    run("train", "xor", "--out", "points", "--set", "train.epochs=1", "--quiet")
    for arguments, error in (
        (["none"], "error: none: "),
        (["points"], "error: points: data set mnist: expected examples of 3 numbers"),
        (["--count", "0"], "error: --count: expected a number from 1; got 0"),
        (["--seed", "-1"], "error: --seed: expected a number from 0; got -1"),
    ):
        with pytest.raises(SystemExit) as ended:
            printed(*arguments)
        assert ended.value.code == 2
        assert error in capsys.readouterr().err
