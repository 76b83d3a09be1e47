"""Libraries that only pictures and pages need: they are imported late, and one that is missing is named."""

from collections.abc import Iterator
from contextlib import contextmanager

from mnist_bp.errors import BpError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import in the block what an extra of the package installs; raises BpError (exit 1) for what is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = str(error.name).partition(".")[0]
        raise BpError(
            f"expected the library {library}, which draws pictures and pages; it is not installed",
            hint=f"pip install 'mnist-bp[{name}]' installs it",
        ) from error
