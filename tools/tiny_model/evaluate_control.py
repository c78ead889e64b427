"""Asks a control network what it should be able to do, on maps of scenes that training never had, at five weights.

edges   F1 of the painted picture's edges against the map's, two pixels of tolerance
pose    share of persons whose colour's box meets the pose's with an IoU of at least 0.5
layout  share of the map's borders that have an edge of the painted picture within two pixels
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from diffusers import ControlNetModel, StableDiffusionControlNetPipeline

from lib_anim.engines.diffusers.checkpoint import BUNDLED

from .data import to_pictures, to_tensor
from .draw import Scene
from .landscape import Land
from .maps import choose_scene, draw_map, draw_scene, edges
from .objects import COLOURS
from .people import People, clothed_box, placed
from .words import BACK, BEHIND, GROUND, TIME, article

WEIGHTS = (0, 0.25, 0.5, 0.75, 1)
NEAR = 2  # pixels
IOU = 0.5
HUE = 14  # degrees halved: so far from the colour's own hue counts as the person's colour
CLEAR = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "cyan")  # colours with a hue


@dataclass(frozen=True)
class Question:
    """A scene that training never had, drawn; its map; and what is asked for."""

    scene: Scene | People
    map: np.ndarray
    prompt: str


def questions(net: str, count: int, size: int, seed: int = 31) -> list[Question]:
    """So many maps, all with something in them."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < count:
        scene = choose_scene(rng, net, held_out=True)
        picture = draw_scene(scene, size, size)
        shown = edges(picture) if net == "edges" else draw_map(net, scene, picture, rng)
        if _askable(net, scene, picture, shown):
            found.append(Question(scene, shown, prompt_of(scene)))
    return found


def _askable(net: str, scene: Scene | People, picture: np.ndarray, shown: np.ndarray) -> bool:
    """Edges: there are some. Pose: one person, who is found by the colour in the drawing itself. Layout: two parts."""
    if net == "edges":
        return np.count_nonzero(shown[..., 0]) > 2 * len(shown)
    if net == "layout":
        return np.count_nonzero(borders(shown)) > len(shown)
    alone = isinstance(scene, People) and len(scene.persons) == 1 and scene.persons[0].colour in CLEAR
    return alone and person_iou(scene, picture) > 0.7


def prompt_of(scene: Scene | People) -> str:
    """Plain words for all that counts."""
    if isinstance(scene, People):
        who = " and ".join(f"{article(p.colour)} person {p.action}" for p in scene.persons)
        return f"{who}, {prompt_of(scene.back)}"
    if isinstance(scene, Land):
        behind = f" {BEHIND[0].format(BACK[scene.back][0])}" if scene.back else ""
        return f"{GROUND[scene.ground][0]}{behind} {TIME[scene.time][0]}"
    things = " and ".join(f"{article(item.colour)} {item.shape}" for item in scene.items)
    return f"{things} on {article(scene.background)} background" if things else f"{article(scene.background)} background"


# -- measures -----------------------------------------------------------------------------------------------------------


def _met(found: np.ndarray, wanted: np.ndarray) -> float:
    """Share of the pixels of `found` that have one of `wanted` within NEAR pixels; both are (H, W) bool."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * NEAR + 1, 2 * NEAR + 1))
    around = cv2.dilate(wanted.astype(np.uint8), disc) > 0
    return float(around[found].mean()) if found.any() else 0.0


def edge_f1(question: Question, made: np.ndarray) -> float:
    """Harmonic mean of how many painted edges were wanted and how many wanted ones were painted."""
    painted, wanted = edges(made)[..., 0] > 0, question.map[..., 0] > 0
    precision, recall = _met(painted, wanted), _met(wanted, painted)
    return 2 * precision * recall / max(precision + recall, 1e-9)


def borders(layout: np.ndarray) -> np.ndarray:
    """(H, W) bool: where a layout's colour differs from that of the pixel to the right or below."""
    edge = np.zeros(layout.shape[:2], bool)
    edge[:, :-1] |= (layout[:, 1:] != layout[:, :-1]).any(axis=2)
    edge[:-1] |= (layout[1:] != layout[:-1]).any(axis=2)
    return edge


