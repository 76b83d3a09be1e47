#!/usr/bin/env python3
"""Time mnist_bp beside its peers on this machine, and print tables.

    scripts/benchmark.py                    every table: half an hour on two cores
    scripts/benchmark.py conv startup       these tables
    scripts/benchmark.py conv --json        one JSON object, with every single measurement

Tables: {tables}.

Each measurement is a process of its own, one of scripts/peers/, which can be run alone as well. Those that are compared
take turns, round by round, and a table shows medians. Peers are timed where they are installed:
pip install '.[bench]'. The digits are MNIST's, from the cache.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from peers.processes import (
    FOLDER,
    OURS,
    PEERS,
    Finished,
    bp_train,
    busy_processor,
    in_turn,
    installed,
    peer,
    process,
    python,
    sets,
)

from mnist_bp import config as configs
from mnist_bp import machine
from mnist_bp.errors import BpError

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
THREADS = (1, 2)
WIDTHS = (50, 100, 200, 400, 800, 2000)
RUNS = 60  # of the sweep

WHO = (
    "n: threads for matrix products; of mnist_bp: shards, with one BLAS thread each, and a thread that gathers batches "
    "where a processor is free for it"
)
A_THIRD = "data.validation=40000"  # of the training images is left to train on
AS_THEY_ARE = "data.augment=null"  # not distorted
BETTER = "the better / our better"

Row = dict[str, Any]
"""A table's row by its headings; what stands under "all", every measurement, is for JSON alone."""


@dataclass(frozen=True)
class Table:
    """What was measured, what was the same for all, and the rows."""

    title: str
    equal: str
    rows: list[Row]


@dataclass(frozen=True)
class Task:
    """What several peers train: a config, some of its keys changed."""

    name: str
    config: Path
    changes: tuple[str, ...] = ()


CONV = Task("conv.yaml", CONFIGS / "conv.yaml", (A_THIRD, AS_THEY_ARE))


def two_layers(config: Path, units: int, batch: int) -> Task:
    """Return a net of so many hidden units."""
    changes = f"model.hidden={units}", f"train.batch_size={batch}", A_THIRD
    return Task(f"784-{units}-10, batch {batch}", config, changes)


def compared(times: Mapping[tuple[str, str, int], Sequence[float]], unit: str) -> list[Row]:
    """Return a row for each task and peer, out of the times with each number of threads."""
    medians = {key: statistics.median(found) for key, found in times.items()}
    rows = []
    for task, name in dict.fromkeys((task, name) for task, name, _ in times):
        theirs, ours = ({n: medians[task, who, n] for n in THREADS} for who in (name, OURS))
        rows.append(
            {
                "": task,
                "by": name,
                **{f"{unit}, n = {n}": theirs[n] for n in THREADS},
                "1 / 2": theirs[1] / theirs[2],
                "1 / our 1": theirs[1] / ours[1],
                BETTER: min(theirs.values()) / min(ours.values()),
                "all": {n: list(times[task, name, n]) for n in THREADS},
            }
        )
    return rows


def steady(tasks: Mapping[Task, Sequence[str]], rounds: int, *, epochs: int, a_step: bool = False) -> list[Row]:
    """Time steady epochs, or the steps in them, of several tasks, each by several peers."""
    options = [*sets("train.sampling=shuffle", "train.metrics=running"), "--steady", str(epochs)]
    jobs = {
        (task.name, name, n): peer(name, task.config, *options, *sets(*task.changes), threads=n)
        for task, names in tasks.items()
        for name in names
        if name in installed()
        for n in THREADS
    }
    times = {
        key: [
            1e6 * seconds / run.printed["epoch_steps"] if a_step else seconds
            for run in runs
            for seconds in run.printed["epoch_seconds"]
        ]
        for key, runs in in_turn(jobs, rounds).items()
    }
    return compared(times, "µs" if a_step else "s")


def epoch(config: Path, rounds: int) -> Table:
    """Time steady epochs of every peer."""
    return Table(
        f"A steady epoch of {config.name}",
        "net, initial weights' distribution (but for scikit-learn's), batch, update rule, data, dtype; all epochs of a "
        f"process but its first, without evaluation. {WHO}",
        steady({Task(config.name, config): [*PEERS]}, rounds, epochs=3),
    )


def conv(config: Path, rounds: int) -> Table:
    """Time steps of conv.yaml."""
    names = OURS, "mnist_bp on one processor", "PyTorch", "JAX"
    return Table(
        "A step of conv.yaml, of which an epoch has 600",
        f"net, batch, update rule, data (20,000 images, not distorted), dtype; as part of a steady epoch. {WHO}",
        steady({CONV: names}, rounds, epochs=1, a_step=True),
    )


