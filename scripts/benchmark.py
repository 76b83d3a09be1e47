#!/usr/bin/env python3
"""Time mnist_bp beside its peers on this machine, and print tables.

    scripts/benchmark.py                    every table: eight minutes on two cores
    scripts/benchmark.py epoch startup      these tables
    scripts/benchmark.py epoch --json       one JSON object, with every single measurement

Tables: {tables}.

Each measurement is a process of its own, one of scripts/peers/, which can be run alone as well. Those that are compared
take turns, round by round, and a table shows medians. Peers are timed where they are installed:
pip install '.[bench]'. The digits are MNIST's, from the cache.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peers.processes import FOLDER, OURS, PEERS, Finished, bp_train, in_turn, installed, peer, python, sets

from mnist_bp import config as configs
from mnist_bp import machine
from mnist_bp.errors import BpError

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
THREADS = sorted({1, os.cpu_count() or 1})
WIDTHS = (50, 100, 200, 400, 800, 1600, 4096)
BATCHES = (1, 10, 50, 100, 200, 400, 1000, 4096)

WHO = (
    "products and steps take turns; one thread for products unless the heading says otherwise; another one to gather "
    "batches where there is a second processor"
)

Row = dict[str, Any]
"""A table's row by its headings; what stands under "all", every measurement, is for JSON alone."""


@dataclass(frozen=True)
class Table:
    """What was measured, what was the same for all, and the rows."""

    title: str
    equal: str
    rows: list[Row]


def epoch(config: Path, rounds: int) -> Table:
    """Time steady epochs of every peer with one thread and with one for each core."""
    changes = sets("train.sampling=shuffle", "train.metrics=running")
    jobs = {
        (name, threads): peer(name, config, *changes, "--threads", str(threads), "--steady", "3")
        for name in installed()
        for threads in THREADS
    }
    times = {
        key: [seconds for one in runs for seconds in one.printed["epoch_seconds"]]
        for key, runs in in_turn(jobs, rounds).items()
    }
    medians = {key: statistics.median(seconds) for key, seconds in times.items()}
    best = {name: min(medians[name, threads] for threads in THREADS) for name, _ in jobs}
    rows = [
        {
            "": name,
            **{f"s, threads: {threads}": medians[name, threads] for threads in THREADS},
            "best, relative to ours": best[name] / best[OURS],
            "all": {threads: times[name, threads] for threads in THREADS},
        }
        for name in best
    ]
    return Table(
        f"A steady epoch of {config.name}",
        "net, initial weights' distribution (but for scikit-learn's), batch, update rule, data, dtype; all epochs of a "
        "process but its first, without evaluation",
        rows,
    )


def over_floor(config: Path, key: str, values: Sequence[int]) -> list[Row]:
    """Measure how far a step is above its matrix products, for some values of a key."""
    ways = {"": ["--threads", "1"], " on one processor": ["--threads", "1", "--alone"]}
    ways |= {f", threads: {threads}": ["--threads", str(threads)] for threads in THREADS[1:]}
    rows = []
    for value in values:
        print(f"{key}={value}", file=sys.stderr)
        options = sets("train.metrics=running", f"{key}={value}")
        found = {way: python(FOLDER / "floor.py", "--config", config, *way_options, *options).printed
                 for way, way_options in ways.items()}  # fmt: skip
        rows.append(
            {
                key: value,
                "products, µs": found[""]["floor_us"],
                "of them the first layer's two": found[""]["floor_first_layer_us"],
                "step, µs": found[""]["step_us"],
                "ratio": found[""]["ratio"],
                **{f"step{way}, µs": found[way]["step_us"] for way in ways if way},
                "all": {way: found[way]["ratios"] for way in ways},
            }
        )
    return rows


def width(config: Path, rounds: int) -> Table:
    """Measure steps over the floor for nets of several widths."""
    return Table(
        f"A whole training step over its bare matrix products, {config.name} at several widths",
        f"process, batch, dtype; {WHO}",
        over_floor(config, "model.hidden", WIDTHS),
    )


def batch(config: Path, rounds: int) -> Table:
    """Measure steps over the floor for several batch sizes."""
    return Table(
        f"A whole training step over its bare matrix products, {config.name} at several batch sizes",
        f"process, net, dtype; {WHO}",
        over_floor(config, "train.batch_size", BATCHES),
    )


def gradient(config: Path, rounds: int) -> Table:
    """Time the ways to the gradient of all parameters."""
    print("gradients.py: a minute", file=sys.stderr)
    return Table(
        "The gradient of all 39,760 parameters of 784-50-10, sigmoid, batch 100, float64",
        "process, net, parameters, batch, dtype; one thread unless the row says otherwise",
        python(FOLDER / "gradients.py").printed,
    )


def startup(config: Path, rounds: int) -> Table:
    """Time processes that train for a single step."""
    one = sets("train.max_steps=1", "train.metrics=running")
    jobs: dict[str, Callable[[], Finished]] = {
        "python -c pass": lambda: python("-c", "pass"),
        "python -c 'import numpy'": lambda: python("-c", "import numpy"),
        "bp train": bp_train(config, *one),
        **{
            name: peer(name, config, *one) for name in installed() if name not in ("scikit-learn", "PyTorch DataLoader")
        },
    }
    rows = []
    for name, runs in in_turn(jobs, 2 * rounds).items():
        stepped = [run.printed["first_epoch_at"] - run.began for run in runs if "first_epoch_at" in (run.printed or {})]
        ended = [run.seconds for run in runs]
        rows.append(
            {
                "": f"{name}: its training loop" if name == OURS else name,
                "first step done after, s": statistics.median(stepped) if stepped else "",
                "process ended after, s": statistics.median(ended),
                "all": {"first step": stepped, "end": ended},
            }
        )
    return Table(f"Warm start: {config.name}, one step, then the test images", "config, data in the cache", rows)


