"""The page that `bp report` makes: of one run all there is to see, of several what they have in common and what not."""

from collections.abc import Sequence
from pathlib import Path

from mnist_bp.progress import Progress
from mnist_bp.report import page, several, single
from mnist_bp.report.gathering import gather


def report(paths: Sequence[str], progress: Progress, folder: Path = Path()) -> bytes:
    """Return the page of a run, or of several runs and folders of runs, in HTML; warn of runs that do not count.

    It is made for a folder, where there may be a page of `bp draw` on the run.

    Raises BpError as `gather` does, and (exit 1) if the extra `report` is missing or there is nothing to show yet.
    """
    gathered = gather(paths, progress)
    gathered.warn()
    runs = [run for setting in gathered.settings for run in setting.runs]
    if len(runs) == 1 and runs[0].state not in ("damaged", "missing"):
        return page.render("single.html.jinja", **single.contents(gathered, progress, folder))
    return page.render("several.html.jinja", **several.contents(gathered))
