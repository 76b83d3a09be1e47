"""`bp report`: a page about one run or several."""

from pathlib import Path

import click

from mnist_bp.cli import options, output


@click.command("report")
@click.argument("runs", metavar="RUN...", type=options.Folder(), nargs=-1, required=True)
@options.out(
    "Where to write the page; a file that bp has not made is left alone.", ".html", ".htm", default="report.html"
)
def command(runs: tuple[str, ...], file: Path) -> None:
    """Make a page about runs, to be opened in a browser.

    RUN is a run directory, or a folder of runs, as a sweep's. Of one run the page shows how well it does, its curves,
    what it takes for what, its mistakes and weights, and whether its gradients are right; of several, their curves on
    the same axes, with mean and standard deviation over seeds, and a table. The page holds all that it needs.

    \b
    Examples:
        bp report runs/quickstart
        bp report runs/mnist runs/mine -o both.html
        bp report runs -o all.html
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.report.report import report
    from mnist_bp.run import files

    files.require_replaceable(file)
    files.save(file, report(runs, output.bar, file.parent))
    click.echo(output.printable(f"{file}"))
