"""Seeds: one for every painted picture, from the start seed and a behaviour. Nothing is drawn at random here."""

from __future__ import annotations

import numpy as np

from lib_anim.language.functions import Values

LARGEST = 2**32 - 1  # the largest seed that a WebUI draws

# the indexes from which `derived` seeds of one picture's further paintings count, apart from each other and from those of redo
FLOW_TRY, SECOND_PASS, ANOTHER_TRY = (k << 20 for k in (1, 2, 3))


def painted_seeds(behavior: str, count: int, start: int, repeat: int = 1, *, classic: bool = False) -> list[int]:
    """Seeds of the first `count` painted pictures; behaviours by Deforum's names.

    iter       start, +1 after every `repeat` pictures (`classic`: the first seed is used once only)
    fixed      start
    ladder     start, then by turns +2 and -1
    alternate  start, start+1, start, …
    random     start, then numbers derived from it
    """
    k = np.arange(count)
    if behavior == "fixed":
        steps = 0 * k
    elif behavior == "ladder":
        steps = k // 2 + 2 * (k % 2)
    elif behavior == "alternate":
        steps = k % 2
    elif behavior == "random":
        return [start, *(derived(start, int(i)) for i in k[1:])][:count]
    else:
        steps = (k + (repeat - 1) * (k > 0) if classic else k) // repeat
    return [start + int(step) for step in steps]


def scheduled_seeds(schedule: Values, start: int) -> list[int]:
    """Seeds of all frames from a schedule's values; -1 is replaced by a number derived from (`start`, frame)."""
    return [int(value) if int(value) >= 0 else derived(start, frame) for frame, value in enumerate(schedule)]


def derived(seed: int, index: int) -> int:
    """A seed 0..LARGEST that depends on nothing but its arguments."""
    words = np.random.SeedSequence([seed % 2**64, index]).generate_state(1, np.uint32)
    return int(words[0]) % (LARGEST + 1)
