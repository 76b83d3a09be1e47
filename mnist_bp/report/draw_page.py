"""The page that `bp draw` makes: a pad to draw on, and what a run's network says of the drawing."""

from pathlib import Path

from mnist_bp.preprocessing.strokes import CONSTANTS
from mnist_bp.report import page
from mnist_bp.report.embedded import embedded
from mnist_bp.report.links import REPORT, beside, identity
from mnist_bp.report.single import data_of, described
from mnist_bp.run import outcome
from mnist_bp.run.model import Model
from mnist_bp.run.reading import preprocessing, sure_from

MOST_INK = 130  # pixels: of the first 2,000 training images of MNIST, traced to strokes, 13 have more


def html(path: str, folder: Path) -> bytes:
    """Return the page of a run, for a folder, where there may be a report on it.

    Raises BpError (exit 2) if there is no run, or if its network does not tell classes of images of 28×28 pixels apart,
    and (exit 1) if there is no sound checkpoint, or the extra `page` is missing.
    """
    model = Model.load(path)
    boxed = preprocessing(model) == "mnist"
    digits = boxed and all(name.isdigit() for name in model.classes)
    return page.render(
        "draw.html.jinja",
        title="Draw a digit" if digits else "Draw",
        identity=identity(path),
        path=path,
        described=described(model.config, model),
        data=data_of(model.config),
        step=model.step,
        run=outcome.read(Path(path)),
        report=beside(folder / REPORT, path),
        mnist=CONSTANTS,
        network=embedded(model),
        pad={
            "classes": model.classes,
            "boxed": boxed,
            "percent": model.network.gives_probabilities,
            "sure": sure_from(path, model),
            "mostInk": MOST_INK if boxed else None,
        },
    )
