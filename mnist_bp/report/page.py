"""A page: a template filled in, with style, script and pictures inside, so that it needs nothing from elsewhere."""

import base64
from pathlib import Path
from typing import Any

from mnist_bp.extras import extra
from mnist_bp.run.files import MARK

TEMPLATES = Path(__file__).with_name("templates")


def render(template: str, **values: Any) -> bytes:
    """Return a page in HTML; all values are escaped, and characters that cannot be shown become ?.

    Raises BpError (exit 1) if the extra `report` is missing.
    """
    with extra("report"):
        import jinja2
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_showable,
    )
    environment.filters["uri"] = _uri
    return environment.get_template(template).render(mark=MARK, **values).encode()


def _showable(value: Any) -> Any:
    """Return text, which files and paths give, without the characters that no page may hold."""
    if hasattr(value, "__html__"):  # made here, and escaped
        return value
    return "".join(each if each.isprintable() or each in "\t\n" else "?" for each in str(value))


def _uri(png: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
