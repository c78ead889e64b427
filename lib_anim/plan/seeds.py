"""Seeds of painted pictures, derived from the start seed. All functions are deterministic."""

from __future__ import annotations

import numpy as np

from lib_anim.language.functions import Values

LARGEST = 2**32 - 1  # the largest seed that a WebUI draws

# first indexes of the seeds `derived` for further paintings of one picture; redo counts from 0, and no ranges overlap
FLOW_TRY, SECOND_PASS, ANOTHER_TRY = (k << 20 for k in (1, 2, 3))


def painted_seeds(behavior: str, count: int, start: int, repeat: int = 1, *, classic: bool = False) -> list[int]:
    """Return the seeds of the first `count` painted pictures. `behavior` is one of Deforum's:

    iter       start, +1 after every `repeat` pictures (with `classic` the first seed is used only once)
    fixed      start
    ladder     start, then +2 and -1 alternately
    alternate  start, start+1, start, …
    random     start, then seeds derived from it
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
    """Return the seeds of all frames from the values of a schedule; negative ones are derived from `start` and the frame."""
    return [int(value) if int(value) >= 0 else derived(start, frame) for frame, value in enumerate(schedule)]


def derived(seed: int, index: int) -> int:
    """Derive a seed in 0..LARGEST from a seed and an index, by NumPy's SeedSequence."""
    words = np.random.SeedSequence([seed % 2**64, index]).generate_state(1, np.uint32)
    return int(words[0]) % (LARGEST + 1)
