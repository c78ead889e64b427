"""Errors of the host WebUI, translated into errors of this package, with the flags that this WebUI has."""

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
# attribute of the Forges' parsed flags -> the flag; the Forges refuse flags that they do not have
_FULL_VAE = {"fp32_vae": "--fp32-vae", "vae_in_fp32": "--vae-in-fp32"}
_LESS_MEMORY = {"novram": "--lowvram or --novram", "always_low_vram": "--always-low-vram"}
_NO_MESSAGE = (
    "the WebUI refused the picture without a word: this model paints another kind of picture, as Wan I2V and PiD do; "
    "choose one that paints from words alone and over a picture"
)


@contextmanager
def translated() -> Iterator[None]:
    """A context that translates errors of the host. Raises Blank, OutOfMemory, EngineError.

    The traceback of an unexpected error is printed to the host's log.
    """
    try:
        yield
    except Exception as error:  # a host and its scripts raise errors of any class
        kind, words = type(error).__name__, one_line(str(error), 300)
        if kind == "NansException":
            raise Blank(Message("the WebUI's model gave no numbers: {error}", error=words)) from error
        if ran_out_of_memory(kind, words):
            remedy = Message("start the WebUI with {flag}", flag=_flag(_LESS_MEMORY, "--medvram"))
            raise OutOfMemory(remedy, words) from error
        traceback.print_exception(error)
        if isinstance(error, AssertionError) and not words:  # an assert of Forge Neo's Wan about its inputs
            raise EngineError(_NO_MESSAGE) from error
        raise EngineError(Message("the WebUI could not paint: {error}", error=f"{kind}: {words}")) from error


def black_picture() -> Blank:
    """Return the error of a black picture, with the flag that helps."""
    flag = _flag(_FULL_VAE, "--no-half-vae")
    return Blank(Message(BLACK, flag=flag))


def of_size(frame: Frame, size: tuple[int, int]) -> Frame:
    """Return the frame if it has `size`, (width, height). Raises EngineError otherwise: models round sides to multiples."""
    height, width = frame.shape[:2]
    check_size((width, height), size)
    return frame


def check_size(painted: tuple[int, int], asked: tuple[int, int]) -> None:
    """Raise EngineError if the size that the WebUI paints differs from the one that it was asked for."""
    if painted != asked:
        raise EngineError(Message(_OTHER_SIZE, width=painted[0], height=painted[1], w=asked[0], h=asked[1]))


def _flag(own: dict[str, str], usual: str) -> str:
    """Return the flag of this WebUI: the first of `own` that it has, else `usual`."""
    try:
        flags = importlib.import_module("backend.args").args
    except (ImportError, AttributeError):
        return usual
    return next((written for name, written in own.items() if hasattr(flags, name)), usual)
