"""Seeds of painted pictures, derived from the start seed. All functions are deterministic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib_anim.language.functions import Values
from lib_anim.language.lazy import Lazy

LARGEST = 2**32 - 1  # the largest seed that a WebUI draws

# first indexes of the seeds `derived` for further paintings of one picture; redo counts from 0, and no ranges overlap
FLOW_TRY, SECOND_PASS, ANOTHER_TRY = (k << 20 for k in (1, 2, 3))


def painted_seeds(behavior: str, count: int, start: int, repeat: int = 1, *, classic: bool = False) -> Sequence[int]:
    """Return the seeds of the first `count` painted pictures. `behavior` is one of Deforum's:

    iter       start, +1 after every `repeat` pictures (with `classic` the first seed is used only once)
    fixed      start
    ladder     start, then +2 and -1 alternately
    alternate  start, start+1, start, …
    random     start, then seeds derived from it
    """
    k = np.arange(count)
    if behavior == "random":
        return Lazy(count, lambda i: derived(start, i) if i else start)
    if behavior == "fixed":
        steps = 0 * k
    elif behavior == "ladder":
        steps = k // 2 + 2 * (k % 2)
    elif behavior == "alternate":
        steps = k % 2
    else:
        steps = (k + (repeat - 1) * (k > 0) if classic else k) // repeat
    return Lazy(count, lambda i: start + int(steps[i]))


def scheduled_seeds(schedule: Values, start: int) -> Sequence[int]:
    """Return the seeds of all frames from the values of a schedule; negative ones are derived from `start` and the frame."""
    return Lazy(len(schedule), lambda i: int(schedule[i]) if int(schedule[i]) >= 0 else derived(start, i))


def derived(seed: int, index: int) -> int:
    """Derive a seed in 0..LARGEST from a seed and an index, by NumPy's SeedSequence."""
    words = np.random.SeedSequence([seed % 2**64, index]).generate_state(1, np.uint32)
    return int(words[0]) % (LARGEST + 1)
