"""The scripts that run sweeps: sweep.sh by both of its engines, and sweep.sbatch without Slurm (see try_slurm.sh)."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"
PROGRAMS = (  # all that the scripts need
    "bash", "cat", "cp", "cut", "dirname", "env", "getconf", "grep", "mkdir", "mkfifo", "mktemp", "mv", "nproc", "rm",
    "sed", "sh", "sleep", "taskset", "touch", "tr", "wc", "xargs",
)  # fmt: skip
PATIENCE = 30  # seconds, after which something hangs
ENDLESS = (
    "bp train --set data.name=xor --set model.output=sigmoid --set model.loss=mean_squared_error "
    "--set train.batch_size=4 --set train.epochs=1000000 --out {} --quiet"
)
SWEEP = """\
data: {name: xor}
model: {hidden: 4, output: sigmoid, loss: mean_squared_error}
train: {epochs: 40, batch_size: 4}
grid:
  train.learning_rate: [1, 2, 4]
"""

PIPES: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
PIPES |= {"errors": "surrogateescape"}  # as in the names of files

needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes in /proc")


class Place:
    """Programs to run scripts with, on a PATH of their own, and the processes that have come of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.mark = f"PLACE={folder}"
        self.environment = {**os.environ, "PATH": str(folder), "HOME": str(folder), "PLACE": str(folder)}
        self.environment |= {"PYTHONPATH": str(SCRIPTS.parent), "TMPDIR": str(folder)}
        for program in PROGRAMS:
            if found := shutil.which(program):
                (folder / program).symlink_to(found)
        self.program("bp", f'exec {shlex.quote(sys.executable)} -m mnist_bp "$@"')

    def program(self, name: str, text: str) -> None:
        """Make a program."""
        (self.folder / name).write_text(f"#!{shutil.which('bash')}\n{text}\n")
        (self.folder / name).chmod(0o755)

    def start(self, script: str, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
        """Start a script."""
        return subprocess.Popen(
            ["bash", str(SCRIPTS / script), *map(str, arguments)],
            env={**self.environment, **environment},
            **PIPES,
        )

    def run(self, script: str, *arguments: object, **environment: str) -> tuple[int, str, str]:
        """Run a script; return its exit code and what it wrote."""
        return ended(self.start(script, *arguments, **environment))

    def processes(self) -> list[int]:
        """Return the processes that live."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has just ended, or is not ours to see
                if os.fsencode(self.mark) in (path / "environ").read_bytes().split(b"\0"):
                    found.append(int(path.name))
        return found

    def kill(self) -> None:
        """Kill all processes, those that are just being started included."""
        while processes := self.processes():
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stdout, stderr


def wait_until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def found(pattern: str) -> list[Path]:
    return sorted(Path().glob(pattern))


def lines(*commands: str) -> Path:
    """Return a file of command lines."""
    path = Path("lines")
    path.write_text("".join(f"{command}\n" for command in commands))
    return path


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Return a place without GNU parallel, and with no process in the end."""
    made = Place(tmp_path / "bin")
    yield made
    made.kill()


@pytest.fixture(params=["parallel", "xargs"])
def engine(request: pytest.FixtureRequest, place: Place) -> Place:
    """Return a place with GNU parallel, or with xargs alone."""
    if request.param == "parallel":
        version = subprocess.run(["sh", "-c", "parallel --version"], capture_output=True, text=True, check=False).stdout
        if not version.startswith("GNU parallel"):
            pytest.skip("GNU parallel is not installed")
        place.environment["PATH"] += os.pathsep + os.environ["PATH"]
    return place


def test_a_sweep_does_what_is_missing_and_lists_what_failed(engine: Place) -> None:
    """The sweep's name needs quotes; a foreign file is in the way of one of its three runs."""
    Path('it\'s "a" try.yaml').write_text(SWEEP)
    folder = Path("sweeps", 'it\'s "a" try')
    planned = ended(subprocess.Popen(["bp", "sweep", "plan", *found("*.yaml")], env=engine.environment, **PIPES))[1]
    runs = [Path(shlex.split(line)[-2]) for line in planned.splitlines()]
    runs[1].mkdir(parents=True)
    (runs[1] / "foreign").touch()

    code, stdout, stderr = engine.run("sweep.sh", *found("*.yaml"))

    assert code == 1
    assert (folder / "plan.txt").read_text() == planned
    assert found(f"{folder}/*/summary.json") == sorted(run / "summary.json" for run in runs if run != runs[1])
    assert all(f"left  {run}  test accuracy " in stdout for run in runs if run != runs[1])
    listed = stderr.partition("failed:\n")[2]
    assert listed.startswith(f"exit 2: {planned.splitlines()[1]}\n    error: {runs[1]}")
    summary, _, hint = listed.rpartition("hint: ")
    assert summary.endswith("\n2 done, 1 failed, 0 left, 0 finished before\n")
    assert shlex.split(hint) == ["bp", "sweep", "table", str(folder)]

    (runs[1] / "foreign").unlink()
    finished = {path: path.stat().st_mtime_ns for path in found(f"{folder}/*/*")}
    code, stdout, stderr = engine.run("sweep.sh", *found("*.yaml"))

    assert (code, stdout.count("\n")) == (0, 1)
    assert f"left  {runs[1]}  test accuracy " in stdout
    assert re.match(r"runs: 1, \d+ at a time; 2 finished before\n1 done, 0 failed, 0 left, 2 finished before\n", stderr)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished

    code, stdout, stderr = engine.run("sweep.sh", *found("*.yaml"))

    assert (code, stdout) == (0, "")
    assert stderr.startswith("all 3 runs are finished")


def test_failed_commands_do_not_stop_the_others_and_are_listed_with_their_output(engine: Place) -> None:
    failing = ["sh -c 'echo wrong; echo worse >&2; exit 3'", "exit 255", "sh -c 'kill -9 $$'"]

    code, stdout, stderr = engine.run("sweep.sh", lines(*failing, "echo \"fine, $(echo '{} \\ ')\"", "", "exit 0"), 1)

    assert code == 1
    assert "fine, {} \\ " in stdout
    said = ["\n    wrong\n    worse", "", ""]
    listed = [f"exit {n}: {line}{text}\n" for n, line, text in zip((3, 255, 137), failing, said, strict=True)]
    assert stderr.partition("failed:\n")[2] == "".join(listed) + "2 done, 3 failed, 0 left, 0 finished before\n"


def test_lines_that_are_no_utf_8_run_unchanged_and_are_listed_unchanged(engine: Place) -> None:
    path = lines()
    path.write_bytes(b"echo good >made-\xff\n\xff\xfe\nsh -c 'echo said \xe9; exit 3' \xff\n")

    code, _, stderr = engine.run("sweep.sh", path, 1)

    assert code == 1
    assert Path("made-\udcff").read_text() == "good\n"
    failed, last = stderr.partition("failed:\n")[2].split("exit 3: ")
    assert failed.startswith("exit 127: \udcff\udcfe\n    ")
    assert (
        last
        == "sh -c 'echo said \udce9; exit 3' \udcff\n    said \udce9\n1 done, 2 failed, 0 left, 0 finished before\n"
    )


def test_the_outputs_of_simultaneous_commands_are_kept_apart(place: Place) -> None:
    failing = [f"sh -c 'printf %05000d 0; echo; echo {n}; exit {n}' {'long' * 1000}" for n in range(1, 41)]

    code, _, stderr = place.run("sweep.sh", lines(*failing), 8)

    assert code == 1
    assert stderr.count("\nexit ") == 40
    listed = re.findall(r"^exit ([0-9]+): sh -c .*long[long]*\n    \.\.\.0+\n    ([0-9]+)\n", stderr, re.MULTILINE)
    assert sorted(listed) == sorted((str(number), str(number)) for number in range(1, 41))


def test_lines_may_come_from_standard_input(place: Place) -> None:
    command = ["bash", "-c", f"printf 'echo one\\necho two\\n' | bash {shlex.quote(str(SCRIPTS / 'sweep.sh'))} - 1"]
    code, stdout, _ = ended(subprocess.Popen(command, env=place.environment, **PIPES))

    assert code == 0
    assert [line.split()[-1] for line in stdout.splitlines()] == ["one", "two"]


EXECUTED = '"$(touch executed)"'  # harmless in YAML, and not in a shell
YAML = [
    f"# what varies\ngrid: {{train.epochs: [1, 2]}}\ndata: {{name: {EXECUTED}}}\n",
    f"  seeds : {EXECUTED}\n",
    f'\ufeff{{\n "base": {EXECUTED}}}\n',
    f"--- {{'random': {EXECUTED}}}\n",
    f"#\rtrain: {EXECUTED}\r",
    f"unknown:\n  name: {EXECUTED}\n",
]


def test_a_line_that_is_too_long_is_named_before_any_is_run(place: Place) -> None:
    Path("lines").write_text(f"touch executed\n: {'0' * 70_000}\n")
    code, stdout, stderr = place.run("sweep.sh", "lines")
    assert (code, stdout) == (2, "")
    assert stderr == "error: lines: expected lines of at most 60000 bytes; got a longer one, line 2\n"
    assert not Path("executed").exists()


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-"])
def test_a_sweep_is_run_though_nobody_listens(place: Place, redirection: str) -> None:
    Path("lines").write_text("".join(f"touch done-{number}\n" for number in range(4)))
    script = shlex.quote(str(SCRIPTS / "sweep.sh"))
    command = ["bash", "-c", f"bash {script} lines 1 {redirection}"]
    code, _, _ = ended(subprocess.Popen(command, env=place.environment, **PIPES))
    assert code == 0
    assert len([*Path().glob("done-*")]) == 4


def test_both_scripts_know_yaml_alike() -> None:
    found = [re.search(r"^is_yaml\(\) .*?^}", (SCRIPTS / name).read_text(), re.MULTILINE | re.DOTALL)
             for name in ("sweep.sh", "sweep.sbatch")]  # fmt: skip
    assert found[0] is not None
    assert found[1] is not None
    assert found[0][0] == found[1][0]


@pytest.mark.parametrize("line", ["bp train --set 'a: b'", ": nothing", "A=b: true", "sh -c 'echo a: b'", "echo key:"])
def test_a_command_line_is_not_taken_for_yaml(place: Place, line: str) -> None:
    Path("lines").write_text(f"{line}\n")
    _, stdout, stderr = place.run("sweep.sh", "lines", 1)
    assert "1 of 1" in stdout, stderr


@pytest.mark.parametrize("script", ["sweep.sh", "sweep.sbatch"])
@pytest.mark.parametrize("text", YAML)
def test_what_is_yaml_by_its_content_is_planned_and_never_run(place: Place, script: str, text: str) -> None:
    place.program("sbatch", "")
    Path("lines").write_text(text)

    code, stdout, stderr = place.run(script, "lines")

    assert (code, stdout) == (2, "")
    assert stderr.startswith("error: lines")  # as `bp sweep plan` says
    assert not Path("executed").exists()


@pytest.mark.parametrize("text", YAML)
def test_yaml_from_standard_input_is_refused(place: Place, text: str) -> None:
    Path("given").write_text(text)
    command = ["bash", "-c", f"bash {shlex.quote(str(SCRIPTS / 'sweep.sh'))} - <given"]

    code, stdout, stderr = ended(subprocess.Popen(command, env=place.environment, **PIPES))

    assert (code, stdout) == (2, "")
    assert stderr == "error: -: expected command lines; got YAML, for which SWEEP must name a file\n"
    assert not Path("executed").exists()


@pytest.mark.parametrize("name", ["try.YAML", ".try", "a.try"])
def test_a_sweep_file_may_be_called_anything(place: Place, name: str) -> None:
    """Its folder is where `bp sweep plan` puts it: sweeps/ and the name without what follows its last full stop."""
    Path(name).write_text(SWEEP)
    bp = (place.folder / "bp").rename(place.folder / "planner")
    place.program("bp", f'[[ $1 = train ]] || exec {bp.name} "$@"')  # which trains nothing

    code, stdout, stderr = place.run("sweep.sh", name)

    assert (code, stdout.count("\n")) == (0, 3), stderr
    (plan,) = found("sweeps/*/plan.txt")
    assert stderr.endswith(f"\nhint: bp sweep table {plan.parent}\n")
    assert submitted(place, name)[1][-2] == str(plan)


@pytest.mark.parametrize("script", ["sweep.sh", "sweep.sbatch"])
def test_two_sweep_files_of_one_name_do_not_share_a_folder(place: Place, script: str) -> None:
    for folder in "ab":
        Path(folder).mkdir()
        Path(folder, "try.yaml").write_text(SWEEP)
    place.program("sbatch", "")
    place.run("sweep.sbatch", "a/try.yaml")

    code, stdout, stderr = place.run(script, "b/try.yaml")

    assert (code, stdout) == (2, "")
    assert stderr.startswith("error: sweeps/try: expected the folder of b/try.yaml; got that of a/try.yaml\nhint: ")


@needs_proc
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_after_a_signal_each_run_saves_its_checkpoint_and_no_other_begins(
    engine: Place, number: signal.Signals, code: int
) -> None:
    """One of the runs takes its time to save."""
    slow = "sh -c 'trap \"sleep 0.6; touch saved; exit 143\" TERM; touch begun; while :; do sleep 0.05; done'"
    process = engine.start("sweep.sh", lines(ENDLESS.format("a"), slow, "touch another"), 2)
    wait_until(lambda: Path("a/metrics.csv").exists() and Path("begun").exists())

    process.send_signal(number)

    assert ended(process)[::2] == (
        code,
        "runs: 3, 2 at a time; 0 finished before\n"
        "stopping: the runs under way save their checkpoints\n0 done, 0 failed, 3 left, 0 finished before\n"
        "hint: the same command goes on with what is left\n",
    )
    assert Path("a/checkpoint.npz").exists()
    assert not Path("a/lock").exists()  # it has ended, of itself
    assert Path("saved").exists()
    assert not Path("another").exists()


@needs_proc
def test_a_sweep_that_was_killed_goes_on(engine: Place) -> None:
    Path("try.yaml").write_text(SWEEP)
    with engine.start("sweep.sh", "try.yaml", 2):
        wait_until(lambda: found("sweeps/try/*/summary.json"))
        engine.kill()
    finished = {path: path.stat().st_mtime_ns for path in found("sweeps/try/*/summary.json")}

    code, _, stderr = engine.run("sweep.sh", "try.yaml", 2)

    assert (code, len(found("sweeps/try/*/summary.json"))) == (0, 3)
    assert f"{3 - len(finished)} done, 0 failed, 0 left, {len(finished)} finished before" in stderr
    assert {path: path.stat().st_mtime_ns for path in finished} == finished


@needs_proc
def test_when_a_sweep_is_killed_its_runs_end_by_themselves_and_no_other_begins(engine: Place) -> None:
    wait = "touch begun; while [ -e hold ]; do sleep 0.02; done; touch ended"
    Path("hold").touch()
    with engine.start("sweep.sh", lines(f"sh -c '{wait}'", "touch another"), 1) as process:
        wait_until(Path("begun").exists)
        process.kill()

    Path("hold").unlink()

    wait_until(lambda: not engine.processes())
    assert Path("ended").exists()
    assert not Path("another").exists()


def test_each_run_is_confined_to_one_processor_unless_it_sets_shards(engine: Place) -> None:
    if not shutil.which("taskset"):
        pytest.skip("there is no taskset here")
    own = len(os.sched_getaffinity(0))
    show = f"{shlex.quote(sys.executable)} -c 'import os, time; time.sleep(0.1); print(len(os.sched_getaffinity(0)))'"

    assert {line.split()[-1] for line in engine.run("sweep.sh", lines(show, show))[1].splitlines()} == {"1"}
    for path, jobs in ((lines(show), own + 1), (lines(f"{show} --set train.shards=2"), own)):
        assert engine.run("sweep.sh", path, jobs)[1].split()[-1] == str(own)


def test_without_gnu_xargs_no_run_is_confined(place: Place) -> None:
    xargs = shutil.which("xargs")
    (place.folder / "xargs").unlink()
    place.program("xargs", f'[[ $* != *--process-slot-var* ]] || exit 1\nexec {xargs} "$@"')

    assert place.run("sweep.sh", lines("exit 0"))[0] == 0


def test_gnu_parallel_takes_runs_to_other_machines(place: Place, tmp_path: Path) -> None:
    """The other machine is a shell that begins in another folder, with next to nothing in its environment."""
    if not shutil.which("parallel"):
        pytest.skip("GNU parallel is not installed")
    place.environment["PATH"] += os.pathsep + os.environ["PATH"]
    (tmp_path / "elsewhere").mkdir()
    place.program(
        "ssh",
        'while [[ $1 == -* ]]; do shift; done; echo "$1" >>"$HOME/hosts"; shift; [[ $1 != -- ]] || shift\n'
        f'cd {shlex.quote(str(tmp_path / "elsewhere"))} && exec env -i PATH=/usr/bin:/bin SHELL=/bin/sh sh -c "$*"',
    )

    command = 'bp --version >out; echo "it\'s" >>out'
    code, _, stderr = place.run("sweep.sh", lines(command), 1, "--sshlogin", "node7", PARALLEL_SSH="ssh")

    assert code == 0
    assert stderr == "runs: 1, 1 at a time; 0 finished before\n1 done, 0 failed, 0 left, 0 finished before\n"
    assert Path("out").read_text().endswith("\nit's\n")
    assert (place.folder / "hosts").read_text() == "node7\n"


@pytest.mark.parametrize("options", [["--bogus"], ["results"], ["--tag"], ["--out-as"], ["--joblog"]])
def test_options_that_gnu_parallel_does_not_know_or_that_change_its_output_are_named(
    place: Place, options: list[str]
) -> None:
    if not shutil.which("parallel"):
        pytest.skip("GNU parallel is not installed")
    place.environment["PATH"] += os.pathsep + os.environ["PATH"]
    code, stdout, stderr = place.run("sweep.sh", lines("touch executed"), 1, *options)
    assert (code, stdout, Path("executed").exists()) == (2, "", False)
    assert stderr.startswith(f"error: {options[0]}: expected options with which GNU parallel prints what runs print; ")
    assert place.run("sweep.sh", lines("touch executed"), 1, "--eta")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["a b.yaml", "2", "--out", "x y"],
            "--out: expected an option of GNU parallel; got one of bp sweep plan\n"
            r"hint: bp sweep plan a\ b.yaml --out x\ y --save --missing | bash sweep.sh - 2",
        ),
        (["lines", "--dry-run"], "--dry-run: expected runs to be made\nhint: bp sweep plan lines --missing prints"),
        (["lerning-rate"], "lerning-rate: expected a sweep file, or the name of one; there is neither"),
        (["."], ".: expected a sweep file; got a folder"),
        (["lines", "0"], "JOBS: expected a number from 1; got 0"),
        (["lines", "two"], "JOBS: expected a number from 1; got two"),
        (["empty"], "empty: expected command lines; got none"),
        (["lines", "--eta"], "--eta: expected no options, as GNU parallel is not installed"),
        (["binary"], "binary: expected command lines; got a NUL byte"),
        (["wrong.yaml"], "wrong.yaml"),
    ],
)
def test_what_cannot_be_run_is_refused(place: Place, arguments: list[str], message: str) -> None:
    lines("exit 0")
    Path("empty").touch()
    Path("binary").write_bytes(b"exit 0\0touch sweeps\n")
    Path("wrong.yaml").write_text("grid: {train.speed: [1]}\n")

    code, stdout, stderr = place.run("sweep.sh", *arguments)

    assert (code, stdout) == (2, "")
    assert stderr.startswith(f"error: {message}")
    assert not Path("sweeps").exists()


