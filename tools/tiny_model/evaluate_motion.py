"""Asks a motion module what it should be able to do, on scenes that training never had.

    python -m tools.tiny_model.evaluate_motion [FOLDER] [--prompts 40] [--steps 6] [--cfg 4] [--sheet FILE]

FOLDER is a diffusers MotionAdapter; without it, it is the one that comes along. Every frame begins as noise of its own. The
stills are the same model's pictures of the same prompts without the module, painted one by one in the same way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import MotionAdapter

from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.images.flow import dis
from lib_anim.images.metrics import flicker, light_fields

from .data import to_pictures, to_tensor
from .export import load_folder
from .model import make_scheduler
from .motion_pool import FRAMES, SIZE
from .moving import STEPS, Moving, choose_moving, draw_clip, say_motion
from .tokenizer import encode as encode_text
from .tokenizer import load_tokenizer
from .train_motion import join, spread
from .train_vae import encode as encode_picture
from .words import caption

MOTION = BUNDLED.parent / "motion"
SHAPES = 0.6  # share of shapes among the prompts
OVERLAP = FRAMES // 2
STRENGTH = 0.6  # of the clips and stills that are painted over a drawn clip
LONG, LONGS = 64, 2  # frames of long clips, and how many


@dataclass(frozen=True)
class Question:
    """A moving scene that training never had, and its prompt."""

    moving: Moving
    prompt: str


def questions(count: int, seed: int = 41) -> list[Question]:
    """So many prompts with a direction in them, of scenes whose drawn clip is seen to go there; shapes first."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < count:
        moving = choose_moving(rng, held_out=True)
        wanted = moving.way in STEPS and (moving.mover == "shape") == (len(found) < SHAPES * count)
        if wanted and goes(moving.way, mean_flow(draw_clip(moving, FRAMES, SIZE, SIZE))):
            found.append(Question(moving, f"{caption(moving.scene, rng)}, {say_motion(moving, moving.way, rng)}"))
    return found


# -- painting -----------------------------------------------------------------------------------------------------------


