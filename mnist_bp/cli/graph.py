"""`bp graph`: the computational graph of one training example, as a picture, a page or DOT."""

from pathlib import Path

import click

from mnist_bp.cli import options, output
from mnist_bp.cli.result import Result, reports


@click.command("graph")
@click.argument("run", type=options.Folder(), required=False)
@options.config("Draw a new network: by the name of a config, or its file.")
@options.overrides()
@click.option(
    "--example",
    type=options.Integer(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="Which training example, counted from 0.",
)
@options.out(
    "Write a picture, FILE.svg; a page that steps through the graph, FILE.html; or FILE.dot, for Graphviz. "
    "Without this option, print the latter.",
    ".svg",
    ".html",
    ".dot",
)
@reports
def command(
    run: str | None, config_file: str | None, overrides: tuple[str, ...], example: int, file: Path | None
) -> Result:
    """Draw backprop: values above the arrows, gradients below them.

    The graph is that of the loss on one training example, number by number, for a network that is small enough: a new
    one with --config CONFIG, a trained one with its run directory RUN. Pictures and pages are drawn by Graphviz.

    \b
    Examples:
        bp graph --config chain -o chain.svg
        bp graph --config xor --example 3 -o xor.html
        bp graph --config xor | dot -Tpng -o xor.png
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.report import graph_page
    from mnist_bp.report.graph_words import rows
    from mnist_bp.run import files
    from mnist_bp.run.example_graph import of_example

    config = options.config_of(run, config_file, overrides)
    if file:
        files.require_replaceable(file)
    loss = of_example(config, run, example, output.bar)
    nodes = [row.data for row in rows(loss)]
    data = {"example": example, "loss": loss.value.item(), "nodes": nodes}
    if not file:
        return Result(graph_page.dot(loss).rstrip("\n"), data, exact=True)
    if file.suffix.lower() == ".html":
        what = f"Run {run}" if run is not None else f"{config_file}, before training"
        content = graph_page.html(loss, f"Backprop through {config.data.name}, training example {example}", what)
    else:
        source = graph_page.dot(loss)
        content = (graph_page.svg(source) if file.suffix.lower() == ".svg" else source).encode()
    files.save(file, content)
    return Result(f"{file}: {len(nodes)} nodes, loss {loss.value.item():.6g} on training example {example}", data)
