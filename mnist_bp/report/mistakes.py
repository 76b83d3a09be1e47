"""A contact sheet of the examples of which a network is most confidently wrong."""

from mnist_bp.report import images
from mnist_bp.run.judgement import Wrong
from mnist_bp.run.measuring import Measured

COLUMNS = 8


def mistakes(measured: Measured, count: int) -> bytes | None:
    """Return a PNG file of the worst errors, at most `count`, or None if no example is wrong.

    Raises BpError (exit 2) for examples that are no images, and (exit 1) without Pillow.
    """
    images.require_images(measured.dataset)
    errors = measured.judgement.errors(count)
    if not errors:
        return None
    kind, names = measured.predictions.kind, images.drawable(measured.classes)
    pixels = measured.examples.x[[wrong.index for wrong in errors]].reshape(-1, *measured.dataset.shape)
    captions = [_caption(wrong, kind, names) for wrong in errors]
    return images.png(images.sheet(pixels, min(COLUMNS, len(errors)), captions))


def _caption(wrong: Wrong, kind: str, names: list[str]) -> str:
    true, said = names[wrong.true], names[wrong.said]
    between = " " if len(true) + len(said) <= 4 else "\n"
    number = f"{wrong.number:.1%}".replace("%", " %") if kind == "probability" else f"output {wrong.number:.3g}"
    return f"{true},{between}said {said}\n{number}"
