"""Changes of the environment: each is warned of, and kept with those before it."""

from pathlib import Path

import pytest

from mnist_bp.run.environment import changes_of, differences

RUN = Path("r")
NOW = {"numpy": "2.0", "blas": {"kernel": "Haswell", "threads": 1}}


def test_an_equal_environment_is_no_change(caplog: pytest.LogCaptureFixture) -> None:
    assert changes_of(RUN, {**NOW, "data": {"name": "mnist"}, "changes": []}, NOW, 22) == []
    assert not caplog.messages


def test_what_differs_is_warned_of_and_kept_with_its_step(caplog: pytest.LogCaptureFixture) -> None:
    before = {"numpy": "1.0", "blas": {"kernel": "Abacus", "threads": 1}}
    assert changes_of(RUN, before, NOW, 22) == [{"step": 22, "before": {"numpy": "1.0", "blas.kernel": "Abacus"}}]
    assert caplog.messages == [
        "r: numpy was 1.0, is 2.0; the last bits may differ",
        "r: blas.kernel was Abacus, is Haswell; the last bits may differ",
    ]


def test_what_was_not_told_before_was_none(caplog: pytest.LogCaptureFixture) -> None:
    before = {"numpy": "2.0", "blas": "Abacus"}
    missing = {"blas.kernel": None, "blas.threads": None}
    assert changes_of(RUN, before, NOW, 22) == [{"step": 22, "before": missing}]
    assert caplog.messages[0] == "r: blas.kernel was None, is Haswell; the last bits may differ"


def test_earlier_changes_are_kept() -> None:
    earlier = {"step": 11, "before": {"numpy": "1.0"}}
    assert changes_of(RUN, {**NOW, "changes": [earlier]}, NOW, 22) == [earlier]
    again = changes_of(RUN, {**NOW, "numpy": "1.9", "changes": [earlier]}, NOW, 22)
    assert again == [earlier, {"step": 22, "before": {"numpy": "1.9"}}]


@pytest.mark.parametrize("changes", [5, "x", None, {}])
def test_earlier_changes_that_are_no_list_are_dropped(changes: object) -> None:
    assert changes_of(RUN, {**NOW, "changes": changes}, NOW, 22) == []


def test_a_run_without_env_json_cannot_be_compared(caplog: pytest.LogCaptureFixture) -> None:
    assert changes_of(RUN, None, NOW, 22) == [{"step": 22, "before": None}]
    assert caplog.messages == [
        "r: has no env.json: this machine cannot be compared with the one it began on",
    ]


def test_what_may_differ_in_the_last_bits_is_every_machine_that_a_run_was_trained_on_but_not_its_python() -> None:
    now = {"python": "3.13", **NOW}
    assert differences({**now, "python": "3.10", "changes": []}, now) == {}
    assert differences({**NOW, "numpy": "1.0"}, now) == {"numpy": ("1.0", "2.0")}
    changes = [{"step": 2, "before": {"blas.kernel": "Abacus", "numpy": "2.0", "python": "3.9", "other": 1}}, 5]
    assert differences({**now, "changes": changes}, now)["blas.kernel"] == ("Abacus", "Haswell")
    assert differences({**now, "changes": changes[:1]}, now) == {"blas.kernel": ("Abacus", "Haswell")}


def test_where_nothing_is_known_everything_may_differ() -> None:
    unknown = {"numpy": (None, "2.0"), "blas.kernel": (None, "Haswell"), "blas.threads": (None, 1)}
    assert differences(None, NOW) == unknown
    assert differences({**NOW, "changes": [{"step": 2, "before": None}]}, NOW) == unknown
