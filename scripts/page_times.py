"""Make the report of 50 runs of 100 epochs, and print how large it is, how long it takes, and how fast it opens.

python -m scripts.page_times        in the repository's folder; chromium and its driver are needed to open it
"""

import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from mnist_bp.config import Config, replaced
from mnist_bp.progress import silent
from mnist_bp.report.report import report
from mnist_bp.run.directory import Run
from mnist_bp.train.records import METRICS, Record
from tests.helpers import browser

RUNS, EPOCHS, OPENED = 50, 100, 5


def records(epochs: int) -> list[Record]:
    """Return records with numbers of which no digit can be saved."""
    draw = random.Random(0).random
    measured = ({name: draw() for name in METRICS} for _ in range(epochs))
    return [
        Record(epoch=number, step=number, learning_rate=0.1, seconds=1.0, **values)
        for number, values in enumerate(measured, 1)
    ]


def page(folder: Path) -> bytes:
    """Make the runs, each of a setting of its own, and return their page."""
    for number in range(1, RUNS + 1):
        run = Run(folder / f"{number}")
        run.begin(replaced(Config(), {"train.epochs": EPOCHS, "train.learning_rate": number / 100}), {})
        run.metrics.write(records(EPOCHS))
        run.finish(EPOCHS)
    return report([str(folder)], silent)


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as temporary:
        page(Path(temporary))
        start = time.perf_counter()
        content = report([temporary], silent)
        print(f"{RUNS} runs of {EPOCHS} epochs: made in {time.perf_counter() - start:.2f} s, {len(content):,} bytes")
        if missing := browser.missing():
            print(f"not opened: {', '.join(missing)} not installed")
            return
        file = Path(temporary, "page.html")
        file.write_bytes(content)
        with browser.opened() as chromium:
            for _ in range(OPENED):
                chromium.get(file.as_uri())
                entry = chromium.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd")
                print(f"opened in {entry / 1000:.2f} s")


if __name__ == "__main__":
    main()
