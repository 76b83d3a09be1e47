"""`bp draw`: a page to draw digits on, which a run's network reads."""

from pathlib import Path

import click

from mnist_bp.cli import options, output


@click.command("draw")
@click.argument("run", type=options.Folder())
@options.out(
    "Where to write the page; a file that bp has not made is left alone.", ".html", ".htm", default="draw.html"
)
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
def command(run: str, file: Path, opened: bool) -> None:
    """Make a page to draw on, by mouse, finger or pen.

    It shows what the network of RUN reads, and how sure it is. The page holds the network and all that it needs, so
    it works without any connection, on a phone too. What is drawn becomes an image as those that the network was
    trained on, and is shown beside it. `bp train own-digits` makes the network that reads other hands best.

    \b
    Examples:
        bp draw runs/quickstart --open
        bp draw runs/mnist -o digits.html
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.report import draw_page
    from mnist_bp.run import files

    files.require_replaceable(file)
    files.save(file, draw_page.html(run, file.parent))
    click.echo(output.printable(f"{file}"))
    if opened:
        import logging
        import webbrowser

        if not webbrowser.open(file.resolve().as_uri()):
            logging.getLogger(__name__).warning("--open: expected a browser to open %s with; found none", file)
