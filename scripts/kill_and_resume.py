#!/usr/bin/env python3
"""Kill training runs at random moments and resume them: they must end as if nothing had happened.

    scripts/kill_and_resume.py                              200 kills in several configs: two to six minutes
    scripts/kill_and_resume.py --kills 20 configs/xor.yaml  these configs

For each config, one run is left in peace. Others of the same config are killed (SIGKILL) at moments that are drawn
evenly from all of their time, the start of the interpreter included, and resumed until they are done. Now and then
a SIGINT, SIGTERM or SIGUSR1 comes instead, and some runs are first finished with fewer epochs. In the end, checkpoint,
losses and metrics (but for `seconds`) must equal those of the run left in peace, byte by byte, and whatever a process
leaves must be sound. Printed are a line for each config, and where the kills struck. Without CONFIG, nothing is
downloaded: small images are drawn. Exits 1 if anything was otherwise, and keeps the run directories.
"""

import argparse
import json
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mnist_bp import config as configs
from mnist_bp.errors import BpError, Exit
from mnist_bp.run import checkpoint
from mnist_bp.run.directory import LOCK, Run

GENTLE = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGUSR1: Exit.PREEMPTED}
SHARE_OF_GENTLE, SHARE_OF_SHORTER = 0.2, 0.3  # of the starts, and of the runs
BEYOND = 1.25  # the latest kill, in shares of the time that is left to the run
PATIENCE, LONGEST = 60, 3600  # seconds until a process counts as hung: after a signal, and without one

DOCUMENTED = ("config.yaml", "env.json", "metrics.csv", "steps.csv", "checkpoint.npz", "summary.json")
TEMPORARY = re.compile(rf"\.({'|'.join(map(re.escape, [*DOCUMENTED, LOCK]))})\..+\.part")

CLASSES, BASE = 10, ["model.hidden=20", "model.init=xavier", "train.batch_size=50", "train.learning_rate=0.01"]
CASES = {  # every optimizer and schedule, and whatever else could be lost between two steps
    "sgd": ["model.dropout=0.3", "train.schedule=step", "train.decay_every=9", "train.metrics=full", "train.epochs=90"],
    "momentum": ["train.schedule=cosine", "train.schedule_epochs=4", "train.warmup_steps=50",
                 "train.sampling=replacement", "train.checkpoint_seconds=1e-9", "train.log_every=1", "train.epochs=6",
                 "train.ema_decay=0.99", "train.shards=2",
                 "data.augment={rotation: 20, shift: 1, elastic_alpha: 5, thickness: 0.5}"],
    "nesterov": ["model.conv=[{filters: 2, pool: max}]", "data.validation=200", "train.schedule=one_cycle",
                 "train.ema_decay=0.9", "train.keep=best", "train.checkpoint_seconds=0.03", "train.epochs=14"],
    "adagrad": ["train.gradient=numerical", "train.dtype=float64", "train.clip_norm=0.5",
                "train.checkpoint_seconds=0.02", "train.epochs=4"],
    "rmsprop": ["model.label_smoothing=0.1", "train.weight_decay=1e-3", "train.checkpoint_seconds=1e-9",
                "train.max_steps=130", "train.epochs=6"],
    "adam": ["model.dropout=0.2", "model.input_dropout=0.1", "data.validation=150", "train.keep=best",
             "train.checkpoint_seconds=0.01", "train.log_every=7", "train.epochs=70"],
    "adamw": ["train.schedule=cosine", "train.weight_decay=0.1", "train.clip_norm=1", "train.sampling=replacement",
              "train.epochs=110"],
}  # fmt: skip


class Broken(Exception):  # noqa: N818  # what is broken is a promise
    """What the script is there to find."""


@dataclass(frozen=True)
class Case:
    """A config to try: its name, the options by which `bp train` gets it, and what it comes to."""

    name: str
    options: tuple[str, ...]
    config: configs.Config

    @classmethod
    def of(cls, name: str, file: Path, changes: Sequence[str] = ()) -> "Case":
        """Load a config with some keys changed."""
        sets = [option for change in changes for option in ("--set", change)]
        return cls(name, ("--config", str(file), *sets), configs.load(file, changes))


