"""`bp sweep run`: a sweep, several runs at a time."""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.errors import BpError, Exit
from mnist_bp.progress import silent

if TYPE_CHECKING:
    from mnist_bp.config import Config
    from mnist_bp.sweep.forking import Children
    from mnist_bp.sweep.running import Job


@click.command("run")
@click.argument("sweep", type=options.Named("sweeps"))
@click.option(
    "-j",
    "--jobs",
    "count",
    type=options.Integer(1),
    metavar="N",
    help="Runs at a time.  [default: as many as there are processors]",
)
@click.option("--quiet", is_flag=True, help="No progress on stderr.")
@reports
def command(sweep: str, count: int | None, quiet: bool) -> Result:
    """Make the runs of a sweep, several at a time.

    SWEEP is a YAML file as for `bp sweep plan`, or the name of a sweep in `bp config --list`: the plan is saved as
    sweeps/NAME/plan.txt, and the runs lie beside it. Or it is a file of `bp train` command lines, and - is standard
    input. Repeated, the command does what is missing, failed runs included.

    Each run is a process of its own, and leaves what its command line does. One that fails stops no other: it is listed
    at the end, and the exit code is 1. Ctrl-C, SIGTERM, SIGUSR1 and SIGHUP stop the sweep: those under way save a
    checkpoint, no other is begun, and the exit code is 130, 143, 138 or 129.

    \b
    Examples:
        bp sweep run learning-rate
        bp sweep run learning-rate -j 1
        bp sweep plan --config xor --seeds 3 | bp sweep run -
    """  # noqa: D301  # \b keeps click from joining the lines
    from tqdm import tqdm

    from mnist_bp.cli.interruption import SweepInterruption
    from mnist_bp.cli.sweep.progress import SweepProgress
    from mnist_bp.run.execution import prepare
    from mnist_bp.sweep import forking, running

    folder, configs, jobs = _read(sweep)
    processors = forking.processors()
    count = count or len(processors)
    progress = SweepProgress(folder, len(jobs), len(configs) - len(jobs) if folder else 0, running.Names(configs))
    if jobs:
        tqdm.monitor_interval = 0  # whose thread a copy of this process would lack
        loaded = prepare((job.config for job in jobs if job.config), silent if quiet else output.bar)
        sharded = any(job.config is not None and job.config.train.shards > 1 for job in jobs)
        children = _children(loaded, processors if count == len(processors) and not sharded else ())
        places = min(count, len(jobs))
        with SweepInterruption() as stopping, progress.shown(places, quiet=quiet):
            for job, ended in running.run(jobs, children, places, stopping):
                progress.note(job, ended, stopping.code)
        return progress.result(stopping.code)
    return progress.result(None)


def _read(sweep: str) -> "tuple[Path | None, list[Config], list[Job]]":
    """Return the folder of a sweep, the configs of its runs, and the jobs that make those which are missing.

    Lines have no folder, and are all to be run.
    """
    from mnist_bp.sweep import running

    text = None
    if sweep == "-":
        if sys.stdin is None:
            raise BpError("-: expected command lines on stdin; it is closed", code=Exit.USAGE)
        text = os.fsdecode(sys.stdin.buffer.read())
    elif Path(sweep).exists() and not Path(sweep).is_dir():
        text = os.fsdecode(Path(sweep).read_bytes())
    if text is None or running.is_yaml(text, sweep):
        if sweep == "-":
            raise BpError("-: expected command lines; got YAML, for which SWEEP must name a file", code=Exit.USAGE)
        folder, runs = running.planned(sweep)
        return folder, [run.config for run in runs], running.missing(runs)
    jobs = [running.Job(line, _config(line)) for line in running.command_lines(text, sweep)]
    return None, [job.config for job in jobs if job.config], jobs


def _config(line: str) -> "Config | None":
    """Return the config that a line `bp train …` asks for; None if it is mistaken, as the run will say."""
    from mnist_bp import config as configs
    from mnist_bp.cli import train

    try:
        given = train.command.make_context("bp train", shlex.split(line)[2:], help_option_names=[]).params
        seed = [] if given["seed"] is None else [f"seed={given['seed']}"]
        return configs.load(given["config"] or given["config_file"], [*given["overrides"], *seed])
    except (BpError, click.ClickException):
        return None


def _children(loaded: Mapping[Any, Any], processors: Sequence[int]) -> "Children":
    """Return what makes the runs: copies of this process where there can be some, with what is loaded."""
    from mnist_bp.sweep import forking

    if not forking.possible():
        return forking.Started([sys.executable, "-m", "mnist_bp"], {"PYTHONIOENCODING": "utf-8"})

    def act(words: Sequence[str]) -> None:
        with ExitOnSignals():
            bp([*words], prog_name="bp", obj=loaded)

    from mnist_bp.cli import train, training_display  # noqa: F401  # loaded here, once for all
    from mnist_bp.cli.bp import bp
    from mnist_bp.cli.interruption import ExitOnSignals

    return forking.Forked(act, processors)
