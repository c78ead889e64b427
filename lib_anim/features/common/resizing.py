"""What is said of a picture whose size is not the film's. Not a feature."""

from __future__ import annotations

import numpy as np

from lib_anim.messages import Message

Size = tuple[int, int]  # (width, height) in pixels
_ALIKE = 0.02  # shapes that differ less than this, as sizes in steps of 8 pixels make them, are one to the eye


def resizing(key: str, own: Size, size: Size) -> tuple[str, ...]:
    """The note that a setting's picture, or video, of its own size is resized to the film's; none when it fits."""
    width, height = own
    if (width, height) == size:
        return ()
    stretched = abs(width * size[1] / (height * size[0]) - 1.0) > _ALIKE
    values = {"key": key, "size": _written(own), "to": _written(size)}
    if not stretched:
        return (Message("{key}: {size} is resized to {to}", **values),)
    return (
        Message(
            "{key}: {size} is resized to {to}, which stretches it; crop it to the film's shape to avoid that",
            **values,
        ),
    )


def only_colors(key: str, picture: np.ndarray, size: Size) -> tuple[str, ...]:
    """The note that a setting's picture keeps its size, since nothing but its colours counts; none when it fits."""
    width, height = picture.shape[1::-1]
    if (width, height) == size:
        return ()
    own, to = _written((width, height)), _written(size)
    return (Message("{key}: {size} is not resized to {to}; only its colours count", key=key, size=own, to=to),)


def _written(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