@pytest.mark.parametrize("script", ["sweep.sh", "sweep.sbatch"])
def test_help_is_the_comment_at_the_top(place: Place, script: str) -> None:
    code, stdout, _ = place.run(script, "--help")

    assert code == 0
    assert f"bash {script} SWEEP" in stdout
    assert {f"# {line}".rstrip() for line in stdout.splitlines()} <= {*(SCRIPTS / script).read_text().splitlines()}


# A task of an array, and what it asks of Slurm.


def submitted(place: Place, *arguments: object) -> tuple[int, list[str], str]:
    """Submit a sweep; return the exit code, what sbatch was told, and what was said."""
    place.program("sbatch", 'printf "%s\\n" "$@"')
    code, stdout, stderr = place.run("sweep.sbatch", *arguments)
    return code, stdout.splitlines(), stderr


def task(place: Place, number: int, block: int) -> "subprocess.Popen[str]":
    """Start a task of the array 7 on blocks of the lines; what it asks of Slurm counts once run `a` has ended."""
    place.program("scontrol", '[[ -e a/lock ]] || echo "$@" >>asked')
    return place.start("sweep.sbatch", "lines", block, SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID=str(number))


@pytest.mark.parametrize(
    ("count", "given", "block", "last"),
    [(1, [], 10, 0), (10, [], 10, 0), (11, [], 10, 1), (20_001, [], 21, 952), (4, [2], 2, 1), (5, [2], 2, 2)],
)
def test_an_array_has_a_task_for_every_block(place: Place, count: int, given: list[int], block: int, last: int) -> None:
    path = lines(*["exit 0"] * count)

    code, told, _ = submitted(place, path, *given, "--partition=short", "--array=3")

    assert code == 0
    assert told[0] == f"--array=0-{last}"
    assert told[-5:] == ["--partition=short", "--array=3", str(SCRIPTS / "sweep.sbatch"), "lines", str(block)]