def loading(config: Path, rounds: int) -> Table:
    """Time the first and the later loading of MNIST."""
    print("loading.py", file=sys.stderr)
    times = python(FOLDER / "loading.py").printed
    names = {
        "first": "our first start: verify and decode the archives, keep a decoded copy",
        "later": "our later starts: read the decoded copy and verify it",
        "textbook": "gzip, np.frombuffer and float32 / 255, at every start",
    }
    rows = [{"": names[way], "s": statistics.median(seconds), "all": seconds} for way, seconds in times.items()]
    return Table("Loading MNIST", "archives, process, files in the system's memory; without downloading", rows)


def memory(config: Path, rounds: int) -> Table:
    """Measure the peak memory of processes that train for an epoch."""
    book = CONFIGS / "book.yaml"
    changes = sets("train.epochs=1", "train.max_steps=null", "train.sampling=shuffle")
    jobs = {"bp train": bp_train(book, *changes)}
    jobs |= {name: peer(name, book, *changes) for name in installed() if name != OURS}
    rows = [
        {"": name, "peak resident memory, MB": run.megabytes, "all": [run.megabytes]}
        for name, (run,) in in_turn(jobs, 1).items()
    ]
    return Table(
        "Memory: book.yaml, one epoch and its evaluation of both sets", "config, whole process, one thread", rows
    )


def whole(config: Path, rounds: int) -> Table:
    """Time whole processes from start to end."""
    book, speedrun = CONFIGS / "book-relu.yaml", CONFIGS / "speedrun.yaml"
    full = "book-relu.yaml with its 17 full evaluations"
    recipes = {"to 97 %: speedrun.yaml, max_steps: 200": ["train.max_steps=200"], "to 98 %: speedrun.yaml": []}
    jobs: dict[tuple[str, str], Callable[[], Finished]] = {(full, "bp train"): bp_train(book)}
    for threads in THREADS:
        options = "--threads", str(threads), "--set", "train.dtype=float64"  # which is what textbooks have
        jobs[full, f"textbook NumPy, float64, threads: {threads}"] = peer("textbook NumPy", book, *options)
    for recipe, changes in recipes.items():
        jobs[recipe, "bp train"] = bp_train(speedrun, *sets(*changes))
        for threads in THREADS if "PyTorch eager" in installed() else ():
            options = "--threads", str(threads), *sets(*changes)
            jobs[recipe, f"PyTorch eager, threads: {threads}"] = peer("PyTorch eager", speedrun, *options)
    finished = in_turn(jobs, rounds)
    medians = {key: statistics.median(run.seconds for run in runs) for key, runs in finished.items()}
    rows = [
        {
            "": recipe,
            "by": name,
            "s": medians[recipe, name],
            "relative to ours": medians[recipe, name] / medians[recipe, "bp train"],
            "test accuracy": f"{min(run.printed['test_accuracy'] for run in runs):.4f}",
            "peak memory, MB": statistics.median(run.megabytes for run in runs),
            "all": [run.seconds for run in runs],
        }
        for (recipe, name), runs in finished.items()
    ]
    return Table(
        "Whole processes, from start to exit, data in the cache",
        "within a recipe: net, batch, update rule, schedule, number of steps and of evaluations; one thread unless the "
        "row says otherwise",
        rows,
    )


TABLES = {"epoch": epoch, "width": width, "batch": batch, "gradient": gradient, "startup": startup, "data": loading,
          "memory": memory, "whole": whole}  # fmt: skip


def shown(value: object) -> str:
    """Return a number to three digits, and all else as it is."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(table: Table) -> str:
    """Return a table as Markdown."""
    headings = [heading for heading in table.rows[0] if heading != "all"]
    lines = [headings, ["---"] * len(headings), *([shown(row[heading]) for heading in headings] for row in table.rows)]
    return "\n".join(
        [f"\n{table.title}\n", *(f"| {' | '.join(cells)} |" for cells in lines), f"\nEqual: {table.equal}."]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").format(tables=", ".join(TABLES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="which tables  [default: all]")
    parser.add_argument("--config", type=Path, default=CONFIGS / "book-relu.yaml", metavar="FILE",
                        help="of epoch, width, batch and startup  [default: configs/book-relu.yaml]")  # fmt: skip
    parser.add_argument("--rounds", type=int, default=3, metavar="N",
                        help="measurements of each; start-up takes twice as many  [default: 3]")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of tables")
    given = parser.parse_args()
    if unknown := set(given.tables) - set(TABLES):
        parser.error(f"expected {', '.join(TABLES)}; got {', '.join(sorted(unknown))}")
    if given.rounds < 1:
        parser.error(f"--rounds: expected 1 or more; got {given.rounds}")
    try:
        configs.load(given.config)
    except BpError as error:
        parser.error(str(error))

    about = machine.describe()
    packages = {package: version(package) for package in dict.fromkeys(PEERS[name][0] for name in installed())}
    if not given.json:
        blas = about["blas"]
        libraries = ", ".join(f"{package} {number}" for package, number in packages.items())
        print(f"Python {about['python']}, {libraries}; {blas['name']} {blas['version']}, kernel {blas['kernel']}; "
              f"{about['cpu']}, {machine.processors()} processors")  # fmt: skip
    tables = {}
    for name in given.tables or TABLES:
        tables[name] = TABLES[name](given.config, given.rounds)
        if not given.json:
            print(markdown(tables[name]), flush=True)
    if given.json:
        print(
            json.dumps({"environment": about, "packages": packages, "tables": {k: vars(t) for k, t in tables.items()}})
        )


if __name__ == "__main__":
    main()