def augment(config: Path, rounds: int) -> Table:
    """Time steps of an 800-unit net with and without distorted images."""
    simard = CONFIGS / "simard.yaml"
    tasks = Task("simard.yaml", simard, (A_THIRD,)), Task("without distortions", simard, (A_THIRD, AS_THEY_ARE))
    return Table(
        "A step of simard.yaml, of 128 images that are distorted or as they are",
        f"net, batch, update rule, data (20,000 images), dtype; as part of a steady epoch. {WHO}",
        steady(dict.fromkeys(tasks, (OURS, "mnist_bp on one processor")), rounds, epochs=1, a_step=True),
    )


def shapes(config: Path, rounds: int) -> Table:
    """Time steps of nets of several widths with batches of several sizes."""
    cells = (50, 100), (200, 100), (800, 100), (800, 400), (2000, 128)
    return Table(
        f"A step of {config.name} at several widths and batch sizes",
        f"net, batch, update rule, data (20,000 images), dtype; as part of a steady epoch. {WHO}",
        steady({two_layers(config, *cell): (OURS, "PyTorch", "JAX") for cell in cells}, rounds, epochs=2, a_step=True),
    )


def busy(config: Path, rounds: int) -> Table:
    """Time steps while another process uses a processor; the textbook's second thread is one of BLAS."""
    with busy_processor():
        rows = steady(
            {
                CONV: [OURS],
                two_layers(config, 50, 100): [OURS],
                two_layers(config, 800, 400): [OURS, "textbook NumPy"],
                two_layers(config, 2000, 128): [OURS],
            },
            rounds,
            epochs=1,
            a_step=True,
        )
    return Table("A step while another process uses a processor", f"as in the tables conv and shapes. {WHO}", rows)


def floor(config: Path, rounds: int) -> Table:
    """Measure how far a step is above its matrix products, for several widths."""
    jobs = {
        (f"{width} units", n): partial(
            python,
            *(FOLDER / "floor.py", "--config", config),
            *sets("train.metrics=running", f"model.hidden={width}", f"train.shards={n}"),
        )
        for width in WIDTHS
        for n in THREADS
    }
    found = in_turn(jobs, rounds)

    def median(key: str, width: int, n: int) -> float:
        return float(statistics.median(run.printed[key] for run in found[f"{width} units", n]))

    rows = [
        {
            "hidden units": width,
            "products, µs": median("floor_us", width, 1),
            "of them the first layer's two": median("floor_first_layer_us", width, 1),
            **{f"step, shards: {n}, µs": median("step_us", width, n) for n in THREADS},
            **{f"step / products, shards: {n}": median("ratio", width, n) for n in THREADS},
            "all": {n: [run.printed["ratios"] for run in found[f"{width} units", n]] for n in THREADS},
        }
        for width in WIDTHS
    ]
    return Table(
        f"A whole training step over its bare matrix products, {config.name} at several widths",
        "process, batch, dtype; products and steps take turns; the products have one thread, and so has BLAS in a step",
        rows,
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
    base = "python -c 'import numpy'"
    jobs: dict[str, Callable[[], Finished]] = {
        "python -c pass": lambda: python("-c", "pass"),
        base: lambda: python("-c", "import numpy"),
        "bp train": bp_train(config, *one),
        **{
            name: peer(name, config, *one) for name in (OURS, "textbook NumPy", "PyTorch", "JAX") if name in installed()
        },
    }
    runs = in_turn(jobs, 2 * rounds)
    ended = {name: [run.seconds for run in each] for name, each in runs.items()}
    stepped = {
        name: [run.printed["first_epoch_at"] - run.began for run in each if "first_epoch_at" in (run.printed or {})]
        for name, each in runs.items()
    }
    rows = [
        {
            "": f"{name}: its training loop" if name == OURS else name,
            "first step done after, s": statistics.median(stepped[name]) if stepped[name] else "",
            "process ended after, s": statistics.median(ended[name]),
            f"/ {base}": statistics.median(ended[name]) / statistics.median(ended[base]),
            "all": {"first step": stepped[name], "end": ended[name]},
        }
        for name in jobs
    ]
    return Table(
        f"Warm start: {config.name}, one step, then the test images", "config, data in the cache, one thread", rows
    )


def sweep(config: Path, rounds: int) -> Table:
    """Time a sweep of short runs, as a script with a process for each run and as one command."""

    def run(*command: str | Path) -> Finished:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "short.yaml").write_text(f"base: {config.resolve()}\ntrain: {{max_steps: 600}}\nseeds: {RUNS}\n")
            finished = process(*command, "short.yaml", folder=folder)
            if (ended := len([*folder.glob("sweeps/short/*/summary.json")])) != RUNS:
                sys.exit(f"{' '.join(map(str, command))}: expected {RUNS} finished runs; got {ended}")
        return finished

    script = "bash sweep.sh"
    jobs = {
        script: lambda: run("bash", Path(__file__).with_name("sweep.sh")),
        "bp sweep run": lambda: run(sys.executable, "-m", "mnist_bp", "sweep", "run"),
    }
    times = {name: [each.seconds / RUNS for each in runs] for name, runs in in_turn(jobs, rounds).items()}
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    rows = [
        {"": name, "s a run": seconds, "throughput": medians[script] / seconds, "all": times[name]}
        for name, seconds in medians.items()
    ]
    return Table(
        f"A sweep of {RUNS} runs of 600 steps of {config.name}, {machine.processors()} at a time",
        "plan, an empty folder; one shard each",
        rows,
    )