def test_a_sweep_is_planned_and_then_submitted(place: Place) -> None:
    Path("try.yaml").write_text(SWEEP)

    code, told, _ = submitted(place, "try.yaml", 2)

    plan = subprocess.run(["bp", "sweep", "plan", "try.yaml"], env=place.environment, capture_output=True, check=True)
    assert code == 0
    assert Path("sweeps/try/plan.txt").read_bytes() == plan.stdout
    assert told[0] == "--array=0-1"
    assert told[-2:] == ["sweeps/try/plan.txt", "2"]
    assert "--output=sweeps/try/slurm-%A_%a.out" in told


@pytest.mark.parametrize("script", ["sweep.sh", "sweep.sbatch"])
def test_a_sweep_goes_by_name_unless_there_is_such_a_file(place: Place, script: str) -> None:
    """All that is asked of `bp` is written down."""
    place.program("bp", 'printf "%s\\n" "$*" >>asked; mkdir -p sweeps/width; echo : >sweeps/width/plan.txt; echo :')
    place.program("sbatch", "")
    assert place.run(script, "width")[0] == 0
    assert re.fullmatch("sweep plan --save (--missing )?-- width\n", Path("asked").read_text())
    Path("asked").unlink()
    Path("width").write_text("echo of the file\n")
    assert place.run(script, "width")[0] == 0
    assert not Path("asked").exists()


