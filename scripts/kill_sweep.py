#!/usr/bin/env python3
"""Run a sweep of short runs one at a time, then several at a time, then killed at random and restarted.

    scripts/kill_sweep.py                       200 runs, killed five times: six to eight minutes
    scripts/kill_sweep.py --runs 12 --kills 2 configs/xor.yaml

The runs are those of CONFIG (book-relu.yaml on digits that the package draws, for one epoch) with 10 learning rates and
as many seeds as it takes, by scripts/sweep.sh. Printed are the throughput of several at a time against one at a time,
and the share of its time that a run spends on anything but training. A kill is SIGKILL to all processes of the sweep
at once. After each, the sweep is started again: it must leave finished runs as they are. In the end its tables, in all
formats, and every checkpoint must be those of the sweep that was left in peace, byte by byte. Exits 1 if anything was
otherwise, and keeps the folders.
"""

import argparse
import contextlib
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mnist_bp.run.directory import Run

ROOT = Path(__file__).resolve().parents[1]
SWEEP = """\
base: {config}
{changes}
grid:
  train.learning_rate: [0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5]
seeds: {seeds}
"""
SHORT = "data: {name: synthetic}\ntrain: {epochs: 1, max_steps: null, metrics: running}"
FORMATS = ("text", "csv", "markdown", "json")
FOLDER = Path("sweeps", "sweep")


MARK = f"SWEEP_TO_KILL={os.getpid()}"  # in the environment of all processes of a sweep


class Broken(Exception):  # noqa: N818  # what is broken is a promise
    """What the script is there to find."""


def start(place: Path, jobs: int) -> "subprocess.Popen[bytes]":
    """Start the sweep in a folder of its own, which gets its log."""
    place.mkdir(exist_ok=True)
    name, _, value = MARK.partition("=")
    with (place / "log").open("ab") as log:
        command = [str(ROOT / "scripts" / "sweep.sh"), "../sweep.yaml", str(jobs)]
        environment = {**os.environ, name: value}
        return subprocess.Popen(
            command, cwd=place, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )


def finish(place: Path, jobs: int) -> float:
    """Run the sweep to its end; return how long it took."""
    started = time.perf_counter()
    if code := start(place, jobs).wait():
        raise Broken(f"sweep.sh exited {code}; see {place / 'log'}")
    return time.perf_counter() - started


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill all processes of the sweep, those that its processes have just started included."""
    while numbers := [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/environ") if MARK in text(path)]:
        for number in numbers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.poll()


def text(path: Path) -> str:
    """Return what a file holds; nothing if it is gone."""
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


def finished(place: Path) -> dict[Path, tuple[int, bytes]]:
    """Return, for each finished run, when its last file was written, and its checkpoint."""
    runs = [path.parent for path in (place / FOLDER).glob("*/summary.json")]
    return {
        run.relative_to(place): (max(file.stat().st_mtime_ns for file in run.iterdir()), checkpoint(run))
        for run in runs
    }


def checkpoint(run: Path) -> bytes:
    """Return the checkpoint's bytes."""
    return (run / "checkpoint.npz").read_bytes()


def tables(place: Path) -> list[bytes]:
    """Return the sweep's table in every format."""
    command = ["bp", "sweep", "table", str(FOLDER), "--format"]
    return [subprocess.run([*command, name], cwd=place, check=True, capture_output=True).stdout for name in FORMATS]


def killed_and_restarted(place: Path, jobs: int, kills: int, duration: float, peace: Path) -> None:
    """Run the sweep with kills at random moments; raises Broken unless it comes to what the one left in peace did."""
    before: dict[Path, tuple[int, bytes]] = {}
    for number in range(kills):
        process = start(place, jobs)
        time.sleep(random.uniform(0, duration / kills))
        kill(process)
        after = finished(place)
        if {run: after.get(run) for run in before} != before:
            raise Broken(f"a finished run was touched in {place}")
        print(f"kill {number + 1}: {len(after)} runs finished, of which {len(before)} were before, and are untouched")
        before = after
    seconds = finish(place, jobs)
    after = finished(place)
    if {run: after.get(run) for run in before} != before:
        raise Broken(f"a finished run was touched in {place}")
    print(f"started again: {len(after) - len(before)} runs in {seconds:.0f} s; {len(before)} were left as they are")
    if {run: data for run, (_, data) in after.items()} != {run: data for run, (_, data) in finished(peace).items()}:
        raise Broken(f"the checkpoints in {place} are not those in {peace}")
    if tables(place) != tables(peace):
        raise Broken(f"the tables of {place} are not those of {peace}")
    print(f"equal, byte by byte: {len(after)} checkpoints, and the tables as {', '.join(FORMATS)}")


def main() -> None:
    """Run all of it in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200, help="how many; in tens (default: 200)")
    parser.add_argument("--kills", type=int, default=5, help="how many (default: 5)")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (default: 2)")
    parser.add_argument("--seed", type=int, default=0, help="for the moments of the kills (default: 0)")
    parser.add_argument("config", nargs="?", type=Path, help="(default: book-relu.yaml, shortened)")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    config, changes = arguments.config, ""
    if config is None:
        config, changes = ROOT / "configs" / "book-relu.yaml", SHORT

    folder = Path(tempfile.mkdtemp(prefix="sweeps-"))
    seeds = math.ceil(arguments.runs / 10)
    (folder / "sweep.yaml").write_text(SWEEP.format(config=config.resolve(), changes=changes, seeds=seeds))
    subprocess.run(["bp", "data", "info", "synthetic"], check=True, stdout=subprocess.DEVNULL)  # drawn before it counts
    try:
        one = finish(folder / "one", 1)
        summaries = [Run(folder / "one" / run).summary() or {} for run in finished(folder / "one")]
        training = sum(summary["seconds"] for summary in summaries) / one
        print(f"one at a time: {len(summaries)} runs in {one:.1f} s, {one / len(summaries):.2f} s each, ", end="")
        print(f"of which {training:.0%} training and {1 - training:.0%} start and end")
        several = finish(folder / "several", arguments.jobs)
        print(f"{arguments.jobs} at a time: {several:.1f} s, {one / several:.2f} times the throughput")
        killed_and_restarted(folder / "killed", arguments.jobs, arguments.kills, several, folder / "several")
    except Broken as error:
        sys.exit(f"broken: {error}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