@dataclass
class Expected:
    """The run that was left in peace."""

    run: Run
    started: float  # seconds until its training began
    trained: float  # seconds from there on

    def __post_init__(self) -> None:
        """Read what other runs are compared with."""
        self.bytes = self.run.checkpoint.read_bytes()
        self.losses = self.run.steps.rows()
        self.rows = [row.rpartition(",")[0] for row in metrics(self.run)[0]]
        steps = [record.step for record in self.run.metrics.rows()]
        self.epoch_steps, self.steps = steps[0], steps[-1]

    def remaining(self, run: Run) -> float:
        """Estimate the seconds to the end of a run."""
        return self.started + self.trained * (1 - step(run) / self.steps)


@dataclass
class Tally:
    """What happened so far: starts, kills, other signals, runs; where the kills struck; and what they left."""

    bar: "tqdm[Any]"
    counts: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)

    def kill(self, run: Run, before: Mapping[str, Any], expected: Expected) -> None:
        """Count a kill, by what is in the run directory and what was there before this start."""
        self.bar.update()
        self.counts["kills"] += 1
        now, existing = step(run), files(run)
        if existing == before:
            where = "before the run directory was touched: interpreter, imports, config, data"
        elif run.summary() is not None:
            where = "after the summary was written"
        elif not now:
            where = "before the first checkpoint"
        elif now == expected.steps:
            where = "between the last checkpoint and the summary"
        elif now % expected.epoch_steps:
            where = "in training, the last checkpoint being of a step within an epoch"
        else:
            where = "in training, the last checkpoint being of the end of an epoch"
        self.struck[where] += 1
        if existing != before:
            self.left.update(f"a temporary {torn[1]}" for torn in map(TEMPORARY.fullmatch, existing) if torn)
            self.left["metrics ahead of the checkpoint"] += any(record.step > now for record in run.metrics.rows())
            self.left["a torn row of metrics"] += bool(metrics(run)[1])
            self.left["no config.yaml"] += not run.exists
            self.left["its lock"] += LOCK in existing


def bp_train(case: Case, run: Run, epochs: int, end: signal.Signals | None, after: float) -> tuple[int, str]:
    """Start or resume a run, with a signal for it after some seconds; return exit code and what it said."""
    command = [sys.executable, "-m", "mnist_bp", "train", *case.options, "--set", f"train.epochs={epochs}",
               "--out", str(run.path), "--resume"]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        try:
            try:
                said, _ = child.communicate(timeout=after)
            except subprocess.TimeoutExpired:
                if end is None:
                    raise
                child.send_signal(end)
                said, _ = child.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"hangs: `{' '.join(command)}` did not end within {error.timeout} s") from error
        finally:
            child.kill()  # also if it is this script that is interrupted
    return child.returncode, said


def metrics(run: Run) -> tuple[list[str], str]:
    """Return the whole lines of metrics.csv but its header, and what follows the last of them."""
    try:
        _, *rows, rest = (run.path / "metrics.csv").read_text().split("\n")
    except (FileNotFoundError, ValueError):  # not there; empty
        return [], ""
    return rows, rest


def step(run: Run) -> int:
    """Return the step of a run's checkpoint; 0 without one."""
    return int(checkpoint.read(run.checkpoint).arrays["position.step"]) if run.checkpoint.exists() else 0


def files(run: Run) -> dict[str, tuple[int, int]]:
    """Return a run's files; each has another value once it is written to or replaced."""
    if not run.path.exists():
        return {}
    return {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in run.path.iterdir()}


