"""Pictures of a computational graph."""

from mnist_bp.nn.check.graph.nodes import Node, brief, operands_first


def dot(output: Node) -> str:
    """Return a picture of the graph in DOT, the language of Graphviz, from the leaves on the left to the output.

    Each node shows its operation or name, its value or the shape of it, and the same of its gradient if there is one.
    """
    order = operands_first(output)
    number = {node: i for i, node in enumerate(order)}
    lines = ["digraph {", "  rankdir=LR"]
    for node, i in number.items():
        texts = [node.label, brief(node.value)]
        if node.gradient is not None:
            texts.append(f"gradient {brief(node.gradient)}")
        label = "\\n".join(text.replace("\\", "\\\\").replace('"', '\\"') for text in texts if text)
        lines.append(f'  n{i} [label="{label}", shape={"ellipse" if node.edges else "box"}]')
        lines += [f"  n{number[operand]} -> n{i}" for operand, _ in node.edges]
    return "\n".join([*lines, "}", ""])
