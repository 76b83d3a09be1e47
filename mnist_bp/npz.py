"""The arrays of an uncompressed .npz file, as they lie in its bytes: none is copied, and none is unpickled."""

import math
import struct
import warnings
import zipfile
from typing import IO, Any

import numpy as np


def arrays(file: IO[bytes], whole: Any) -> dict[str, np.ndarray]:
    """Return the arrays of an open file by their names, as read-only views of `whole`, its bytes.

    Memory stays within a few times the file's size, whatever it claims. Checksums are left to the caller. Raises
    ValueError for anything that is not such a file, and MemoryError if memory is short.

    NumPy itself maps .npy files alone; in an .npz each lies behind a zip header: 30 bytes, its name, an extra field.
    """
    found = {}
    try:
        with zipfile.ZipFile(file) as archive, warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy would mend some headers, and warn
            for member in archive.infolist():
                name_length, extra_length = struct.unpack_from("<HH", whole, member.header_offset + 26)
                start = member.header_offset + 30 + name_length + extra_length
                file.seek(start)
                version = np.lib.format.read_magic(file)
                shape, by_columns, dtype = np.lib.format.read_array_header_1_0(file, max_header_size=1000)
                flat = np.frombuffer(whole, dtype, count=math.prod(shape), offset=file.tell())
                name = member.filename.removesuffix(".npy")
                if version != (1, 0) or file.tell() + flat.nbytes != start + member.file_size or name in found:
                    raise ValueError(f"{name} is not one whole array of version 1.0")
                flat.flags.writeable = False
                found[name] = flat.reshape(shape, order="F" if by_columns else "C")
        if sum(array.nbytes for array in found.values()) > len(whole):
            raise ValueError("its arrays overlap")
    except MemoryError:
        raise
    except Exception as error:  # damaged bytes make zip and header parsers raise almost anything
        raise ValueError(f"not an uncompressed .npz file of arrays: {error}") from error
    return found