def require_sound(case: Case, run: Run, expected: Expected, step_before: int) -> None:
    """Read all that a process has left behind; it may be incomplete, but what is there must be right."""
    if strange := [name for name in files(run) if name not in (*DOCUMENTED, LOCK) and not TEMPORARY.fullmatch(name)]:
        raise Broken(f"has files that no run has: {', '.join(strange)}")
    if run.checkpoint.exists():
        try:
            with np.load(run.checkpoint, allow_pickle=False) as arrays:
                dict(arrays)
        except Exception as error:  # damaged bytes make it raise almost anything
            raise Broken(f"np.load cannot read its checkpoint: {error!r}") from error
    if (now := step(run)) < step_before:
        raise Broken(f"its checkpoint was of step {step_before}, and is now of step {now}")
    if run.exists and set(configs.changes(run.config(), case.config)) - {"train.epochs"}:
        raise Broken("its config.yaml is not the config that it was begun with")
    if now and (not run.exists or run.environment() is None):
        raise Broken("it has a checkpoint, and no config.yaml or no env.json")
    if run.environment() is not None and not run.exists:
        raise Broken("it has an env.json, and no config.yaml")
    rows = [row.rpartition(",")[0] for row in metrics(run)[0]]
    run.metrics.rows()
    if rows != expected.rows[: len(rows)]:
        raise Broken("its metrics are not those of the run that was left in peace")
    if len(rows) < now // expected.epoch_steps:
        raise Broken(f"its metrics lack rows: it has {len(rows)}, and its checkpoint is of step {now}")
    losses = run.steps.rows()
    if losses != expected.losses[: len(losses)]:
        raise Broken("its losses are not those of the run that was left in peace")
    if lacking := [row.step for row in expected.losses[len(losses) :] if row.step <= now]:
        raise Broken(f"it has no loss for step {lacking[0]}, and its checkpoint is of step {now}")
    run.summary()


def require_equal(run: Run, expected: Expected) -> None:
    """Compare a run that is done with the one that was left in peace."""
    if torn := set(files(run)) - {LOCK} ^ set(
        files(expected.run)
    ):  # the lock of a process killed when all was done may stay
        raise Broken(f"is done, and has files too many or too few: {', '.join(sorted(torn))}")
    if run.checkpoint.read_bytes() != expected.bytes:
        ours, theirs = (checkpoint.read(each.checkpoint).arrays for each in (run, expected.run))
        names = [name for name in theirs if name not in ours or ours[name].tobytes() != theirs[name].tobytes()]
        raise Broken(f"its checkpoint differs in {', '.join(names) or 'its header'}")
    if [row.rpartition(",")[0] for row in metrics(run)[0]] != expected.rows:
        raise Broken("its metrics differ")
    if expected.losses and run.steps.path.read_bytes() != expected.run.steps.path.read_bytes():
        raise Broken("its losses differ")


def left_in_peace(case: Case, folder: Path) -> Expected:
    """Run a config without any signal."""
    run, began = Run(folder / "left-in-peace"), time.perf_counter()
    code, said = bp_train(case, run, case.config.train.epochs, None, LONGEST)
    seconds = time.perf_counter() - began
    if code != Exit.DONE:
        raise Broken(f"exited with {code}, though left in peace:\n{said}")
    absent = set() if case.config.train.log_every else {run.steps.path.name}
    if strange := set(files(run)) ^ set(DOCUMENTED) - absent:
        raise Broken(f"has files too many or too few, though left in peace: {', '.join(sorted(strange))}")
    trained = min(seconds, sum(record.seconds for record in run.metrics.rows()))
    return Expected(run, seconds - trained, trained)


def harass(case: Case, run: Run, expected: Expected, kills: int, rng: random.Random, tally: Tally) -> None:
    """Take a run to its end against at most so many kills, and compare it with the expected one."""
    goals = [case.config.train.epochs]
    if not configs.has_fixed_length(case.config) and rng.random() < SHARE_OF_SHORTER:
        goals.insert(0, rng.randint(1, goals[0]))
    while goals:
        before, step_before = files(run), step(run)
        end = rng.choice(list(GENTLE)) if rng.random() < SHARE_OF_GENTLE else signal.SIGKILL
        after = rng.uniform(0, BEYOND * expected.remaining(run)) if kills else LONGEST
        code, said = bp_train(case, run, goals[0], end, after)
        tally.counts["starts"] += 1
        require_sound(case, run, expected, step_before)
        if (told := re.search(r"interrupted at step (\d+) of .*checkpoint saved", said)) and int(told[1]) != step(run):
            raise Broken(f"said that it saved step {told[1]}; its checkpoint is of step {step(run)}")
        if code == Exit.DONE:
            goals.pop(0)
        elif code == -signal.SIGKILL:
            kills -= 1
            tally.kill(run, before, expected)
        elif end in GENTLE and (code in (GENTLE[end], -end) or said.endswith("KeyboardInterrupt\n")):
            tally.counts["other signals"] += 1  # -end and KeyboardInterrupt: where Python was starting or ending
        else:
            raise Broken(f"exited with {code} at a {end.name} after {after:.3f} s:\n{said}")
    require_equal(run, expected)
    tally.counts["runs"] += 1


