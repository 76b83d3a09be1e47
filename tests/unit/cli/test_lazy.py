"""A group whose commands are imported when they are asked for."""

import subprocess
import sys

from tests.helpers.commands import run


def test_only_the_command_that_is_asked_for_is_imported() -> None:
    program = (
        "import sys\n"
        "from mnist_bp.cli.bp import bp\n"
        "bp(['sweep', 'plan', '--help'], standalone_mode=False)\n"
        "print(sorted(name for name in sys.modules if name.startswith('mnist_bp.cli.')))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = result.stdout.splitlines()[-1]
    assert "mnist_bp.cli.sweep.plan" in loaded
    assert "mnist_bp.cli.sweep.table" not in loaded
    assert "mnist_bp.cli.train" not in loaded


def test_a_command_that_does_not_exist_gets_a_suggestion_in_subgroups_too() -> None:
    result = run("sweep", "plna")
    assert result.exit_code == 2
    assert "error: no such command plna\nhint: did you mean plan?\n" in result.stderr
    assert "error: no such command zzz\nhint: `bp sweep --help`" in run("sweep", "zzz").stderr
