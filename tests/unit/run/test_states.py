"""The states of a run directory: the table, and that the directory keeps to it."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from mnist_bp.config import Config
from mnist_bp.run.directory import Run
from mnist_bp.run.states import EVIDENCE, TRANSITIONS, Event, State, Transition, diagram, leads_on
from tests.helpers.commands import contents
from tests.helpers.making import record, unsynced

STATES: tuple[State, ...] = get_args(State)
EVENTS: dict[Event, Callable[[Run], object]] = {
    "begin": lambda run: run.begin(Config(), {}),
    "finish": lambda run: run.finish(parameters=1),
    "fail": lambda run: run.fail("no", 3),
}


@unsynced
def run_that_is(state: State) -> Run:
    """Return a run in a directory of that state."""
    run = Run("r")
    run.path.mkdir()
    if state != "new":
        run.begin(Config(), {})
        run.metrics.write([])
        run.metrics.append(record())
    if state == "finished":
        run.finish(parameters=1)
    if state == "failed":
        run.fail("no", 3)
    return run


def test_every_state_can_be_reached() -> None:
    reached: set[State] = {"new"}
    for _ in STATES:
        reached |= {each.after for each in TRANSITIONS if each.before in reached}
    assert reached == {*STATES}


def test_every_state_but_new_has_a_file_as_its_evidence() -> None:
    assert {"new", *EVIDENCE} == {*STATES}


def test_an_event_leads_from_a_state_to_one_other_at_most() -> None:
    pairs = [(each.before, each.event) for each in TRANSITIONS]
    assert len({*pairs}) == len(pairs)
    assert {each.event for each in TRANSITIONS} == {*get_args(Event)} == {*EVENTS}


@pytest.mark.parametrize("files", [["finished", "failed", "unfinished"], ["failed", "unfinished"], ["unfinished"], []])
def test_the_state_shows_in_the_files(files: list[State]) -> None:
    """Where several are there, the first in the table's order decides."""
    Path("r").mkdir()
    for state in files:
        Path("r", EVIDENCE[state]).touch()
    assert Run("r").state == (files[0] if files else "new")


@pytest.mark.parametrize("transition", TRANSITIONS, ids=lambda each: f"{each.before} {each.event}")
def test_each_event_leads_to_the_state_in_the_table(transition: Transition) -> None:
    run = run_that_is(transition.before)
    assert run.state == transition.before
    EVENTS[transition.event](run)
    assert run.state == transition.after


IMPOSSIBLE = [(state, event) for state in STATES for event in EVENTS if not leads_on(state, event)]


@pytest.mark.parametrize(("state", "event"), IMPOSSIBLE)
def test_an_event_that_the_table_lacks_changes_nothing(state: State, event: Event) -> None:
    """To begin or finish then is a mistake of the program; a failure may come at any time, and is not kept."""
    run = run_that_is(state)
    before = contents(run.path)
    if event == "fail":
        EVENTS[event](run)
    else:
        with pytest.raises(RuntimeError, match=f"r: a run that is {state} cannot {event}"):
            EVENTS[event](run)
    assert contents(run.path) == before


def test_the_diagram_lists_every_transition_with_its_event() -> None:
    first, start, *lines, end = diagram().splitlines()
    assert (first, start.strip(), end.strip()) == ("stateDiagram-v2", "[*] --> new", "finished --> [*]")
    assert [line.strip() for line in lines] == [f"{each.before} --> {each.after}: {each.event}" for each in TRANSITIONS]
