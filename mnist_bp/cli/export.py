"""`bp export`: a run's network as a file for other libraries."""

from pathlib import Path

import click

from mnist_bp.cli import options
from mnist_bp.cli.output import printable
from mnist_bp.cli.result import Result, reports

FORMATS = ("onnx", "safetensors")  # and the endings of their files


@click.command("export")
@click.argument("run", type=options.Folder())
@click.option("--format", "kind", type=options.Choice(FORMATS), required=True, help="For which libraries.")
@options.out(
    "Where to write it; a file that bp has not made is left alone. Without this option, a file in the working "
    "directory that is called after RUN.",
    *(f".{kind}" for kind in FORMATS),
)
@reports
def command(run: str, kind: str, file: Path | None) -> Result:
    """Write a run's network to a file for other libraries.

    ONNX models run in onnxruntime and many other programs: they take float32 pixels from 0 to 1, or points, for any
    number of examples, and give logits, then probabilities. A safetensors file holds the parameters, W1, b1 and so on,
    for PyTorch and others.

    \b
    Examples:
        bp export runs/quickstart --format onnx
        bp export runs/quickstart --format safetensors -o digits.safetensors
    """  # noqa: D301  # \b keeps click from joining the lines
    from mnist_bp.export import onnx_model, safetensors_file
    from mnist_bp.export.description import describe
    from mnist_bp.run import files
    from mnist_bp.run.model import Model

    file = file or Path(f"{Path(run).resolve().name}.{kind}")
    if file.suffix.lower() != f".{kind}":
        raise click.UsageError(f"--out: expected a name that ends in .{kind}, as --format says; got {file}")
    files.require_replaceable(file)
    model = Model.load(run)
    about = describe(model)
    content = (onnx_model if kind == "onnx" else safetensors_file).convert(model, about)
    files.save(file, content)
    shapes = {name: ["N", size] for name, size in (about.inputs | about.outputs).items()}
    data = {
        "file": str(file),
        "format": kind,
        "bytes": len(content),
        "inputs": {name: shapes[name] for name in about.inputs},
        "outputs": {name: shapes[name] for name in about.outputs},
    }
    held = shapes if kind == "onnx" else {name: array.shape for name, array in model.params.items()}
    within = ", ".join(f"{name} ({', '.join(map(str, shape))})" for name, shape in held.items())
    return Result(printable(f"{run} → {file}, {_size(len(content))}; {within}"), data)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1e3:.0f} kB"
