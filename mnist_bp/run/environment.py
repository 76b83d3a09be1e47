"""The machine that a run was trained on, compared with the one that continues it or trains it again."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


def changes_of(path: Path, before: Mapping[str, Any] | None, now: Mapping[str, Any], step: int) -> list[Any]:
    """Return every change of the environment in a run's life: at which step, and what was different before.

    `before` is what its env.json says, None if there is none; `now` is the machine as it is. Warns of a new change.
    """
    if before is None:
        log.warning("%s: has no env.json: this machine cannot be compared with the one it began on", path)
        return [{"step": step, "before": None}]
    changed = dict(_changed(before, now))
    for key, (old, new) in changed.items():
        log.warning("%s: %s was %s, is %s; the last bits may differ", path, key, old, new)
    changes = before.get("changes")
    changes = changes if isinstance(changes, list) else []
    return [*changes, {"step": step, "before": {key: old for key, (old, _) in changed.items()}}] if changed else changes


def differences(recorded: Mapping[str, Any] | None, now: Mapping[str, Any]) -> dict[str, tuple[object, object]]:
    """Return what may differ in a run's last bits between the machines that trained it and this one, with both values.

    `recorded` is what its env.json says, with what was different before `changes`; None: nothing is known.
    """
    found = dict(_changed(recorded, now))
    everything = {key: new for key, (_, new) in _changed(None, now)}
    changes = (recorded or {}).get("changes")
    for change in changes if isinstance(changes, list) else []:
        before = change.get("before") if isinstance(change, dict) else None
        olds = before if isinstance(before, dict) else dict.fromkeys(everything)
        for key in everything.keys() & olds.keys() - found.keys():
            if olds[key] != everything[key]:
                found[key] = (olds[key], everything[key])
    return {key: found[key] for key in everything if key in found and key != "python"}  # whose numbers are C's


def _changed(before: Any, now: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the keys of `now`, dotted, that had another value or none, with both values."""
    for key, new in now.items():
        old = before.get(key) if isinstance(before, dict) else None
        if isinstance(new, dict):
            yield from _changed(old, new, f"{prefix}{key}.")
        elif old != new:
            yield prefix + key, (old, new)