@pytest.mark.parametrize(
    "arguments", [["nowhere"], ["lines", "0"], ["lines", "x"], ["empty"], ["binary"], ["wrong.yaml"]]
)
def test_what_cannot_be_submitted_is_refused(place: Place, arguments: list[str]) -> None:
    lines("exit 0")
    Path("empty").touch()
    Path("binary").write_bytes(b"exit 0\0touch sweeps\n")
    Path("wrong.yaml").write_text("grid: {train.speed: [1]}\n")

    code, told, stderr = submitted(place, *arguments)

    assert (code, told) == (2, [])
    assert stderr.startswith("error: ")
    assert not Path("sweeps").exists()


def test_the_tasks_of_an_array_run_each_line_once(place: Place) -> None:
    lines(*[f"echo {number} >>done" for number in range(5)])

    for number in (2, 0, 1):
        assert ended(task(place, number, 2))[0] == 0

    assert Path("done").read_text().split() == ["4", "0", "1", "2", "3"]


def test_a_task_runs_lines_that_are_no_utf_8_and_a_last_one_without_an_end(place: Place) -> None:
    lines().write_bytes(b"echo good >made-\xff\n\necho good >made-\xfe")
    assert submitted(place, "lines", 2)[1][0] == "--array=0-1"

    for number in range(2):
        assert ended(task(place, number, 2))[0] == 0

    assert [path.name for path in found("made-*")] == ["made-\udcfe", "made-\udcff"]


