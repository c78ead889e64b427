"""Asks a model what it should be able to do: are the named things there, do seeds, strength and guidance work as they should?

    python -m tools.tiny_model.evaluate [MODEL] [--prompts 60] [--size 128] [--steps 12] [--cfg 4]

Every picture is painted by the project's own engine, and the films are the project's own loop. Without MODEL it is the model
that comes along.
"""

import argparse
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lib_anim.engines.base import Engine, SampleRequest
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings
from lib_anim.shot.reel import Reel, render

from .draw import choose, draw, reserved
from .judge import LandJudge, ceiling, kind_of, shape_colours, train_land_judge
from .landscape import BACKS, Land
from .objects import Shapes
from .words import article

Paint = Callable[..., np.ndarray]
STRENGTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FILM = {
    "anim_version": "0",
    "W": 128,
    "H": 128,
    "diffusion_cadence": 1,
    "seed": 1,
    "steps": 12,
    "sampler": "Euler",
    "cfg_scale_schedule": "0:(4)",
    "strength_schedule": "0:(0.6)",
    "zoom": "0:(1.02)",
    "prompts": {"0": "a lake with mountains behind at sunset"},
}
NAMED = ("dawn", "day", "sunset", "night")  # the four skies of the issue
GROUND_WORDS = {
    "sea": "the sea",
    "lake": "a lake",
    "hills": "hills",
    "mountains": "mountains",
    "forest": "a forest",
    "desert": "a desert",
    "city": "a city",
    "field": "a meadow",
}
TIME_WORDS = {
    "dawn": ("at dawn", "dawn"),
    "day": ("by day", "a blue sky"),
    "sunset": ("at sunset", "a sunset sky"),
    "night": ("at night", "the night sky"),
}
WORDINGS = (
    "{where} {when}",
    "{sky} over {where}",
    "{where} {when}, clouds",
    "a painting of {where} {when}",
    "{sky} above {where}, scenic",
    "{where}, {sky}",
)


@dataclass(frozen=True)
class Figures:
    """What was measured. Shares are 0..1, distances are root mean squares of 8-bit values."""

    both_colours: float  # goal 0.9
    object_colour: float
    background_colour: float
    sky_above_ground: float  # goal 0.9
    sky: float
    ground: float
    judge_ceiling: float
    diversity: float
    strength_distances: tuple[float, ...]
    strength_rises: bool
    cfg_distance: float
    both_colours_cfg_1: float
    same_bytes: bool
    film_bare: tuple[float, ...]  # contrast, saturation, detail at the end of 60 frames, over those at its beginning
    film_coherent: tuple[float, ...]  # the same with colour coherence


def distance(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.sqrt(np.mean((a.astype(float) - b.astype(float)) ** 2)))


def wanted_shapes(count: int, seed: int) -> list[Shapes]:
    """Reserved single shapes on plain backgrounds, each combination once."""
    rng, found = np.random.default_rng(seed), {}
    while len(found) < count:
        scene = choose(rng, held_out=True)
        if isinstance(scene, Shapes) and len(scene.items) == 1 and not scene.fade:
            found.setdefault(shape_prompt(scene), scene)
    return list(found.values())


def wanted_lands(count: int) -> list[tuple[str, str, str]]:
    """(prompt, time, ground) for every reserved landscape under the four named skies, wording by wording."""
    kinds = sorted({(time, ground, back) for time in NAMED for ground, backs in BACKS.items() for back in backs})
    kept = [kind for kind in kinds if reserved(Land(time=kind[0], hour=0, ground=kind[1], back=kind[2]))]
    return [(land_prompt(*kind, wording), kind[0], kind[1]) for wording in WORDINGS for kind in kept][:count]


def shape_prompt(scene: Shapes) -> str:
    item = scene.items[0]
    return f"{article(item.colour)} {item.shape} on {article(scene.background)} background"


def land_prompt(time: str, ground: str, back: str, wording: str) -> str:
    behind = f" with {'a ' * (back in ('city', 'forest'))}{back} behind" if back else ""
    when, sky = TIME_WORDS[time]
    return wording.format(where=GROUND_WORDS[ground] + behind, when=when, sky=sky)


def colours(paint: Paint, prompts: int, seed: int = 5) -> np.ndarray:
    """(prompts, 2) bool: object's and background's colour as named?"""
    rows = []
    for i, scene in enumerate(tqdm(wanted_shapes(prompts, seed), desc="shapes", mininterval=5)):
        seen = shape_colours(paint(shape_prompt(scene), seed=1000 + i))
        rows.append((seen[0] == scene.items[0].colour, seen[1] == scene.background))
    return np.array(rows)


def skies(paint: Paint, judge: LandJudge, prompts: int) -> np.ndarray:
    """(prompts, 2) bool: sky and ground as named?"""
    rows = []
    for i, (prompt, time, ground) in enumerate(tqdm(wanted_lands(prompts), desc="landscapes", mininterval=5)):
        seen = judge(paint(prompt, seed=2000 + i))
        rows.append((seen[0] == time, seen[1] == kind_of(ground)))
    return np.array(rows)


def diversity(paint: Paint, prompt: str = "mountains at sunset", seeds: int = 8) -> float:
    """Mean distance between pictures of one prompt under different seeds."""
    pictures = [paint(prompt, seed=s) for s in range(seeds)]
    return float(np.mean([distance(a, b) for i, a in enumerate(pictures) for b in pictures[:i]]))