def border_recall(question: Question, made: np.ndarray) -> float:
    return _met(borders(question.map), edges(made)[..., 0] > 0)


def coloured_box(picture: np.ndarray, colour: str) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the largest connected part that has a colour's hue."""
    hue, saturation, value = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV))
    named = np.uint8([[COLOURS[colour] * 255]])
    own = int(cv2.cvtColor(named, cv2.COLOR_RGB2HSV)[0, 0, 0])
    away = np.abs((hue.astype(int) - own + 90) % 180 - 90)
    mask = ((away < HUE) & (saturation > 80) & (value > 40)).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)))
    if count < 2:
        return None
    left, top, wide, high, _ = stats[1 + np.argmax(stats[1:, 4])]
    return int(left), int(top), int(left + wide), int(top + high)


def person_iou(scene: Scene | People, picture: np.ndarray) -> float:
    """How well the box of the person's colour meets that of the pose: intersection over union."""
    assert isinstance(scene, People)
    height, width = picture.shape[:2]
    found = coloured_box(picture, scene.persons[0].colour)
    if found is None:
        return 0.0
    wanted = np.array(clothed_box(placed(scene, width / height)[0])) * height
    wanted = np.clip(wanted, 0, (width, height, width, height))
    sides = np.minimum(found[2:], wanted[2:]) - np.maximum(found[:2], wanted[:2])
    both = float(np.prod(np.clip(sides, 0, None)))
    areas = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (found, wanted))
    return both / max(areas - both, 1e-9)


def person_found(question: Question, made: np.ndarray) -> float:
    return float(person_iou(question.scene, made) >= IOU)


MEASURES: dict[str, Callable[[Question, np.ndarray], float]] = {
    "edges": edge_f1,
    "pose": person_found,
    "layout": border_recall,
}


# -- painting -----------------------------------------------------------------------------------------------------------


def paint(
    net: ControlNetModel, asked: list[Question], weight: float, device: str, steps: int = 12, cfg: float = 4
) -> list[np.ndarray]:
    """A picture for every question, by diffusers' own pipeline."""
    pipe = StableDiffusionControlNetPipeline.from_pretrained(BUNDLED, controlnet=net, torch_dtype=torch.float32).to(device)
    pipe.set_progress_bar_config(disable=True)
    made: list[np.ndarray] = []
    for start in range(0, len(asked), 20):
        part = asked[start : start + 20]
        maps = (to_tensor(np.stack([q.map for q in part]), device) + 1) / 2
        pictures = pipe(
            [q.prompt for q in part],
            image=maps,
            num_inference_steps=steps,
            guidance_scale=cfg,
            controlnet_conditioning_scale=float(weight),
            generator=[torch.Generator().manual_seed(3000 + start + i) for i in range(len(part))],
            output_type="pt",
        ).images
        made += list(to_pictures(pictures * 2 - 1))
    return made


def evaluate(name: str, net: ControlNetModel, count: int, size: int, device: str, sheet: Path | None = None) -> list[float]:
    """The measure at each of WEIGHTS; the first maps and what became of them go into a picture."""
    asked, measure = questions(name, count, size), MEASURES[name]
    made = [paint(net, asked, weight, device) for weight in WEIGHTS]
    if sheet is not None:
        rows = [[q.map for q in asked[:12]], *(pictures[:12] for pictures in made)]
        cv2.imwrite(str(sheet), np.vstack([np.hstack(row) for row in rows])[..., ::-1])
    return [float(np.mean([measure(q, m) for q, m in zip(asked, pictures, strict=True)])) for pictures in made]
