"""The jobs of a sweep, and when they are begun."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mnist_bp.errors import BpError, Exit
from mnist_bp.sweep.forking import Ended
from mnist_bp.sweep.running import Job, Names, command_lines, is_yaml, missing, planned, run
from tests.helpers.making import config, finished

SWEEP = "train: {epochs: 1}\ngrid: {train.optimizer: [sgd, adam], train.learning_rate: [1, 2]}\n"


class Stop:
    code: Exit | None = None


class Noted:
    """Children that end in the order of their start, one at a look; what they are told is noted."""

    def __init__(self) -> None:
        self.living: dict[int, Sequence[str]] = {}
        self.most = 0
        self.told = 0

    def start(self, place: int, words: Sequence[str]) -> None:
        assert place not in self.living
        self.living[place] = words
        self.most = max(self.most, len(self.living))

    def ended(self, seconds: float) -> Iterator[tuple[int, Ended]]:
        place = next(iter(self.living))
        yield place, Ended(0, " ".join(self.living.pop(place)))

    def terminate(self) -> None:
        self.told += 1


JOBS = [Job(f"bp train --out '{number} {number}'", None) for number in range(7)]


@pytest.mark.parametrize("count", [1, 3, 9])
def test_each_job_is_done_once_so_many_at_a_time(count: int) -> None:
    children = Noted()
    ends = [*run(JOBS, children, count, Stop())]
    assert [(job, ended.said) for job, ended in ends] == [(job, f"train --out {n} {n}") for n, job in enumerate(JOBS)]
    assert (children.most, children.told, children.living) == (min(count, 7), 0, {})


def test_once_it_is_stopped_no_job_is_begun_and_those_under_way_are_told_once_and_waited_for() -> None:
    children, stop, ends = Noted(), Stop(), 0
    for _ in run(JOBS, children, 3, stop):
        ends += 1
        stop.code = Exit.INTERRUPTED
    assert (ends, children.told, children.living) == (3, 1, {})


def test_where_there_is_no_room_for_another_process_those_under_way_are_told_to_end() -> None:
    class Full(Noted):
        def start(self, place: int, words: Sequence[str]) -> None:
            if len(self.living) == 2:
                raise BlockingIOError("Resource temporarily unavailable")
            super().start(place, words)

    children = Full()
    with pytest.raises(BpError, match="room for 5 runs; number 3 cannot start: Resource temporarily unavailable"):
        next(run(JOBS, children, 5, Stop()))
    assert (children.told, children.living) == (1, {})


def test_an_error_of_the_caller_leaves_no_child_behind() -> None:
    children = Noted()
    ends = run(JOBS, children, 3, Stop())
    next(ends)
    ends.close()  # type: ignore[attr-defined]
    assert (children.told, children.living) == (1, {})


@pytest.mark.parametrize(
    "line",
    [
        "bp train >log", "bp train; rm x", "bp train --out $HOME", 'bp train --out "$HOME"', "bp train --out a*",
        "A=b bp train", "python train.py", "bp eval runs/a", "bp train 'a", "bp train | cat", "bp train `id`",
        "bp train ~/a.yaml", "# bp train", "bp train a\\ b", "echo",
    ],
)  # fmt: skip
def test_a_line_that_needs_a_shell_is_refused_by_its_number(line: str) -> None:
    with pytest.raises(BpError, match=r"^f: expected lines .*; got another, line 3: ") as raised:
        command_lines(f"bp train --out a\n\n{line}\n", "f")
    assert raised.value.code == Exit.USAGE
    assert "sweep.sh" in str(raised.value.hint)


def test_the_lines_of_every_plan_are_plain() -> None:
    Path('it\'s a "$weep" {file}.yaml').write_text(SWEEP + "seeds: 2\n")
    _, runs = planned('it\'s a "$weep" {file}.yaml')
    lines = [each.command() for each in runs]
    assert command_lines("\r\n".join([*lines, "", " "]), "f") == lines
    assert [Job(line, None).words[-2] for line in lines] == [str(each.out) for each in runs]
    with pytest.raises(BpError, match="got none"):
        command_lines("\n", "f")


def test_yaml_is_known_by_name_or_content() -> None:
    assert is_yaml("", "a.YML")
    assert is_yaml(SWEEP, "a")
    assert is_yaml("# grid\r  'seeds' : 3\r", "a")
    assert not is_yaml("bp train --set 'a: b'\n", "a")


def test_a_sweep_is_planned_and_its_finished_runs_are_not_missing() -> None:
    Path("try.yaml").write_text(SWEEP)
    folder, runs = planned("try.yaml")
    assert (folder / "plan.txt").read_text().splitlines() == [each.command() for each in runs]
    assert (folder / "sweep.txt").read_text() == "../../try.yaml\n"
    assert [job.line for job in missing(runs)] == [each.command() for each in runs]
    finished(runs[1].config, folder)
    assert [job.config for job in missing(runs)] == [each.config for each in runs if each is not runs[1]]


def test_runs_are_called_by_what_varies() -> None:
    configs = [
        config(seed, train_optimizer=name, train_learning_rate=0.01) for name in ("sgd", "adam") for seed in (0, 2)
    ]
    names = Names(configs)
    assert names.keys == ["train.optimizer"]
    assert [names.of(Job("", each)) for each in configs] == ["sgd seed 0", "sgd seed 2", "adam seed 0", "adam seed 2"]
    assert Names(configs[::2]).of(Job("", configs[0])) == "sgd"
    assert Names(configs[:1]).of(Job("bp train --out 'a b'", configs[0])) == "a b"
    assert names.of(Job("bp train --out", None)) == "bp train --out"
