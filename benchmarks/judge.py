"""What the judge of pictures is good for: a film of two scenes by the small model, whose painter fails now and then.

A twelfth of the pictures have the fault, by their seed; another seed is well. "keep" is the film with its faults, "retry"
the one in which the judge had them painted again. "false" are pictures noted that have none; the way back from a fault that
was kept may be among them. The worst error leaves out where the scene changes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from benchmarks.coherence import FILM, MOVES
from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.plan.seeds import derived
from lib_anim.runs.report import curves_of, totals
from lib_anim.settings import settings as settings_file
from lib_anim.shot.reel import Reel
from lib_anim.shot.steps import Tools

N_FRAMES, SWITCH, EVERY = 48, 24, 12
TWO_SCENES = {
    **{"anim_version": "bench", "max_frames": N_FRAMES, "steps": 8, "color_coherence_reference": "scene"},
    "prompts": {"0": "mountains at sunset, sun", str(SWITCH): "sea at night, moon"},
}
Paint = Callable[[SampleRequest], Sampled]


def _black(request: SampleRequest, paint: Paint) -> Sampled:
    return Sampled(np.zeros_like(request.init), request.seed)


FAULTS: dict[str, Callable[[SampleRequest, Paint], Sampled] | None] = {
    "none": None,
    "black": _black,
    "not painted": lambda request, paint: Sampled(request.init, request.seed),
    "another prompt": lambda request, paint: paint(replace(request, prompts=(("a red house in the snow", 1.0),), denoise=0.9)),
    "all painted anew": lambda request, paint: paint(replace(request, denoise=1.0)),
    "CFG scale 30": lambda request, paint: paint(replace(request, cfg_scale=30.0)),
}


def run() -> None:
    """Print the table."""
    from lib_anim.engines.diffusers.engine import DiffusersEngine

    engine = DiffusersEngine.load(BUNDLED, device="cpu")
    columns = "".join(f"{name:>10}" for name in ("paintings", "faults", "found", "false", "error", "flicker", "worst"))
    print(f"\njudge: {N_FRAMES} frames, two scenes\n{'':26}{columns}", flush=True)
    for name in FAULTS:
        for mode in ("keep", "retry"):
            _row(f"{name}, {mode}", _Faulty(engine, name), mode)


class _Faulty(Engine):
    """Fails at some seeds, and remembers when."""

    def __init__(self, inner: Engine, name: str):
        self._inner = inner
        self._fault, self.paintings, self.failed = FAULTS[name], 0, set()

    @property
    def capabilities(self) -> Capabilities:
        return self._inner.capabilities

    def paint(self, request: SampleRequest) -> Sampled:
        self.paintings += 1
        if self._fault is None or request.index == 0 or derived(request.seed, request.index) % EVERY:
            return self._inner.sample(request)
        self.failed.add(request.index)
        return self._fault(request, self._inner.sample)


def _row(label: str, engine: _Faulty, mode: str) -> None:
    plan = make_plan(settings_file.parse({**FILM, **MOVES["2D zoom"], **TWO_SCENES, "judge": mode}))
    shot = make_shot(plan, Tools(engine.capabilities))
    reel, frames, found = Reel(shot), [], set()
    while (take := reel.ask()) is not None:
        frames += [rendered.frame for rendered in reel.take(engine.sample_take(take))]
        found |= {one.request.index for one in reel.finished if one.notes.keys() & {"fault", "rejected"}}
    curves = curves_of(frames, list(range(N_FRAMES)))
    told = totals(curves)
    worst = max(error for index, error in enumerate(curves.error, 1) if index not in (SWITCH, SWITCH + 1))
    counts = (engine.paintings, len(engine.failed), len(found & engine.failed), len(found - engine.failed))
    figures = "".join(f"{value:10.2f}" for value in (told["error"], told["flicker"], worst))
    print(f"{label:26}" + "".join(f"{count:10}" for count in counts) + figures, flush=True)
