"""A computational graph to look at: a picture that Graphviz draws, alone or in a page that steps through it."""

import re

from mnist_bp.errors import BpError
from mnist_bp.nn.check import graph
from mnist_bp.nn.check.graph import Node
from mnist_bp.nn.check.graph.drawing import number
from mnist_bp.report.graph_words import rows
from mnist_bp.report.page import render
from mnist_bp.run.files import MARK

HINT = (
    "pip install 'mnist-bp[graph]' and https://graphviz.org/download install what draws; -o FILE.dot needs neither, "
    "and is drawn wherever there is a Graphviz"
)
TITLES = re.compile(r"<title>[^<]*</title>\n")  # of each part, its id, which a browser would show


def dot(output: Node, name: str = "loss") -> str:
    """Return the picture as DOT, the language of Graphviz; a file of it is bp's."""
    return f"// {MARK}\n{graph.dot(output, name)}"


def svg(source: str) -> str:
    """Return a picture that is given in DOT as SVG; raises BpError (exit 1) where Graphviz is missing."""
    try:
        import graphviz
    except ImportError as error:
        why = "it is not installed" if isinstance(error, ModuleNotFoundError) else f"importing it fails: {error}"
        raise BpError(f"expected the library graphviz, which calls Graphviz; {why}", hint=HINT) from error
    try:
        drawn: str = graphviz.pipe("dot", "svg", source.encode(), quiet=True).decode(errors="replace")
    except graphviz.ExecutableNotFound as error:
        raise BpError("expected Graphviz's program dot, which draws graphs; there is none", hint=HINT) from error
    except graphviz.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()
        raise BpError(f"Graphviz's program dot has failed: {said}", hint=HINT) from error
    if "<svg " not in drawn or "</svg>" not in drawn:
        raise BpError("Graphviz's program dot has failed: expected a picture in SVG; got something else", hint=HINT)
    return TITLES.sub("", drawn).replace("<svg ", f"<!-- {MARK} -->\n<svg ", 1)


def html(loss: Node, title: str, what: str) -> bytes:
    """Return the page; raises BpError (exit 1) where Graphviz is missing, or the extra `page`."""
    picture = svg(dot(loss)).partition("<svg ")[2]
    picture = re.sub(r'="([\d.]+)pt"', r'="\1"', picture, count=2)  # width and height: a point is larger than a pixel
    return render("graph.html.jinja", title=title, what=what, picture=picture, rows=rows(loss), number=number)
