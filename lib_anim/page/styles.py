"""Styles as WebUIs have them, laid on what stands in the page's boxes. Texts in, texts out."""

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

_PLACE = "{prompt}"


def laid_on(style: Style, box: str, text: str, avoid: str) -> tuple[str, str]:
    """The text of a box with a style on each of its prompts, and what is to be avoided with that of the style.

    `box` is one of BOXES. Raises BadInput.
    """
    if box not in BOXES:
        raise BadInput(Message("there is no box '{name}'", name=box))
    return BOXES[box](text, lambda prompt: _dressed(style, prompt)), merged(style.negative, avoid)


def merged(style: str, text: str) -> str:
    """A style's text with `text` in the place of {prompt}, or behind it where the style names none: as WebUIs do it.

    >>> merged("photo of {prompt}, 4k", "a cat"), merged("oil painting", "a cat")
    ('photo of a cat, 4k', 'a cat, oil painting')
    """
    if _PLACE in style:
        return style.replace(_PLACE, text.strip())
    return ", ".join(part for part in (text.strip(), style) if part)


def _dressed(style: Style, prompt: str) -> str:
    wanted, avoided = split_negative(prompt)
    wanted = merged(style.prompt, wanted)
    return f"{wanted} --neg {avoided}" if avoided else wanted


def _in_prompts(text: str, change: Callable[[str], str]) -> str:
    """Prompts as JSON or as one plain text, with each prompt changed."""
    prompts = read_prompts(text, FIELDS["prompts"])
    return json.dumps({key: change(prompt) for key, prompt in prompts.items()}, indent=1, ensure_ascii=False)


BOXES = {"scenes": scenes.reworded, "prompts": _in_prompts}