def whole(config: Path, rounds: int) -> Table:
    """Time whole processes from start to end."""
    book, speedrun = CONFIGS / "book-relu.yaml", CONFIGS / "speedrun.yaml"
    tasks = {
        Task("book-relu.yaml with its 17 full evaluations", book): "textbook NumPy",
        Task("to 97 %: speedrun.yaml, max_steps: 200", speedrun, ("train.max_steps=200",)): "PyTorch",
        Task("to 98 %: speedrun.yaml", speedrun): "PyTorch",
    }
    jobs: dict[tuple[str, str, int], Callable[[], Finished]] = {}
    for task, name in tasks.items():
        for n in THREADS:
            jobs[task.name, OURS, n] = bp_train(task.config, *sets(*task.changes, f"train.shards={n}"))
            textbook = ("train.dtype=float64",) if name == "textbook NumPy" else ()  # which is what textbooks have
            if name in installed():
                jobs[task.name, name, n] = peer(name, task.config, *sets(*task.changes, *textbook), threads=n)
    finished = in_turn(jobs, rounds)
    rows = compared({key: [run.seconds for run in runs] for key, runs in finished.items()}, "s")
    for row in rows:
        runs = [run for n in THREADS for run in finished[row[""], row["by"], n]]
        row["test accuracy"] = f"{min(run.printed['test_accuracy'] for run in runs):.4f}"
        row["peak memory, MB"] = max(run.megabytes for run in runs)
    return Table(
        "Whole processes, from start to exit, data in the cache",
        "within a recipe: net, batch, update rule, schedule, steps and evaluations; the textbook computes in "
        f"float64. {WHO}",
        rows,
    )


TABLES = {"epoch": epoch, "conv": conv, "augment": augment, "shapes": shapes, "busy": busy, "floor": floor,
          "whole": whole, "startup": startup, "sweep": sweep, "gradient": gradient}  # fmt: skip


def shown(value: object) -> str:
    """Return a number to three digits, and all else as it is."""
    if not isinstance(value, float):
        return str(value)
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def markdown(table: Table, kernel: str) -> str:
    """Return a table as Markdown."""
    headings = [heading for heading in table.rows[0] if heading != "all"]
    lines = [headings, ["---"] * len(headings), *([shown(row[heading]) for heading in headings] for row in table.rows)]
    return "\n".join(
        [
            f"\n{table.title}; kernel {kernel}\n",
            *(f"| {' | '.join(cells)} |" for cells in lines),
            f"\nEqual: {table.equal}.",
        ]
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").format(tables=", ".join(TABLES)),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help="which tables  [default: all]")
    parser.add_argument("--config", type=Path, default=CONFIGS / "book-relu.yaml", metavar="FILE",
                        help="in place of configs/book-relu.yaml, except in the table whole")  # fmt: skip
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
    blas = about["blas"]
    if not given.json:
        libraries = ", ".join(f"{package} {number}" for package, number in packages.items())
        print(f"Python {about['python']}, {libraries}; {blas['name']} {blas['version']}, kernel {blas['kernel']}; "
              f"{about['cpu']}, {machine.processors()} processors")  # fmt: skip
    tables = {}
    for name in given.tables or TABLES:
        tables[name] = TABLES[name](given.config, given.rounds)
        if not given.json:
            print(markdown(tables[name], blas["kernel"]), flush=True)
    if given.json:
        print(
            json.dumps({"environment": about, "packages": packages, "tables": {k: vars(t) for k, t in tables.items()}})
        )


if __name__ == "__main__":
    main()
