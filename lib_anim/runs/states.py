"""States as bytes: safetensors files, which contain no code, with a checksum of the whole file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from lib_anim.messages import Message

_PLACEHOLDER = "0" * 64  # in place of the checksum while it is computed
_CHECKSUM = re.compile(rb'"sha256":\s?"([0-9a-f]{64})"')


class NotWhole(ValueError):
    """A file is damaged; the first argument says why."""


def pack(state: object) -> bytes:
    """Convert a state of nested dicts, lists, plain values and arrays to the bytes of a file."""
    arrays: dict[str, NDArray[Any]] = {}

    def outline(value: object) -> object:
        if isinstance(value, np.ndarray):
            arrays[f"a{len(arrays)}"] = np.ascontiguousarray(value)
            return {"$array": f"a{len(arrays) - 1}"}
        if isinstance(value, Mapping):
            return {str(key): outline(one) for key, one in value.items()}
        return [outline(one) for one in value] if isinstance(value, (list, tuple)) else value

    text = json.dumps(outline(state))
    data = safetensors.numpy.save(arrays or {"none": np.zeros(1, np.uint8)}, {"state": text, "sha256": _PLACEHOLDER})
    return _with_checksum(data, hashlib.sha256(data).hexdigest())


def unpack(data: bytes) -> dict[str, object]:
    """Convert the bytes of a file to a state. States of the first version have no checksum. Raises NotWhole."""
    found = _CHECKSUM.search(_header(data))
    if found and hashlib.sha256(_with_checksum(data, _PLACEHOLDER)).hexdigest() != found[1].decode():
        raise NotWhole(Message("its checksum is another"))
    try:
        arrays = safetensors.numpy.load(data)
        state = _with_arrays(json.loads(json.loads(_header(data))["__metadata__"]["state"]), arrays)
    except (safetensors.SafetensorError, KeyError, TypeError, ValueError, RecursionError):
        raise NotWhole(Message("it cannot be read")) from None
    if not _is_state(state):
        raise NotWhole(Message("it holds no state"))
    assert isinstance(state, dict)
    return state


def _header(data: bytes) -> bytes:
    """Return the JSON header of a safetensors file, which follows 8 bytes with its length."""
    return data[8 : 8 + int.from_bytes(data[:8], "little")]


def _with_checksum(data: bytes, checksum: str) -> bytes:
    """Return the file with its checksum replaced."""
    found = _CHECKSUM.search(data, 8, 8 + len(_header(data)))
    assert found
    return data[: found.start(1)] + checksum.encode() + data[found.end(1) :]


def _with_arrays(value: object, arrays: Mapping[str, NDArray[Any]]) -> object:
    """Replace each {"$array": name} in a nested value by its array."""
    if isinstance(value, dict):
        return arrays[value["$array"]] if "$array" in value else {key: _with_arrays(one, arrays) for key, one in value.items()}
    return [_with_arrays(one, arrays) for one in value] if isinstance(value, list) else value


def _is_state(state: object) -> bool:
    """Return whether a value has the keys and types that `Reel.restore` needs."""
    if not isinstance(state, dict) or not isinstance(state.get("done"), int) or not isinstance(state.get("memory"), dict):
        return False
    before = state.get("before", [])  # the first version stored one picture
    return isinstance(before, list) and all(_is_picture(one) for one in (*before, state.get("painted")))


def _is_picture(value: object) -> bool:
    """Return whether a value is a picture, (H, W, 3) uint8, or None."""
    frame = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3
    return value is None or frame