def test_a_failing_line_does_not_stop_its_block(place: Place) -> None:
    lines("sh -c 'echo wrong >&2; exit 3'", "", "touch done", "exit 4")

    code, _, stderr = ended(task(place, 0, 10))

    assert (code, Path("done").exists()) == (1, True)
    assert stderr == "wrong\nfailed:\nexit 3: sh -c 'echo wrong >&2; exit 3'\nexit 4: exit 4\n"


def test_a_block_of_empty_lines_is_nothing_to_do(place: Place) -> None:
    lines("touch done", "", "")
    assert ended(task(place, 1, 1)) == (0, "", "")


@needs_proc
@pytest.mark.parametrize(("number", "asked"), [(signal.SIGUSR1, "requeue 7_0\n"), (signal.SIGTERM, "")])
def test_a_task_told_to_end_saves_its_run_and_is_queued_again(place: Place, number: signal.Signals, asked: str) -> None:
    lines(*map(ENDLESS.format, "ab"))
    process = task(place, 0, 2)
    wait_until(Path("a/metrics.csv").exists)

    process.send_signal(number)

    code, _, stderr = ended(process)
    assert code == 128 + number
    assert "checkpoint saved" in stderr
    assert not place.processes()
    assert found("*/lock") == found("b") == []
    assert (Path("asked").read_text() if asked else "") == asked
    assert Path("asked").exists() == bool(asked)
