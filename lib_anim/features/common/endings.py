"""Which picture of a video or a folder a frame of the film has, also where the film is longer. Not a feature."""

from __future__ import annotations


def place_of(index: int, count: int, ending: str) -> int | None:
    """Return which of `count` pictures frame `index` has; None where the ending is "stop" and they are over.

    A single picture is for all frames.
    """
    if index < count or count == 1:
        return min(index, count - 1)
    if ending == "loop":
        return index % count
    if ending == "ping-pong":  # the two at the turns come once each
        place = index % (2 * count - 2)
        return min(place, 2 * count - 2 - place)
    return None if ending == "stop" else count - 1
