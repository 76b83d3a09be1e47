"""A network as a safetensors file: its parameters under their own names, and texts that say how they are used.

The format: the length of a header, 8 bytes, little-endian; the header, JSON; the values. The library that writes it too
puts the texts in another order each time; here, equal networks make equal files.
Source: https://github.com/huggingface/safetensors#format
"""

import json
import struct
from typing import Any

from mnist_bp.export.description import Description
from mnist_bp.run.model import Model

ALIGNMENT = 8  # bytes, where the values begin


def convert(model: Model, about: Description) -> bytes:
    """Return a network as the content of a safetensors file, in the precision that it was trained in."""
    header: dict[str, Any] = {"__metadata__": about.metadata}
    values = b""
    for name, array in model.params.items():
        start, bits = len(values), 8 * array.itemsize
        values += array.astype(f"<f{array.itemsize}").tobytes()
        header[name] = {"dtype": f"F{bits}", "shape": array.shape, "data_offsets": (start, len(values))}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return struct.pack("<Q", len(text)) + text + values
