"""Notes on pictures whose size is not that of the film. Not a feature."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lib_anim.images.frame import Pixel, cropped, padded
from lib_anim.messages import Message

Size = tuple[int, int]  # (width, height) in pixels
_TOLERANCE = 0.02  # relative difference of aspect ratios that nobody sees; sizes in steps of 8 pixels cause such differences


def resizing(key: str, own: Size, size: Size) -> tuple[str, ...]:
    """Return the note that a setting's picture or video, of the size `own`, is resized to `size`; none if they are equal."""
    width, height = own
    if (width, height) == size:
        return ()
    values = {"key": key, "size": _format(own), "to": _format(size)}
    if not is_stretched(own, size):
        return (Message("{key}: {size} is resized to {to}", **values),)
    return (
        Message(
            "{key}: {size} is resized to {to}, which stretches it; crop it to the film's shape to avoid that",
            **values,
        ),
    )


def is_stretched(own: Size, size: Size) -> bool:
    """Whether what is resized from `own` to `size` looks stretched."""
    return abs(own[0] * size[1] / (own[1] * size[0]) - 1.0) > _TOLERANCE


def fit(picture: NDArray[Pixel], size: Size, how: str) -> NDArray[Pixel]:
    """Bring a picture or a mask to the film's `size` or its shape; `how` is a value of init_image_fit."""
    if how == "stretch":
        return picture
    return cropped(picture, size) if how == "crop" else padded(picture, size)


def scaled_size(own: Size, size: Size, how: str) -> Size:
    """Return the size to which a picture is scaled before `fit` brings it to exactly `size`."""
    if how == "stretch":
        return size
    ratios = [side / its for side, its in zip(size, own, strict=True)]
    scale = max(ratios) if how == "crop" else min(ratios)
    return max(1, round(own[0] * scale)), max(1, round(own[1] * scale))


def fit_note(own: Size, size: Size, how: str, key: str = "init_image") -> tuple[str, ...]:
    """Return the note on a setting's picture of the size `own` that is brought to `size`; none if they are equal."""
    if how == "stretch" or not is_stretched(own, size):
        return resizing(key, own, size)
    values = {"key": key, "size": _format(own), "to": _format(size)}
    cut = "{key}: {size} is cropped to the shape of {to}"
    return (Message(cut if how == "crop" else "{key}: {size} is padded to the shape of {to}", **values),)


def several_sizes(key: str, n: int, size: Size) -> Message:
    """Return the note that the pictures of a setting's folder have `n` sizes."""
    return Message("{key}: its pictures have {n} sizes; each is resized to {size}", key=key, n=n, size=_format(size))


def only_colors(key: str, picture: np.ndarray, size: Size) -> tuple[str, ...]:
    """Return the note that the picture of a setting is not resized, since only its colours are used; none if it has `size`."""
    width, height = picture.shape[1::-1]
    if (width, height) == size:
        return ()
    own, to = _format((width, height)), _format(size)
    return (Message("{key}: {size} is not resized to {to}; only its colours count", key=key, size=own, to=to),)


def _format(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
