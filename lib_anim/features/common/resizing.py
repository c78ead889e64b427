"""Notes on pictures whose size is not that of the film. Not a feature."""

from __future__ import annotations

import numpy as np

from lib_anim.messages import Message

Size = tuple[int, int]  # (width, height) in pixels
_TOLERANCE = 0.02  # relative difference of aspect ratios that nobody sees; sizes in steps of 8 pixels cause such differences


def resizing(key: str, own: Size, size: Size) -> tuple[str, ...]:
    """Return the note that a setting's picture or video, of the size `own`, is resized to `size`; none if they are equal."""
    width, height = own
    if (width, height) == size:
        return ()
    stretched = abs(width * size[1] / (height * size[0]) - 1.0) > _TOLERANCE
    values = {"key": key, "size": _format(own), "to": _format(size)}
    if not stretched:
        return (Message("{key}: {size} is resized to {to}", **values),)
    return (
        Message(
            "{key}: {size} is resized to {to}, which stretches it; crop it to the film's shape to avoid that",
            **values,
        ),
    )


def only_colors(key: str, picture: np.ndarray, size: Size) -> tuple[str, ...]:
    """Return the note that the picture of a setting is not resized, since only its colours are used; none if it has `size`."""
    width, height = picture.shape[1::-1]
    if (width, height) == size:
        return ()
    own, to = _format((width, height)), _format(size)
    return (Message("{key}: {size} is not resized to {to}; only its colours count", key=key, size=own, to=to),)


def _format(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
