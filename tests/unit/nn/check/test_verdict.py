"""The verdict over all tensors and oracles, and the numbers that stand beside it."""

import math
from typing import Any

import pytest

from mnist_bp.nn.check.gradcheck import TensorCheck
from mnist_bp.nn.check.verdict import Report


def check(name: str = "W1", oracle: str = "numerical", **found: Any) -> TensorCheck:
    """Return the check of a tensor of ten derivatives, all of which agree unless said otherwise."""
    given = {"size": 10, "checked": 10, "kinks": 0, "atol": 1e-9, "rtol": 1e-6, "largest": 1.0}
    return TensorCheck(oracle, name, **(given | found))


PASS, FAIL = check(), check(max_rel=1e-3)
KINKS, TINY = check(checked=0, kinks=10), check(tiny=True)


def test_the_four_checks_have_the_verdicts_that_they_are_named_after() -> None:
    assert [each.verdict for each in (PASS, FAIL, KINKS, TINY)] == ["PASS", "FAIL", "KINKS", "TINY"]


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        ([PASS, PASS], "PASS"),
        ([PASS, KINKS, TINY], "PASS"),
        ([PASS, FAIL, KINKS], "FAIL"),
        ([KINKS, TINY], "UNDECIDED"),
    ],
)
def test_a_check_passes_if_nothing_is_wrong_and_is_undecided_if_nothing_was_compared(
    checks: list[TensorCheck], verdict: str
) -> None:
    assert Report("full", 8, {"numerical": checks}).verdict == verdict


def test_one_oracle_that_finds_something_wrong_is_enough_to_fail() -> None:
    report = Report("full", 8, {"numerical": [PASS], "graph": [FAIL]})
    assert report.verdict == report.of("graph").verdict == "FAIL"
    assert report.of("numerical").verdict == "PASS"
    assert (report.of("graph").mode, report.of("graph").batch) == ("full", 8)


def test_the_checks_of_a_tensor_stand_side_by_side() -> None:
    by_oracle = {oracle: [check(name, oracle) for name in ("W1", "b1")] for oracle in ("numerical", "graph")}
    names = [(each.name, each.oracle) for each in Report("full", 8, by_oracle).tensors]
    assert names == [("W1", "numerical"), ("W1", "graph"), ("b1", "numerical"), ("b1", "graph")]


def test_numbers_are_the_worst_of_all_checks_and_checked_what_every_oracle_could_compare() -> None:
    numerical = [check(checked=7, kinks=3, max_abs=1e-8), check("b1", kinks=1, max_rel=1e-7)]
    graph = [check(checked=10, max_abs=1e-15), check("b1", max_rel=1e-15)]
    report = Report("full", 8, {"numerical": numerical, "graph": graph})
    assert (report.checked, report.kinks) == (17, 4)
    assert (report.max_abs, report.max_rel) == (1e-8, 1e-7)


def test_nan_is_the_largest_difference() -> None:
    report = Report("full", 8, {"numerical": [check(max_abs=1.0), check(max_abs=math.nan, max_rel=math.nan)]})
    assert math.isnan(report.max_abs)
    assert math.isnan(report.max_rel)
    assert report.verdict == "FAIL"


def test_what_could_not_be_decided_says_why_and_what_to_try() -> None:
    def told(**by_oracle: list[TensorCheck]) -> tuple[str, str]:
        undecided = Report("full", 8, by_oracle).undecided
        assert undecided
        return undecided

    why, ways = told(numerical=[KINKS])
    assert why == "no derivative could be judged: KINKS: every step crosses a kink, as at biases of 0"
    assert ways.startswith("--oracle graph judges at kinks")
    why, ways = told(numerical=[TINY], graph=[check(oracle="graph", tiny=True)])
    assert why == "no derivative could be judged: TINY: too small for the oracle to tell from 0"
    assert "--oracle graph" not in ways
    assert "model.init=xavier" in ways
    why, ways = told(training=[check(oracle="training", checked=0, kinks=10)])
    assert why == "no derivative could be judged: KINKS: rounding carries examples of each batch across a kink"
    assert Report("full", 8, {"numerical": [PASS, KINKS]}).undecided is None
    assert Report("full", 8, {"numerical": [FAIL, TINY]}).undecided is None


def test_an_oracle_that_could_judge_nothing_is_named() -> None:
    report = Report("full", 8, {"numerical": [KINKS], "graph": [check(oracle="graph")]})
    assert report.verdict == "PASS"
    assert report.conclusion == (
        "PASS (KINKS: every step crosses a kink, as at biases of 0) (numerical could judge nothing)"
    )
    assert Report("full", 8, {"numerical": [KINKS, PASS]}).conclusion.endswith("as at biases of 0)")


def test_the_table_gives_the_tolerance_once_or_for_each_tensor() -> None:
    alike = Report("full", 8, {"graph": [PASS, check("b1")]}).table().splitlines()
    assert alike[0] == "a: backprop, n: graph; PASS: |a − n| ≤ 1e-09 + 1e-06·|n|"
    assert alike[-2:] == ["relative: |a − n| / (|n| + 0.001)", "PASS"]
    apart = Report("full", 8, {"training": [PASS, check("b1", atol=2e-9)]}).table().splitlines()
    assert apart[0] == "a: backprop as in training, n: graph; PASS: |a − n| ≤ atol + 1e-06·|n|"
    assert apart[-3:] == [
        "relative: |a − n| / (|n| + atol / 1e-06)",
        "atol, for the rounding at the worst place: W1:1e-09 b1:2e-09",
        "PASS",
    ]
    deep = Report("full", 8, {"training": [check(f"W{i}", atol=i * 1e-9) for i in range(1, 30)]}).table()
    assert max(map(len, deep.splitlines())) <= 80
