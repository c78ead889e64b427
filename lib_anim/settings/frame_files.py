"""Files by frame, as JSON: `{"0": "a.png", "max_f/2": "b.png"}`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from lib_anim.errors import FieldError
from lib_anim.settings.json_text import parse_json

FILES_BY_FRAME = ("init_images",)  # the settings that are such texts


def with_frame_files(text: str, convert: Callable[[str], str]) -> str:
    """Return a text with its paths converted; one that is no JSON object is unchanged."""
    try:
        found = parse_json(text)
    except FieldError:
        return text
    if not isinstance(found, Mapping):
        return text
    files = {key: convert(path) if isinstance(path, str) else path for key, path in found.items()}
    return json.dumps(files, ensure_ascii=False)
