"""How near everything in a drawing is: 0 the sky .. 1 nearest, from the layers that it is drawn in. Knows nothing of torch.

Nearness is inverse distance. On flat ground it grows linearly from the horizon to the picture's lower edge; what stands on
the ground is as near as its foot, all of it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from .canvas import View, covers
from .draw import Scene, choose, draw
from .landscape import Land, land_parts
from .objects import Shapes, item_mask
from .people import People, choose_people, draw_people, person_parts, placed

WALL, ITEM = 0.2, 0.7  # of shapes: what is behind them, and they
PEOPLE = 0.12  # share of scenes with people
HORIZON = 0.1  # of ground and water where they begin
BACKS = {"mountains": 0.08, "hills": 0.1, "city": 0.12, "forest": 0.14}
IN_THE_AIR = {"balloon": 0.35, "birds": 0.25}
NO_PLACE = ("sky", "weather", "river", "lightning", "")  # parts that are where what is behind them is
# Of the layers of a ground, from the back to the front: nearness at the upper edge, and whether that is all of it (it stands)
# or it comes nearer towards us (it lies).
STANDS, LIES = True, False
LAYERS = {
    "hills": ((0.14, LIES), (0.24, LIES), (0.38, LIES), (0.55, LIES)),
    "mountains": ((0.12, STANDS), (0.22, STANDS), (0.35, LIES), (0.6, LIES)),
    "forest": ((0.18, STANDS), (0.36, STANDS), (0.6, STANDS), (0.95, STANDS)),
    "desert": ((0.12, LIES), (0.22, LIES), (0.4, LIES), (0.6, LIES)),
    # walls and windows of a row are two masks each
    "city": ((0.18, STANDS), (0.18, STANDS), (0.45, STANDS), (0.45, STANDS), (0.5, LIES), (0.9, STANDS), (0.9, STANDS)),
}


@dataclass(frozen=True)
class Drawing:
    """A picture (H, W, 3) uint8, and the nearness (H, W) float32 of what is in it."""

    picture: np.ndarray
    nearness: np.ndarray


def choose_scene(rng: np.random.Generator, *, held_out: bool = False) -> Scene | People:
    """Choose a random scene; `held_out` as in draw.py."""
    people = rng.random() < PEOPLE
    return choose_people(rng, held_out=held_out) if people else choose(rng, held_out=held_out)


def choose_landscape(rng: np.random.Generator, *, held_out: bool = False) -> Land:
    """Choose a random landscape."""
    while not isinstance(scene := choose(rng, held_out=held_out), Land):
        pass
    return scene


def draw_with_depth(scene: Scene | People, height: int, width: int) -> Drawing:
    """Draw a scene and its nearness."""
    view = View(height, width)
    if isinstance(scene, Land):
        return Drawing(draw(scene, height, width), land_nearness(scene, view))
    if isinstance(scene, People):
        return Drawing(draw_people(scene, height, width), _people_nearness(scene, view))
    return Drawing(draw(scene, height, width), _shapes_nearness(scene, view))


def draw_window(scene: Scene | People, height: int, width: int, rng: np.random.Generator) -> Drawing:
    """Draw a window into a scene up to 1.7 times larger, as a camera that has moved sees it; mirrored half of the time."""
    zoom = rng.uniform(1.0, 1.7)
    whole = draw_with_depth(scene, round(height * zoom), round(width * zoom))
    top, left = (int(rng.integers(n - m + 1)) for n, m in zip(whole.nearness.shape, (height, width), strict=True))
    part = np.s_[top : top + height, left : left + width]
    picture, nearness = whole.picture[part], whole.nearness[part]
    if rng.random() < 0.5:
        picture, nearness = picture[:, ::-1], nearness[:, ::-1]
    return Drawing(np.ascontiguousarray(picture), np.ascontiguousarray(nearness))


def land_nearness(land: Land, view: View) -> np.ndarray:
    """Return the nearness (H, W) of a landscape."""
    plane = HORIZON + (1 - HORIZON) * np.clip((view.y - land.horizon) / (1 - land.horizon), 0, 1) + np.zeros_like(view.x)
    nearness = np.zeros((view.height, view.width), np.float32)
    with covers() as masks:
        for name, _ in land_parts(land, view):
            if name not in NO_PLACE:
                parts = [np.broadcast_to(mask > 0.5, nearness.shape) for mask in masks]
                nearness = _with_part(nearness, name, parts, plane, land)
            masks.clear()
    return nearness.astype(np.float32)


def _with_part(nearness: np.ndarray, name: str, masks: list[np.ndarray], plane: np.ndarray, land: Land) -> np.ndarray:
    """Lay one part of a landscape, whose masks are boolean, over the nearness of what is behind."""
    union = np.any(masks, axis=0) if masks else np.zeros(nearness.shape, bool)
    if not union.any():
        return nearness
    if name == land.back and name != land.ground:
        return np.where(union, BACKS[name], nearness)
    if name in IN_THE_AIR:
        return np.where(union, IN_THE_AIR[name], nearness)
    if name == land.thing:
        return np.where(union, plane[np.flatnonzero(union.any(axis=1))[-1], 0], nearness)
    if name not in LAYERS:  # water, a field, a shore
        return np.where(masks[0] if name == "field" else masks[-1], plane, nearness)
    for mask, (edge, stands) in zip(masks, LAYERS[name], strict=True):
        nearness = np.where(mask, edge if stands else _lying(mask, edge), nearness)
    return nearness


def _lying(mask: np.ndarray, edge: float) -> np.ndarray:
    """Return the nearness of a layer that comes nearer from its upper edge, row by row, to the lower edge of the picture."""
    height = mask.shape[0]
    crest = int(np.argmax(mask.mean(axis=1) > 0.5))
    share = np.clip((np.arange(height) - crest) / max(height - crest, 1), 0, 1)
    return (edge + (1 - edge) * share)[:, None] + np.zeros(mask.shape)


def _shapes_nearness(scene: Shapes, view: View) -> np.ndarray:
    nearness = np.full((view.height, view.width), WALL, np.float32)
    for item in scene.items:
        nearness[item_mask(view, item) > 0.5] = ITEM
    return nearness


def _people_nearness(scene: People, view: View) -> np.ndarray:
    back = scene.back
    nearness = land_nearness(back, view) if isinstance(back, Land) else _shapes_nearness(back, view)
    for person in placed(scene, view.aspect):
        covered = np.max([mask for _, mask in person_parts(view, person)], axis=0) > 0.5
        if (
            isinstance(back, Land) and covered.any()
        ):  # as near as the nearest that it covers: its foot, or what it stands before
            nearness[covered] = np.quantile(nearness[covered], 0.97)
        else:
            nearness[covered] = ITEM
    return nearness


def spoil(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a picture as films have them: softer, noisier, in other colours; each of the three now and then."""
    spoiled = picture.astype(np.float32)
    if rng.random() < 0.4:
        spoiled = cv2.GaussianBlur(spoiled, (0, 0), rng.uniform(0.4, 1.6))
    if rng.random() < 0.4:
        spoiled = spoiled + rng.uniform(2, 14) * rng.standard_normal(picture.shape, dtype=np.float32)
    if rng.random() < 0.5:
        spoiled = 128 + (spoiled - 128) * rng.uniform(0.7, 1.25) + rng.uniform(-20, 20, 3).astype(np.float32)
    return np.clip(spoiled + 0.5, 0, 255).astype(np.uint8)