def strengths(paint: Paint, seeds: int = 6) -> tuple[float, ...]:
    """Mean distance from the init picture at each of STRENGTHS, under another prompt."""
    inits = [paint("the sea at dawn", seed=s) for s in range(seeds)]
    return tuple(
        float(
            np.mean(
                [
                    distance(init, paint("mountains at night, moon", seed=50 + s, init=init, denoise=d))
                    for s, init in enumerate(inits)
                ]
            )
        )
        for d in STRENGTHS
    )


def film(engine: Engine, frames: int = 60, **changes: object) -> list[np.ndarray]:
    """A film by the project's own loop: a zoom into one place, every frame painted over the last."""
    film_settings = settings.parse({**FILM, "max_frames": frames, **changes})
    reel = Reel(make_shot(make_plan(film_settings)))
    total = tqdm(render(reel, engine), desc="film", total=frames, mininterval=5)
    return [rendered.frame for rendered in total]


def _character(picture: np.ndarray) -> np.ndarray:
    """Spread of brightness, mean saturation, mean edge strength."""
    grey = picture.mean(axis=2)
    saturation = (picture.max(axis=2).astype(float) - picture.min(axis=2)).mean()
    return np.array([grey.std(), saturation, np.abs(np.diff(grey, axis=1)).mean() + np.abs(np.diff(grey, axis=0)).mean()])


def kept_after(frames: list[np.ndarray]) -> np.ndarray:
    """Character of a film's last five frames over that of its first five."""
    return np.mean([_character(f) for f in frames[-5:]], axis=0) / np.mean([_character(f) for f in frames[:5]], axis=0)


def painter(engine: Engine, size: int = 128, steps: int = 12, cfg: float = 4.0) -> Paint:
    """An engine as a function of a prompt; what is not said is as here."""

    def paint(
        prompt: str,
        *,
        negative: str = "",
        seed: int = 0,
        cfg: float = cfg,
        init: np.ndarray | None = None,
        denoise: float = 1.0,
    ) -> np.ndarray:
        request = SampleRequest(
            0,
            (size, size),
            ((prompt, 1.0),),
            ((negative, 1.0),),
            seed=seed,
            steps=steps,
            cfg_scale=cfg,
            sampler="Euler",
            init=init,
            denoise=denoise,
        )
        return engine.sample(request).frame

    return paint


def evaluate(engine: Engine, paint: Paint, prompts: int = 60) -> Figures:
    """All figures; `paint` gives size, steps and cfg."""
    judge = train_land_judge()
    right, land = colours(paint, prompts), skies(paint, judge, prompts)
    plain = colours(lambda prompt, **how: paint(prompt, **how, cfg=1.0), prompts)
    steps = strengths(paint)
    bare, coherent = (kept_after(film(engine, color_coherence=mode)) for mode in ("None", "LAB"))
    pair = [paint("a forest at dawn", seed=4, cfg=cfg) for cfg in (1.0, 7.0)]
    return Figures(
        both_colours=right.all(axis=1).mean(),
        object_colour=right[:, 0].mean(),
        background_colour=right[:, 1].mean(),
        sky_above_ground=land.all(axis=1).mean(),
        sky=land[:, 0].mean(),
        ground=land[:, 1].mean(),
        judge_ceiling=ceiling(judge),
        diversity=diversity(paint),
        strength_distances=steps,
        strength_rises=all(a < b for a, b in pairwise(steps)),
        cfg_distance=distance(*pair),
        both_colours_cfg_1=plain.all(axis=1).mean(),
        same_bytes=paint("a city at night", seed=9).tobytes() == paint("a city at night", seed=9).tobytes(),
        film_bare=tuple(bare),
        film_coherent=tuple(coherent),
    )


def autoencoder_db(folder: Path, size: int, count: int = 24, seed: int = 99) -> float:
    """Mean peak signal-to-noise ratio of drawn pictures that went through the autoencoder once, in decibels."""
    import torch

    from .data import to_pictures, to_tensor
    from .export import load_folder

    rng = np.random.default_rng(seed)
    pictures = np.stack([draw(choose(rng), size, size) for _ in range(count)])
    vae = load_folder(folder)[2]
    with torch.no_grad():
        made = to_pictures(vae.decode(vae.encode(to_tensor(pictures)).latent_dist.mean).sample)
    return float(np.mean([20 * np.log10(255 / distance(a, b)) for a, b in zip(pictures, made, strict=True)]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.tiny_model.evaluate", description="Evaluate a model.")
    parser.add_argument("model", type=Path, nargs="?", default=BUNDLED)
    parser.add_argument("--prompts", type=int, default=60)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--cfg", type=float, default=4.0)
    options = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    engine = DiffusersEngine.load(options.model, device="cpu")
    figures = evaluate(engine, painter(engine, options.size, options.steps, options.cfg), options.prompts)
    coded = {f"autoencoder_db_{size}": autoencoder_db(options.model, size) for size in (128, 256)}
    for name, value in {**asdict(figures), **coded}.items():
        print(f"{name:20} {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "  ".join(_shown(one) for one in value)
    return str(value) if isinstance(value, bool) else f"{value:.3g}"


if __name__ == "__main__":
    main()
