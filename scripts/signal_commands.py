#!/usr/bin/env python3
"""Send signals to commands at random moments: each must end with the code of its table, or be done before.

    scripts/signal_commands.py                 2,000 signals: five to ten minutes
    scripts/signal_commands.py --signals 60

A SIGINT, SIGTERM or SIGUSR1 comes to `bp train`, `bp eval` or `bp sweep table` at a moment drawn evenly from all of its
time, the start of the interpreter included. Either the command exits with the signal's code, says so in a line, and
prints no traceback; or it was done, and exits with 0. A run that was interrupted is continued, and must end with the
bytes of one that was left in peace. Python itself heeds no signal before the first line of a program is read: what
comes then is counted apart. Printed is how often each end was seen. Exits 1 if there was another one.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from mnist_bp import machine
from mnist_bp.errors import Exit

CODES = {signal.SIGINT: Exit.INTERRUPTED, signal.SIGTERM: Exit.TERMINATED, signal.SIGUSR1: Exit.PREEMPTED}
BEYOND = 1.15  # the latest signal, in shares of the command's time
PATIENCE = 120  # seconds until a command counts as hung
CONFIG = (
    "data: {name: xor}\nmodel: {hidden: 4, bias: false, loss: mean_squared_error}\ntrain: {batch_size: 4, epochs: 60}\n"
)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, and what it said on stderr."""

    code: int
    said: str

    def outcome(self, number: signal.Signals) -> str:
        """Return what a signal led to, in words; raises ValueError if that should not happen."""
        if self.code == CODES[number] and "Traceback" not in self.said and "interrupted" in self.said:
            return "exit code of the signal"
        if self.code == Exit.DONE and "interrupted" not in self.said and "Traceback" not in self.said:
            return "done before"
        early = not self.said or ("KeyboardInterrupt" in self.said and "mnist_bp/cli" not in self.said)
        if self.code in (-number, Exit.FAILURE) and early:
            return "before the program's first line"
        raise ValueError(f"exit code {self.code} at {number.name}:\n{self.said}")


def run(words: Sequence[str], folder: Path, number: signal.Signals | None = None, after: float = 0) -> Ended:
    """Run `bp`, with a signal for it after some seconds."""
    command = [sys.executable, "-c", "from mnist_bp.cli import main; main()", *words]  # as in the script `bp`
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        try:
            if number is not None:
                time.sleep(after)
                child.send_signal(number)
            _, said = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()
    return Ended(child.returncode, said)


def seconds(words: Sequence[str], folder: Path) -> float:
    """Return how long a command takes that is left in peace."""
    began = time.perf_counter()
    ended = run(words, folder)
    if ended.code != Exit.DONE:
        raise ValueError(f"{' '.join(words)}: exit code {ended.code}, though left in peace:\n{ended.said}")
    return time.perf_counter() - began


def results(run_directory: Path) -> tuple[bytes, list[str]]:
    """Return what equal runs share: the checkpoint, and the metrics but for the seconds."""
    rows = (run_directory / "metrics.csv").read_text().splitlines()
    return (run_directory / "checkpoint.npz").read_bytes(), [row.rpartition(",")[0] for row in rows]


def main() -> None:
    """Send all signals, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signals", type=int, default=2000, metavar="N", help="how many  [default: 2000]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments  [default: 0]")
    given = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a script's `&` starts this process to ignore
    counts: Counter[tuple[str, str, str]] = Counter()
    broken: list[str] = []
    with tempfile.TemporaryDirectory(prefix="signal-commands-") as name:
        folder = Path(name)
        (folder / "c.yaml").write_text(CONFIG)
        commands = {
            "train": ["train", "--config", "c.yaml", "--out"],
            "eval": ["eval", "runs/0"],
            "sweep table": ["sweep", "table", "runs"],
        }
        lasting = {"train": seconds([*commands["train"], "runs/0"], folder)}
        lasting |= {command: seconds(commands[command], folder) for command in ("eval", "sweep table")}
        expected = results(folder / "runs" / "0")

        def send(index: int) -> None:
            rng = random.Random(f"{given.seed} {index}")
            command, number = rng.choice([*commands]), rng.choice([*CODES])
            words = [*commands[command], *[f"interrupted/{index}"] * (command == "train")]
            ended = run(words, folder, number, rng.uniform(0, BEYOND * lasting[command]))
            try:
                counts[command, number.name, ended.outcome(number)] += 1
                if command == "train":
                    seconds(words, folder)
                    if results(folder / "interrupted" / str(index)) != expected:
                        raise ValueError(f"interrupted/{index} was continued, and is another run")
            except ValueError as error:
                broken.append(f"bp {' '.join(words)}: {error}")

        with ThreadPoolExecutor(machine.processors()) as pool:
            for _ in tqdm(pool.map(send, range(given.signals)), total=given.signals, unit="signal", disable=None):
                pass
    for (command, number, outcome), count in sorted(counts.items()):
        print(f"{count:6}  bp {command:12} {number:8} {outcome}")
    print(*broken, sep="\n", end="\n" if broken else "")
    print(f"{sum(counts.values())} signals: {f'{len(broken)} FAILED' if broken else 'all as they should be'}")
    sys.exit(Exit.FAILURE if broken else Exit.DONE)


if __name__ == "__main__":
    main()