class Painter:
    """The small model with a motion module, or without one; a DDIM loop of few lines, on the CPU."""

    def __init__(self, adapter: MotionAdapter | None, steps: int = 6, cfg: float = 4):
        self.unet, self.text, self.vae = (part.requires_grad_(False).eval() for part in load_folder(BUNDLED))
        self.clip_unet = None if adapter is None else join(self.unet, adapter.float()).eval()
        self.tokenizer, self.steps, self.cfg = load_tokenizer(BUNDLED / "tokenizer"), steps, cfg
        self.alphas = make_scheduler().alphas_cumprod

    @torch.no_grad()
    def paint(
        self, prompt: str, seed: int, frames: int = FRAMES, init: np.ndarray | None = None, strength: float = 1
    ) -> np.ndarray:
        """(frames, SIZE, SIZE, 3) uint8; with an init (frames, SIZE, SIZE, 3), its latents noised so strongly."""
        states = self.text(torch.from_numpy(encode_text(self.tokenizer, ["", prompt]))).last_hidden_state
        x = torch.randn((frames, 4, SIZE // 8, SIZE // 8), generator=torch.Generator().manual_seed(seed))
        times = np.linspace(999, 0, self.steps + 1)[round(self.steps * (1 - strength)) :].round().astype(int)
        if init is not None:
            a = self.alphas[times[0]]
            x = a.sqrt() * encode_picture(self.vae, to_tensor(init)) * self.vae.config.scaling_factor + (1 - a).sqrt() * x
        for now, after in pairwise(times):
            x = self._step(x, self._guided(x, int(now), states), now, after if after > 0 else None)
        parts = (x / self.vae.config.scaling_factor).split(FRAMES)
        return np.concatenate([to_pictures(self.vae.decode(part).sample) for part in parts])

    def _step(self, x: torch.Tensor, v: torch.Tensor, now: int, after: int | None) -> torch.Tensor:
        """DDIM (Song et al. 2020, arXiv 2010.02502) for a predicted v."""
        a = self.alphas[now]
        clean, noise = a.sqrt() * x - (1 - a).sqrt() * v, a.sqrt() * v + (1 - a).sqrt() * x
        return clean if after is None else self.alphas[after].sqrt() * clean + (1 - self.alphas[after]).sqrt() * noise

    def _guided(self, x: torch.Tensor, t: int, states: torch.Tensor) -> torch.Tensor:
        """The v of all frames (F, 4, h, w), windows of FRAMES blended where they overlap."""
        total, weights = torch.zeros_like(x), torch.zeros(len(x), 1, 1, 1)
        for start in window_starts(len(x)):
            part = slice(start, start + FRAMES)
            tent = torch.tensor([min(i + 1, FRAMES - i) for i in range(len(x[part]))]).view(-1, 1, 1, 1)
            empty, named = self._predict(x[part], t, states)
            total[part] += tent * (empty + self.cfg * (named - empty))
            weights[part] += tent
        return total / weights

    def _predict(self, x: torch.Tensor, t: int, states: torch.Tensor) -> torch.Tensor:
        """(2, F, 4, h, w): without and with the prompt."""
        frames = len(x)
        pair, spread_states = x.repeat(2, 1, 1, 1), spread(states, frames)
        if self.clip_unet is None:
            return self.unet(pair, t, spread_states).sample.unflatten(0, (2, frames))
        clips = pair.unflatten(0, (2, frames)).transpose(1, 2)
        return self.clip_unet(clips, t, spread_states).sample.transpose(1, 2)


def window_starts(frames: int) -> range:
    """First frames of windows of FRAMES that overlap by OVERLAP; `frames` is a multiple of OVERLAP, or short."""
    return range(0, max(frames - OVERLAP, 1), OVERLAP)


# -- measures -----------------------------------------------------------------------------------------------------------


def mean_flicker(clip: np.ndarray) -> float:
    """The report's flicker in levels, over all frames but the first and last."""
    lights = [light_fields(frame) for frame in clip]
    return float(np.mean([flicker(*three) for three in zip(lights, lights[1:], lights[2:], strict=False)]))


def mean_flow(clip: np.ndarray) -> np.ndarray:
    """Mean of the optical flow from frame to frame, (right, down) in pixels."""
    flow, greys = dis("DIS Medium"), [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in clip]
    return np.mean([flow(a, b).mean(axis=(0, 1)) for a, b in pairwise(greys)], axis=0)


def goes(way: str, flow: np.ndarray) -> bool:
    """Is this way the one of four that the flow follows most?"""
    along = {name: float(np.dot(step, flow)) for name, step in STEPS.items()}
    return max(along, key=along.__getitem__) == way


def jumps(clip: np.ndarray) -> np.ndarray:
    """Mean difference between each frame and the next, in levels."""
    return np.abs(np.diff(clip.astype(np.float32), axis=0)).mean(axis=(1, 2, 3))


def seam(clip: np.ndarray) -> float:
    """Mean jump where a window of a long clip begins or ends, over the mean of the other jumps."""
    borders = np.zeros(len(clip) - 1, bool)
    borders[OVERLAP - 1 :: OVERLAP] = True
    found = jumps(clip)
    return float(found[borders].mean() / max(found[~borders].mean(), 1e-9))


@dataclass(frozen=True)
class Figures:
    """What was measured; shares are 0..1, flicker is in levels."""

    flicker_clips: float
    flicker_stills: float
    flicker_share: float  # goal 0.3
    flicker_share_over: float  # the same at STRENGTH, over drawn clips
    direction: float  # goal 0.8; the wanted way of four
    direction_shapes: float
    direction_lands: float
    axis: float  # the wanted way of the two along its axis
    worst_jump_16: float  # largest jump of a 16-frame clip over its mean one
    seam_64: float  # goal 1.2


@dataclass(frozen=True)
class Album:
    """Painted clips, kept in a folder if there is one, so that an interrupted evaluation goes on where it was."""

    folder: Path | None

    def get(self, name: str, paint: Callable[[], np.ndarray]) -> np.ndarray:
        """The clip of this name, painted if it is missing."""
        path = None if self.folder is None else self.folder / f"{name}.npy"
        if path is None or not path.exists():
            clip = paint()
            if path is not None:
                np.save(path.with_suffix(".part.npy"), clip)
                path.with_suffix(".part.npy").replace(path)
            return clip
        return np.load(path)


@dataclass(frozen=True)
class Painted:
    """All that is judged. `clips`, `stills` of every prompt; the others of some."""

    clips: list[np.ndarray]
    stills: list[np.ndarray]
    clips_over: list[np.ndarray]  # painted over drawn clips, at STRENGTH
    stills_over: list[np.ndarray]
    longs: list[np.ndarray]


def paint_all(moves: Painter, stills: Painter, asked: Sequence[Question], album: Album) -> Painted:
    """Paint what is judged; of the stills five frames each, since all are samples of the same flicker."""

    def over(painter: Painter, name: str) -> list[np.ndarray]:
        return [
            album.get(f"{name}_{i}", lambda i=i: painter.paint(asked[i].prompt, i, FRAMES, drawn(asked[i]), STRENGTH))
            for i in range(0, len(asked), 5)
        ]

    some = range(0, len(asked), max(len(asked) // LONGS, 1))[:LONGS]
    return Painted(
        stills=[album.get(f"still_{i}", lambda i=i: stills.paint(asked[i].prompt, 100 + i, 5)) for i in range(len(asked))],
        stills_over=over(stills, "still_over"),
        clips=[album.get(f"clip_{i}", lambda i=i: moves.paint(asked[i].prompt, 100 + i)) for i in range(len(asked))],
        clips_over=over(moves, "clip_over"),
        longs=[album.get(f"long_{i}", lambda i=i: moves.paint(asked[i].prompt, 900 + i, LONG)) for i in some],
    )


def drawn(question: Question) -> np.ndarray:
    return draw_clip(question.moving, FRAMES, SIZE, SIZE)


def judge(asked: Sequence[Question], painted: Painted) -> Figures:
    """The figures of what was painted."""
    flows = [mean_flow(clip) for clip in painted.clips]
    right = np.array([goes(q.moving.way, flow) for q, flow in zip(asked, flows, strict=True)])
    along = np.array([np.dot(STEPS[q.moving.way], flow) > 0 for q, flow in zip(asked, flows, strict=True)])
    shapes = np.array([q.moving.mover == "shape" for q in asked])
    clips, stills, clips_over, stills_over = (
        float(np.mean([mean_flicker(clip) for clip in part]))
        for part in (painted.clips, painted.stills, painted.clips_over, painted.stills_over)
    )
    return Figures(
        flicker_clips=clips,
        flicker_stills=stills,
        flicker_share=clips / stills,
        flicker_share_over=clips_over / stills_over,
        direction=float(right.mean()),
        direction_shapes=float(right[shapes].mean()),
        direction_lands=float(right[~shapes].mean()),
        axis=float(along.mean()),
        worst_jump_16=float(np.mean([jumps(c).max() / max(jumps(c).mean(), 1e-9) for c in painted.clips])),
        seam_64=float(np.mean([seam(c) for c in painted.longs])),
    )


def draw_sheet(path: Path, painted: Painted) -> None:
    """Every second frame of the clips, a clip in a row, and every eighth frame of the long ones."""
    rows = [np.hstack(list(clip[:: len(clip) // 8])) for clip in (*painted.clips, *painted.longs)]
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.tiny_model.evaluate_motion", description="Evaluate a motion module.")
    parser.add_argument("folder", type=Path, nargs="?", default=MOTION)
    parser.add_argument("--prompts", type=int, default=40)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--cfg", type=float, default=4.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the painted clips, which a second run need not paint again")
    parser.add_argument("--sheet", type=Path, help="a picture of the clips")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    adapter = MotionAdapter.from_pretrained(options.folder, torch_dtype=torch.float32)
    moves, stills = (Painter(net, options.steps, options.cfg) for net in (adapter, None))
    asked = questions(options.prompts)
    painted = paint_all(moves, stills, asked, Album(options.keep))
    if options.sheet:
        draw_sheet(options.sheet, painted)
    for name, value in asdict(judge(asked, painted)).items():
        print(f"{name:24} {value:.3g}")


if __name__ == "__main__":
    main()
