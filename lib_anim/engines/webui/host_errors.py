"""What goes wrong in the WebUI around us, as our errors, with the flags that this WebUI has."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from lib_anim.errors import Blank, EngineError, OutOfMemory, ran_out_of_memory
from lib_anim.images.frame import Frame
from lib_anim.messages import Message, one_line

BLACK = "the WebUI painted a black picture (half precision overflows); start it with {flag}"
_OTHER_SIZE = (
    "the WebUI paints {width}x{height} in place of {w}x{h}, which its model does not paint; set W to {width} and H to {height}"
)
# name among the flags of the Forges' own -> how it is written; others are refused there at the start
_FULL_VAE = {"fp32_vae": "--fp32-vae", "vae_in_fp32": "--vae-in-fp32"}
_LESS_MEMORY = {"novram": "--lowvram or --novram", "always_low_vram": "--always-low-vram"}


_WORDLESS = (
    "the WebUI refused the picture without a word: this model paints another kind of picture, as Wan I2V and PiD do; "
    "choose one that paints from words alone and over a picture"
)


@contextmanager
def translated() -> Iterator[None]:
    """The host's errors as ours; what nobody foresaw leaves its traceback in the host's log."""
    try:
        yield
    except Exception as error:  # a host and its scripts raise whatever they like
        kind, words = type(error).__name__, one_line(str(error), 300)
        if kind == "NansException":
            raise Blank(Message("the WebUI's model gave no numbers: {error}", error=words)) from error
        if ran_out_of_memory(kind, words):
            remedy = Message("start the WebUI with {flag}", flag=_flag(_LESS_MEMORY, "--medvram"))
            raise OutOfMemory(remedy, words) from error
        traceback.print_exception(error)
        if isinstance(error, AssertionError) and not words:  # Forge Neo's Wan asks in this way whether it has what it needs
            raise EngineError(_WORDLESS) from error
        raise EngineError(Message("the WebUI could not paint: {error}", error=f"{kind}: {words}")) from error


def black_picture() -> Blank:
    """A picture in which nothing was painted, and what helps."""
    flag = _flag(_FULL_VAE, "--no-half-vae")
    return Blank(Message(BLACK, flag=flag))


def of_size(frame: Frame, size: tuple[int, int]) -> Frame:
    """A picture that has the size that was asked for. Raises EngineError: models want sides that are multiples of their own."""
    height, width = frame.shape[:2]
    if (width, height) != size:
        raise EngineError(Message(_OTHER_SIZE, width=width, height=height, w=size[0], h=size[1]))
    return frame


def _flag(own: dict[str, str], usual: str) -> str:
    """How a flag is written in this WebUI."""
    try:
        flags = importlib.import_module("backend.args").args
    except (ImportError, AttributeError):
        return usual
    return next((written for name, written in own.items() if hasattr(flags, name)), usual)
