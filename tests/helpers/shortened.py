"""`bp` with short trainings, for what is shown to be typed; as a file of its own on PATH, it stands for the real one.

A training of one of the configs ends after STEPS steps, unless the command sets its own length or resumes a run.
"""

import sys

from mnist_bp import cli

STEPS = 5
OWN_LENGTH = ("train.epochs=", "train.max_steps=")


def shortened(arguments: list[str]) -> list[str]:
    """Return arguments for the same in less time."""
    given = [*arguments[1:2], *(argument for argument in arguments if argument in ("--resume", "--config"))]
    has_length = any(argument.startswith(OWN_LENGTH) for argument in arguments)
    if arguments[:1] != ["train"] or has_length or "--resume" in given or given[0].startswith(("runs/", "--set")):
        return arguments
    return [*arguments, "--set", f"train.max_steps={STEPS}"]


if __name__ == "__main__":
    sys.argv[1:] = shortened(sys.argv[1:])
    cli.main()
