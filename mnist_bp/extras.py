"""Libraries that only some commands need: they are imported late, and one that is missing is named with its extra."""

from collections.abc import Iterator
from contextlib import contextmanager

from mnist_bp.errors import BpError

EXTRAS = {  # of pyproject.toml, and what their libraries do
    "export": "writes ONNX models",
    "images": "reads pictures",
    "page": "draws pages",
    "report": "draws pictures and pages",
}


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import in the block what an extra of the package installs.

    Raises BpError (exit 1) for what is missing, or broken.
    """
    try:
        yield
    except ImportError as error:
        library = str(error.name).partition(".")[0].replace("PIL", "Pillow")
        missing = isinstance(error, ModuleNotFoundError)
        what = f"library {library}, which" if error.name else "libraries of an extra, which"
        raise BpError(
            f"expected the {what} {EXTRAS[name]}; "
            + ("it is not installed" if missing else f"importing fails: {error}"),
            hint=f"pip install 'mnist-bp[{name}]' installs it",
        ) from error
