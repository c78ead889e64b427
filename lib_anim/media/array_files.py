"""NumPy's files, .npy and .npz, from strangers: only arrays of numbers, and as large as they say they are."""

from __future__ import annotations

import io
import zipfile
import zlib
from math import prod

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lib_anim.errors import FieldError
from lib_anim.files import MB

_LARGEST = 64 * MB  # of what is unpacked
_BROKEN = "a NumPy file that cannot be read: damaged, or not made of numbers"


def is_array_file(data: bytes) -> bool:
    """Return whether these are the bytes of an .npy or .npz file."""
    return data.startswith((b"\x93NUMPY", b"PK\x03\x04"))


def read_arrays(data: bytes) -> dict[str, NDArray[np.float64]]:
    """Return the arrays by name, as float64; that of an .npy is `c2w`. Raises FieldError."""
    try:
        if data.startswith(b"\x93NUMPY"):
            return {"c2w": _array(data)}
        with zipfile.ZipFile(io.BytesIO(data)) as members:
            if sum(member.file_size for member in members.infolist()) > _LARGEST:
                raise FieldError(_BROKEN)
            names = [name for name in members.namelist() if name.endswith(".npy")]
            return {name.removesuffix(".npy"): _array(members.read(name)) for name in names}
    except (ValueError, OSError, KeyError, NotImplementedError, RuntimeError, EOFError, zipfile.BadZipFile, zlib.error):
        raise FieldError(_BROKEN) from None


def _array(data: bytes) -> NDArray[np.float64]:
    """Return the array of an .npy file. Raises ValueError, FieldError."""
    file = io.BytesIO(data)
    version = npy.read_magic(file)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, kind = read(file)
    content = data[file.tell() :]
    if kind.kind not in "fiu" or kind.hasobject or prod(shape) * kind.itemsize != len(content):
        raise FieldError(_BROKEN)
    array = np.frombuffer(content, kind).reshape(shape, order="F" if by_columns else "C")
    return np.asarray(array, np.float64)