def try_out(case: Case, folder: Path, kills: int, rng: random.Random, tally: Tally) -> str:
    """Try a config until it has had so many kills; return what was found. Raises Broken."""
    before, run = tally.counts.copy(), Run(folder / "left-in-peace")
    try:
        expected = left_in_peace(case, folder)
        while (left := kills - tally.counts["kills"] + before["kills"]) > 0:
            run = Run(folder / "killed")
            harass(case, run, expected, left, rng, tally)
            shutil.rmtree(run.path)
    except (Broken, BpError) as error:
        raise Broken(f"{case.name}: FAILED: {run.path}: {error}") from error
    counts = ", ".join(f"{what} {number}" for what, number in (tally.counts - before).items())
    return f"{case.name}: identical; {counts}; {expected.started + expected.trained:.1f} s if left in peace"


def print_table(tally: Tally) -> None:
    """Print where the kills struck, and what they left."""
    print(f"\n{tally.counts['kills']} kills struck")
    for where, number in tally.struck.most_common():
        print(f"{number:6}  {where}")
    print("and left")
    for what, number in (+tally.left).most_common():
        print(f"{number:6}  {what}")


def write_images(folder: Path) -> None:
    """Write four IDX files of images in which each class has a bright spot of its own."""
    rng = np.random.default_rng(0)
    for part, count in (("train", 1200), ("t10k", 300)):
        labels = np.arange(count, dtype=np.uint8) % CLASSES
        images = rng.integers(0, 100, (count, CLASSES, CLASSES), np.uint8)
        images[np.arange(count), labels, labels] += 120
        for what, array in (("images", images), ("labels", labels)):
            header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
            (folder / f"{part}-{what}").write_bytes(header + array.tobytes())


def main() -> None:
    """Try every config, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "configs", nargs="*", type=Path, metavar="CONFIG", help="[default: several, with every optimizer]"
    )
    parser.add_argument("--kills", type=int, default=200, metavar="N", help="of all configs together  [default: 200]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments  [default: 0]")
    given = parser.parse_args()
    if given.kills < 1:
        parser.error(f"--kills: expected 1 or more; got {given.kills}")
    for end in (signal.SIGINT, signal.SIGTERM):  # so that the process under way ends too, and the folder goes
        signal.signal(end, lambda *_, code=GENTLE[end]: sys.exit(code))

    folder, cases, failed = Path(tempfile.mkdtemp(prefix="kill-and-resume-")), [], []
    try:
        if given.configs:
            try:
                cases = [Case.of(str(file), file) for file in given.configs]
            except BpError as error:
                parser.error(str(error))
        else:
            write_images(folder)
            base = folder / "base.yaml"
            base.write_text(json.dumps({"data": {"name": "idx", "dir": str(folder)}}))
            for name, changes in CASES.items():
                cases.append(Case.of(name, base, [*BASE, f"train.optimizer={name}", *changes]))
        rng = random.Random(given.seed)
        with tqdm(total=given.kills, unit="kill", leave=False, disable=None) as bar:
            tally = Tally(bar)
            for number, case in enumerate(cases):
                share = given.kills * (number + 1) // len(cases) - given.kills * number // len(cases)
                (place := folder / str(number)).mkdir()
                try:
                    found = try_out(case, place, share, rng, tally)
                except Broken as error:
                    found = str(error)
                    failed.append(case.name)
                tqdm.write(found)
        print_table(tally)
        total = ", ".join(f"{what} {number}" for what, number in tally.counts.items())
        verdict = f"FAILED: {', '.join(failed)}" if failed else "all identical"
        print(f"\n{len(cases)} configs, {total}: {verdict}")
    finally:
        if not failed:
            shutil.rmtree(folder)
    sys.exit(Exit.FAILURE if failed else Exit.DONE)


if __name__ == "__main__":
    main()
