"""The states of a run directory, and what leads from one to the other: the table that the rest keeps to.

Each state shows in the files, so that nobody needs to remember it: `EVIDENCE` is looked for in its order. A process
that is killed changes no state, wherever it is.
"""

from typing import Literal, NamedTuple

State = Literal["new", "unfinished", "finished", "failed"]
Event = Literal["begin", "finish", "fail"]

EVIDENCE: dict[State, str] = {
    "finished": "summary.json",
    "failed": "failure.json",
    "unfinished": "config.yaml",
}


class Transition(NamedTuple):
    """From one state to another by an event; `cause` is what makes it happen, in words."""

    before: State
    event: Event
    after: State
    cause: str


TRANSITIONS = (
    Transition("new", "begin", "unfinished", "bp train"),
    Transition("unfinished", "begin", "unfinished", "bp train again, after any end of the process"),
    Transition("unfinished", "finish", "finished", "the last step is done"),
    Transition("unfinished", "fail", "failed", "an error ends the training"),
    Transition("failed", "begin", "unfinished", "bp train again"),
    Transition("failed", "fail", "failed", "it cannot even begin again"),
    Transition("finished", "begin", "unfinished", "bp train --resume, for more epochs"),
)


def leads_on(state: State, event: Event) -> bool:
    """Whether an event can happen in a state."""
    return any((each.before, each.event) == (state, event) for each in TRANSITIONS)


def diagram() -> str:
    """Return the table as a state diagram in Mermaid's language, with the events on its arrows."""
    lines = [f"    {each.before} --> {each.after}: {each.event}" for each in TRANSITIONS]
    return "\n".join(["stateDiagram-v2", "    [*] --> new", *lines, "    finished --> [*]"])
