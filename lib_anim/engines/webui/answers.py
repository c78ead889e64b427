"""Answers of a WebUI over HTTP, read by type: a program at that address may answer anything.

Errors are Unreadable: one sentence with what was answered.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import time
from typing import Any

import numpy as np
from PIL import Image

from lib_anim.engines.webui.host_errors import of_size
from lib_anim.errors import EngineError
from lib_anim.images.frame import Frame, encode_png
from lib_anim.messages import Message, one_line

MOST_OF_A_LIST = 64 * 2**20  # bytes; lists of LoRAs can have much metadata
_MOST_BESIDE = 16 * 2**20  # bytes of an answer beside its pictures
_PICTURES = 8  # at most in an answer: extensions add theirs
_FORMATS = ("PNG", "JPEG", "WEBP")  # that a WebUI can send
_SHOWN = 80  # characters of what was answered


class Unreadable(EngineError):
    """The WebUI answered something else than its interface promises."""


def most_of_a_picture(size: tuple[int, int]) -> int:
    """Return how many bytes an answer with a picture of this size can have."""
    width, height = size
    return _PICTURES * width * height * 4 + _MOST_BESIDE


def read_body(response: Any, most: int, longest_s: float) -> bytes:
    """Read the body of a streamed httpx response, at most `most` bytes in `longest_s` seconds."""
    import httpx

    until, data = time.monotonic() + longest_s, bytearray()
    try:
        for chunk in response.iter_bytes():
            data += chunk
            if len(data) > most:
                raise Unreadable(Message("the WebUI answered with more than {n} MB", n=max(1, round(most / 2**20))))
            if time.monotonic() > until:
                raise Unreadable(Message("the WebUI's answer had no end after {n} seconds", n=round(longest_s)))
    except httpx.DecodingError as error:
        raise Unreadable(Message("the WebUI's answer cannot be unpacked: {said}", said=error)) from None
    return bytes(data)


def read_json(body: bytes) -> object:
    """Read a body as JSON."""
    try:
        read: object = json.loads(body)
    except (ValueError, RecursionError):
        said = one_line(body[:500].decode("utf-8", "replace"), _SHOWN)
        text = "the WebUI answered '{said}' in place of JSON; is there another program at this address?"
        raise Unreadable(Message(text, said=said) if said else "the WebUI answered nothing in place of JSON") from None
    return read


def read_object(value: object, what: str) -> dict[str, Any]:
    """Check that the answer to `what` is a JSON object."""
    if not isinstance(value, dict):
        raise Unreadable(Message("the WebUI answered {what} with {said} in place of an object", what=what, said=_shown(value)))
    return value


def read_objects(value: object, what: str, *texts: str) -> list[dict[str, Any]]:
    """Check that the answer to `what` is a list of objects that have `texts`."""
    if not isinstance(value, list):
        raise Unreadable(Message("the WebUI answered {what} with {said} in place of a list", what=what, said=_shown(value)))
    if what == "schedulers" and all(isinstance(one, dict) and "cls" in one for one in value):
        return []  # SD.Next answers with its samplers, each with a class: it has no schedulers apart from them
    for one in value:
        if not isinstance(one, dict) or not all(isinstance(one.get(key), str) for key in texts):
            text = "the WebUI's list of {what} has {said}, which lacks a text '{names}'"
            raise Unreadable(Message(text, what=what, said=_shown(one), names="', '".join(texts)))
    return value


def as_text(frame: Frame) -> str:
    """Return a picture as a request holds it: a PNG in base64."""
    return base64.b64encode(encode_png(frame)).decode("ascii")


def read_picture(answer: dict[str, Any], size: tuple[int, int]) -> Frame:
    """Decode the first picture of an answer. Raises EngineError also for one of another size, before it is decoded."""
    images = answer.get("images")
    if not images:
        raise Unreadable("the WebUI answered without a picture")
    first = images[0] if isinstance(images, list) else images
    if not isinstance(images, list) or not isinstance(first, str):
        raise Unreadable(Message("the WebUI answered with {said} in place of a picture", said=_shown(first)))
    try:
        data = base64.b64decode(first.rpartition(",")[2], validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable(
            Message("the WebUI's picture is broken: '{said}' is not base64", said=one_line(first, _SHOWN))
        ) from None
    return _decode(data, size)


def rounded(frame: Frame, index: int) -> Frame:
    """Correct the host's rounding: it truncates levels to integers, which darkens a picture by half a level in the mean.

    One level is added to every other pixel, in a checkerboard that alternates with the frame `index`. So a long film neither
    darkens nor shows a fixed pattern. Black and white pixels are not changed.
    """
    height, width = frame.shape[:2]
    board = (np.add.outer(np.arange(height), np.arange(width)) + index) % 2 == 0
    lifted = np.where(frame == 255, frame, frame + np.uint8(1))
    return np.where(board[..., None] & (frame > 0), lifted, frame)


def _decode(data: bytes, size: tuple[int, int]) -> Frame:
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            of_size(np.broadcast_to(np.uint8(0), (image.height, image.width, 3)), size)
            return np.ascontiguousarray(np.asarray(image.convert("RGB")))
    except EngineError:
        raise
    except Exception as error:  # Pillow's decoders raise any class of error on damaged pictures
        said = one_line(str(error).partition(" <")[0], _SHOWN)  # without "<_io.BytesIO object at …>"
        raise Unreadable(
            Message("the WebUI's picture of {n} bytes cannot be decoded: {said}", n=len(data), said=said)
        ) from None


def _shown(value: object) -> str:
    """The beginning of a value as JSON."""
    return one_line(json.dumps(value, ensure_ascii=False)[:500], _SHOWN)
