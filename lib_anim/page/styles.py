"""Applying WebUI styles to the texts of the page. Texts in, texts out."""

from __future__ import annotations

import json
from collections.abc import Callable

from lib_anim.engines.base import Style
from lib_anim.errors import BadInput
from lib_anim.language.prompts import split_negative
from lib_anim.messages import Message
from lib_anim.page import scenes
from lib_anim.settings.readers import read_prompts
from lib_anim.settings.table import FIELDS

_PLACEHOLDER = "{prompt}"


def apply(style: Style, box: str, text: str, avoid: str) -> tuple[str, str]:
    """Apply a style to each prompt in the text of a box, and to the text to avoid; return both.

    `box` is one of BOXES. Raises BadInput.
    """
    if box not in BOXES:
        raise BadInput(Message("there is no box '{name}'", name=box))
    return BOXES[box](text, lambda prompt: _style_prompt(style, prompt)), merge(style.negative, avoid)


def merge(style: str, text: str) -> str:
    """Insert `text` for {prompt} in a style's text, or append the style to it if there is none, as WebUIs do.

    >>> merge("photo of {prompt}, 4k", "a cat"), merge("oil painting", "a cat")
    ('photo of a cat, 4k', 'a cat, oil painting')
    """
    if _PLACEHOLDER in style:
        return style.replace(_PLACEHOLDER, text.strip())
    return ", ".join(part for part in (text.strip(), style) if part)


def _style_prompt(style: Style, prompt: str) -> str:
    wanted, avoided = split_negative(prompt)
    wanted = merge(style.prompt, wanted)
    return f"{wanted} --neg {avoided}" if avoided else wanted


def _map_prompts(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to each prompt of a JSON object or a plain text; return JSON."""
    prompts = read_prompts(text, FIELDS["prompts"])
    return json.dumps({key: change(prompt) for key, prompt in prompts.items()}, indent=1, ensure_ascii=False)


BOXES = {"scenes": scenes.map_texts, "prompts": _map_prompts}
