"""scripts/reproduce_table.sh, with a stand-in for `bp` that writes down how it is called."""

import os
import re
import shlex
import signal
import statistics
import subprocess
from pathlib import Path

import pytest

from mnist_bp.config import catalog

SCRIPT = Path(__file__).parents[2] / "scripts" / "reproduce_table.sh"
PATIENCE = 30  # seconds, after which something hangs
RESULTS = """\
#!/bin/bash
echo "bp $*" >>calls
case "$*" in
    *--out\\ broken/*/1\\ *) exit 2 ;;
    train*) printf '{\\n  "seconds": 9%s.0,\\n  "test_loss": 0.1,\\n  "test_accuracy": 0.98%s\\n}\\n' "$4" "$4" ;;
    eval*) printf '{\\n  "accuracy": 0.5,\\n  "committee": {\\n    "accuracy": 0.995,\\n  }\\n}\\n' ;;
esac
"""


def start(*arguments: str, bp: str = RESULTS) -> "subprocess.Popen[str]":
    """Start the script, with `bp` as given on its PATH."""
    Path("bin").mkdir()
    Path("bin/bp").write_text(bp)
    Path("bin/bp").chmod(0o755)
    return subprocess.Popen(
        ["bash", str(SCRIPT), *arguments],
        env={**os.environ, "PATH": f"bin{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def test_every_row_has_the_mean_and_deviation_of_its_errors_and_its_configs_exist() -> None:
    """Seed n has an accuracy of 98.n %, after 90 + n seconds."""
    script = start("--seeds", "4", "--set", "train.max_steps=5")
    stdout, stderr = script.communicate(timeout=PATIENCE)

    assert (script.returncode, stderr) == (0, "")
    header, rule, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in stdout.splitlines()]
    assert header == ["row", "network", "published", "ours", "n", "minutes"]
    assert {*rule} == {"---"}
    assert [row[0] for row in rows] == ["lecun", "plain", "affine", "elastic", "record", "committee", "conv"]
    errors = [2.0, 1.9, 1.8, 1.7]
    ours = f"{statistics.mean(errors):.2f} ± {statistics.stdev(errors):.2f} %"
    assert all(row[3:] == [ours, "4", "1.5"] for row in rows if row[0] != "committee")
    assert rows[5][3:] == ["0.50 %", "4", "6.1"]  # all four, 366 seconds

    calls = Path("calls").read_text().splitlines()
    assert calls[1] == "bp train lecun --seed 1 --out runs/table/lecun/1 --set train.max_steps=5 --quiet --json"
    assert "bp train simard --seed 0 --out runs/table/affine/0 --set data.augment.elastic_alpha=0 " in "\n".join(calls)
    members = " ".join(f"runs/table/record/{seed}" for seed in range(4))
    assert f"bp eval {members} --committee --json" in calls
    assert {call.split()[2] for call in calls if call.startswith("bp train")} <= {*catalog.configs()}


def test_a_run_that_fails_stops_no_other_and_is_told_of() -> None:
    script = start("plain", "committee", "--out", "broken", "--set", "data.augment={shift: 1}")
    stdout, stderr = script.communicate(timeout=PATIENCE)

    assert script.returncode == 1
    plain, committee = stdout.splitlines()[2:]
    assert plain.endswith("| 1 failed; 1.90 ± 0.14 % | 2 | 1.5 |")
    assert committee.endswith("| 1 failed; - | 0 |  |")
    (command,) = re.findall(r"committee: seed 1 failed, exit 2: (.+)", stderr)
    given = ["--seed", "1", "--out", "broken/record/1", "--set", "data.augment={shift: 1}"]
    assert shlex.split(command) == ["bp", "train", "record", *given]
    assert "bp eval" not in Path("calls").read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_passed_on_and_ends_all_with_its_code(number: signal.Signals) -> None:
    waits = "#!/bin/bash\ntrap 'touch told; kill $!; exit 143' TERM\nsleep 60 &\necho begun >&2\nwait\n"
    script = start("lecun", bp=waits)
    assert script.stderr
    assert script.stderr.readline() == "begun\n"
    script.send_signal(number)
    stdout, stderr = script.communicate(timeout=PATIENCE)

    assert script.returncode == 143
    assert Path("told").exists()
    assert stderr == "hint: the same command goes on with what is left\n"
    assert stdout.count("\n") == 2


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["nine"], r"expected rows, of lecun .* conv; got nine"),
        (["--seeds", "0"], r"--seeds: expected a number from 1 to 9999; got 0"),
        (["--out", ""], r"--out: expected a folder; got an empty text, as from a variable that is not set"),
        (["--set"], r"--set: expected a value; got none"),
    ],
)
def test_a_wrong_command_line_is_refused(arguments: list[str], expected: str) -> None:
    script = start(*arguments)
    stdout, stderr = script.communicate(timeout=PATIENCE)
    assert (script.returncode, stdout) == (2, "")
    assert re.fullmatch(f"error: {expected}\n", stderr)
