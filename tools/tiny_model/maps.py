"""What the three control networks are shown, made from the drawing itself: edges, skeletons, a coarse layout."""

from collections.abc import Iterator

import cv2
import numpy as np

from .canvas import View
from .draw import Scene, caption, choose, draw
from .landscape import Land, land_parts
from .objects import item_mask
from .people import People, choose_people, draw_people, person_parts, placed, say_people, skeletons

NETS = ("edges", "pose", "layout")
SHARE_OF_PEOPLE = {"edges": 0.25, "pose": 0.95, "layout": 0.25}
# colours of ADE20K's classes, as segmentation networks are commonly shown them; what it has no class for is white
LAYOUT = {
    "sky": (6, 230, 230),
    "sea": (9, 7, 230),
    "lake": (61, 230, 250),
    "river": (61, 230, 250),
    "mountains": (143, 255, 140),
    "hills": (4, 250, 7),
    "shore": (4, 250, 7),
    "field": (112, 9, 255),
    "forest": (4, 200, 3),
    "desert": (160, 150, 20),
    "city": (180, 120, 120),
    "house": (255, 9, 224),
    "person": (150, 5, 61),
    "plain": (0, 0, 0),
    "thing": (255, 255, 255),
}
PAINTED = 0.03  # a part covers the pixels that it changes by so much
COARSE = 0.02  # spread of the blur that takes small detail out of a layout, in heights


def choose_scene(rng: np.random.Generator, net: str, *, held_out: bool = False) -> Scene | People:
    """A random scene for one network."""
    people = rng.random() < SHARE_OF_PEOPLE[net]
    return choose_people(rng, held_out=held_out) if people else choose(rng, held_out=held_out)


def draw_scene(scene: Scene | People, height: int, width: int) -> np.ndarray:
    """The scene as (height, width, 3) uint8 RGB."""
    return draw_people(scene, height, width) if isinstance(scene, People) else draw(scene, height, width)


def say_scene(scene: Scene | People, rng: np.random.Generator) -> str:
    """One random wording."""
    return say_people(scene, rng) if isinstance(scene, People) else caption(scene, rng)


def draw_map(net: str, scene: Scene | People, picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a network is shown for a drawn scene: (H, W, 3) uint8."""
    height, width = picture.shape[:2]
    if net == "edges":
        return edges(picture, rng.uniform(15, 80))
    if net == "pose":
        return skeletons(scene, height, width) if isinstance(scene, People) else np.zeros_like(picture)
    return layout(scene, View(height, width))


def edges(picture: np.ndarray, low: float = 40) -> np.ndarray:
    """Canny's edges, white on black, with 2.5 times `low` as the upper threshold."""
    found = cv2.Canny(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), low, 2.5 * low)
    return np.repeat(found[..., None], 3, axis=2)


def layout(scene: Scene | People, view: View) -> np.ndarray:
    """Every pixel in the colour of what covers it, outlines softened."""
    names, owner = ["plain"], np.zeros((view.height, view.width), np.uint8)
    for name, mask in _covers(scene, view):
        owner[mask] = len(names)
        names.append(name if name in LAYOUT else "thing")
    shares = [cv2.GaussianBlur((owner == i).astype(np.float32), (0, 0), COARSE * view.height) for i in range(len(names))]
    return np.array([LAYOUT[name] for name in names], np.uint8)[np.argmax(shares, axis=0)]


def _covers(scene: Scene | People, view: View) -> Iterator[tuple[str, np.ndarray]]:
    """Names and boolean masks (H, W), from the back to the front."""
    if isinstance(scene, People):
        yield from _covers(scene.back, view)
        for person in placed(scene, view.aspect):
            yield "person", np.max([mask for _, mask in person_parts(view, person)], axis=0) > 0.5
    elif isinstance(scene, Land):
        before = np.full((view.height, view.width, 3), -1, np.float32)
        for name, picture in land_parts(scene, view):
            if name not in ("", "weather", "lightning", "birds"):
                yield name, np.abs(picture - before).max(axis=2) > PAINTED
            before = picture
    else:
        for item in scene.items:
            yield "thing", item_mask(view, item) > 0.5
