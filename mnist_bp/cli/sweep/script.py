"""`bp sweep script`: the scripts that run sweeps, to be kept where one likes."""

import shutil

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports
from mnist_bp.config import catalog
from mnist_bp.errors import BpError, Exit

SCRIPTS = {"sweep.sh": "runs a sweep on several machines", "sweep.sbatch": "runs it on a cluster with Slurm"}


@click.command("script")
@click.argument("name", required=False, shell_complete=options.words(lambda: SCRIPTS))
@reports
def command(name: str | None) -> Result:
    """Print a script that runs sweeps.

    NAME is sweep.sh, which runs a sweep, or any command lines, on several machines or one, or sweep.sbatch, which runs
    it on a cluster with Slurm. `bp sweep run` needs neither. Both are for bash, and say how they are used when they are
    run without arguments.

    \b
    Examples:
        bp sweep script sweep.sh > sweep.sh
        bash sweep.sh learning-rate
    """  # noqa: D301  # \b keeps click from joining the lines
    if name not in SCRIPTS:
        hint = "; ".join(f"{script} {purpose}" for script, purpose in SCRIPTS.items())
        got = "no name" if name is None else name
        raise BpError(f"expected {' or '.join(SCRIPTS)}; got {got}", code=Exit.USAGE, hint=hint)
    if not shutil.which("bash"):
        output.advise("there is no bash here, which the script needs; `bp sweep run SWEEP` needs none")
    text = (catalog.home() / "scripts" / name).read_text(encoding="utf-8")
    return Result(text.rstrip("\n"), {"name": name, "text": text}, exact=True)
