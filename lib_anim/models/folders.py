"""Models in folders in transformers' layout: config.json and safetensors. No code of a folder is run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lib_anim.errors import FieldError, ModelError
from lib_anim.extras import how_to_install
from lib_anim.files import MB, check_file, read_file
from lib_anim.messages import Message


def check_weights(folder: Path, limit: int) -> tuple[Path, ...]:
    """Return the safetensors files of a folder, each of `limit` bytes at the most. Raises ModelError."""
    weights = tuple(sorted(folder.glob("*.safetensors")))
    if not weights:
        raise ModelError(Message("{path}: there are no weights in this folder as .safetensors", path=folder))
    for file in weights:
        try:
            check_file(file, limit)
        except FieldError as error:
            raise ModelError(Message("{path}: {said}", path=file, said=error.reason)) from None
    return weights


def check_packages(text: str) -> None:
    """Check that torch and transformers are installed. Raises ModelError with `text`, which has {names} and {command}."""
    if missing := next((name for name in ("torch", "transformers") if not find_spec(name)), None):
        raise ModelError(Message(text, names=missing, command=how_to_install("diffusers")))


def read_json(folder: Path, name: str) -> Mapping[str, Any]:
    """Return the object in a JSON file of the folder. Raises ModelError."""
    try:
        found = json.loads(read_file(folder / name, MB))
    except FieldError as error:
        raise ModelError(Message("{path}: {said}", path=folder / name, said=error.reason)) from None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ModelError(Message("{path}: not a JSON object", path=folder / name))
    return found


def read_processing(folder: Path) -> Mapping[str, Any]:
    """Return what a folder says about the pictures that its model takes; nothing if it does not. Raises ModelError."""
    return read_json(folder, "preprocessor_config.json") if (folder / "preprocessor_config.json").is_file() else {}


@contextmanager
def on_card(model: Any) -> Iterator[str]:
    """Provide the device that a model runs on: in the block it lies on the graphics card, if there is one."""
    import torch

    place = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        model.to(place)
        with torch.no_grad():
            yield place
    finally:
        if place == "cuda":
            model.to("cpu")
            torch.cuda.empty_cache()
