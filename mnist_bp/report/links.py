"""Pages on the same run in one folder, which lead to each other."""

import hashlib
from pathlib import Path

from mnist_bp import regular

REPORT, DRAWING = "report.html", "draw.html"
"""Where the pages of a run are looked for: the names that they have unless others are given."""


def identity(run: Path | str) -> str:
    """Return what tells the pages of a run from those of others: a hash of its path, as their meta element `run`."""
    return hashlib.sha256(str(Path(run).resolve()).encode(errors="surrogateescape")).hexdigest()[:16]


def beside(page: Path, run: Path | str) -> str | None:
    """Return the name of a page, if it is there and about a run."""
    try:
        content = regular.content(page)
    except OSError:
        return None
    return page.name if f'<meta name="run" content="{identity(run)}">'.encode() in content else None
