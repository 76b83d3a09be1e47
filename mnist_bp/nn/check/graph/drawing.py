"""Pictures of a computational graph as textbooks draw it: values above the arrows, gradients below them.

Source: Saitoh, Deep Learning from Scratch (2016; in Japanese), chapter 5.
"""

from collections import Counter
from html import escape

import numpy as np

from mnist_bp.nn.check.graph.nodes import Node, brief, operands_first

INK, GRADIENT, LINE = "#16181d", "#00609c", "#7d8590"
OPERATION = "shape=ellipse, width=0.3, height=0.3, margin=0.03"  # a circle, unless its text is long
NAME = 'shape=plaintext, width=0, height=0, margin="0.05,0"'
STYLE = f"""\
  graph [rankdir=LR, ordering=in, ranksep=0.2, nodesep=0.12, bgcolor=white]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=12, fontcolor="{INK}", color="{LINE}"]
  edge [color="{LINE}", arrowsize=0.6]"""


def dot(output: Node, name: str = "") -> str:
    """Return a picture of the graph in DOT, the language of Graphviz, from the leaves on the left to the output.

    An operation is a circle, a leaf its name. The line that leaves it carries its value, or the shape of an array, and
    below that the gradient, if there is one; a number without a name stands for itself. `name` is the output's.

    The i-th node, counted with operands first, has the id ni in the picture, and what its line carries the id vi.
    """
    order = operands_first(output)
    place = {node: i for i, node in enumerate(order)}
    uses = Counter(operand for node in order for operand, _ in node.edges)
    lines = ["digraph {", STYLE]
    for node, i in place.items():
        text, look = node.label or number(node.value), OPERATION if node.edges else NAME
        lines.append(f'  n{i} [id="n{i}", label=<{escape(text)}>, {look}]')
        if carries(node):
            lines.append(f'  v{i} [id="v{i}", label=<{_carried(node)}>, shape=plain]')
            lines.append(f"  n{i} -> v{i}:w [arrowhead=none]")
        for operand, _ in node.edges:
            start = f"v{place[operand]}:e" if carries(operand) else f"n{place[operand]}"
            shared = uses[operand] > 1 and not operand.edges  # it stands before all other leaves
            lines.append(f"  {start} -> n{i}{' [minlen=4]' if shared else ''}")
    if name:
        lines += [f"  output [label=<{escape(name)}>, {NAME}]", f"  v{place[output]}:e -> output"]
    return "\n".join([*lines, "}", ""])


def carries(node: Node) -> bool:
    """Whether the line that leaves a node shows its value: a number without a name is its own."""
    return bool(node.label or node.edges)


def number(value: np.ndarray) -> str:
    """Return a number to four digits, or the shape of an array."""
    return brief(value, 4).replace("-", "−")


def _carried(node: Node) -> str:
    gradient = " " if node.gradient is None else number(node.gradient)
    texts = ((number(node.value), INK), (gradient, GRADIENT))
    above, below = (f'<TR><TD><FONT COLOR="{colour}">{text}</FONT></TD></TR>' for text, colour in texts)
    return f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1" COLOR="{LINE}">{above}<HR/>{below}</TABLE>'
