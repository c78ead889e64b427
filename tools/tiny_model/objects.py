"""Coloured shapes on plain and gradient backgrounds: what a scene holds (Shapes), how one is chosen and painted."""

from dataclasses import dataclass

import numpy as np

from .canvas import View, blend, inside, mix, polygons, rgb

COLOURS = {
    "red": rgb(220, 40, 40),
    "green": rgb(46, 160, 60),
    "blue": rgb(40, 80, 215),
    "yellow": rgb(248, 216, 50),
    "orange": rgb(245, 135, 30),
    "purple": rgb(130, 50, 175),
    "pink": rgb(248, 145, 195),
    "white": rgb(248, 248, 248),
    "black": rgb(18, 18, 20),
    "gray": rgb(130, 130, 132),
    "brown": rgb(120, 74, 40),
    "cyan": rgb(60, 200, 210),
}
SHAPES = ("circle", "square", "triangle", "star", "heart", "diamond", "ring", "cross")
RADII = {"small": (0.1, 0.15), "": (0.18, 0.28), "large": (0.33, 0.4)}
# places as fractions of width and height; "" is anywhere near the middle
PLACES = {
    "in the center": (0.5, 0.5),
    "on the left": (0.25, 0.5),
    "on the right": (0.75, 0.5),
    "at the top": (0.5, 0.25),
    "at the bottom": (0.5, 0.75),
    "in the top left": (0.27, 0.27),
    "in the top right": (0.73, 0.27),
    "in the bottom left": (0.27, 0.73),
    "in the bottom right": (0.73, 0.73),
}


@dataclass(frozen=True)
class Item:
    """One shape: middle (x, y) as fractions of width and height, radius in heights, turned by angle_deg."""

    shape: str
    colour: str
    size: str
    place: str
    x: float
    y: float
    radius: float
    angle_deg: float


@dataclass(frozen=True)
class Shapes:
    """One or two items on a background; `fade` names the second colour of a gradient."""

    background: str
    items: tuple[Item, ...]
    fade: str = ""
    seed: int = 0


def _item(rng: np.random.Generator, colour: str, place: str = "", size: str | None = None) -> Item:
    size = ("small", "", "", "large")[rng.integers(4)] if size is None else size
    place = place or ("" if size == "large" or rng.random() < 0.5 else list(PLACES)[rng.integers(len(PLACES))])
    x, y = PLACES.get(place, (0.5, 0.5))
    loose = 0.04 if place else 0.1
    x, y = x + rng.uniform(-loose, loose), y + rng.uniform(-loose, loose)
    radius = rng.uniform(*RADII[size])
    if place and place != "in the center":
        radius = min(radius, 0.22)
    return Item(SHAPES[rng.integers(len(SHAPES))], colour, size, place, x, y, radius, rng.uniform(-12, 12))


def choose_shapes(rng: np.random.Generator) -> Shapes:
    """A random arrangement; colours that lie on each other always differ."""
    names = [list(COLOURS)[i] for i in rng.permutation(len(COLOURS))]
    fade = names[3] if rng.random() < 0.22 else ""
    seed = int(rng.integers(2**31))
    if rng.random() < 0.22:
        places = (("on the left", "on the right"), ("at the top", "at the bottom"))[rng.integers(2)]
        items = tuple(_item(rng, names[1 + i], place, ("small", "")[rng.integers(2)]) for i, place in enumerate(places))
        return Shapes(names[0], items, fade, seed)
    return Shapes(names[0], (_item(rng, names[1]),), fade, seed)


def _outline(shape: str, corners: int = 64) -> np.ndarray:
    """Points (n, 2) of a shape of radius 1 around (0, 0), y down."""
    turn = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    if shape == "heart":
        points = np.stack(
            [
                16 * np.sin(turn) ** 3,
                -(13 * np.cos(turn) - 5 * np.cos(2 * turn) - 2 * np.cos(3 * turn) - np.cos(4 * turn)) - 2.5,
            ],
            1,
        )
        return points / 15
    if shape == "star":
        turn = np.arange(10) * np.pi / 5
        return np.stack([np.sin(turn), -np.cos(turn)], 1) * np.where(np.arange(10) % 2, 0.44, 1.08)[:, None]
    if shape == "cross":
        a, b = 0.34, 1.0
        return np.array(
            [(-a, -b), (a, -b), (a, -a), (b, -a), (b, a), (a, a), (a, b), (-a, b), (-a, a), (-b, a), (-b, -a), (-a, -a)]
        )
    fixed = {
        "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
        "triangle": [(0, -1.1), (1.05, 0.8), (-1.05, 0.8)],
        "diamond": [(0, -1.15), (0.8, 0), (0, 1.15), (-0.8, 0)],
    }
    return np.array(fixed[shape]) * (0.86 if shape == "square" else 1.0)


def item_mask(view: View, item: Item) -> np.ndarray:
    x, y = item.x * view.aspect, item.y
    distance = np.hypot(view.x - x, view.y - y)
    if item.shape == "circle":
        return inside(view, item.radius - distance)
    if item.shape == "ring":
        return inside(view, 0.26 * item.radius - np.abs(distance - 0.78 * item.radius))
    turn = np.deg2rad(item.angle_deg)
    spin = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return polygons(view, [_outline(item.shape) @ spin * item.radius + (x, y)])


def _shade(rng: np.random.Generator, name: str) -> np.ndarray:
    """A named colour, a little lighter or darker than its entry, never far enough to deserve another name."""
    return np.clip(COLOURS[name] * rng.uniform(0.92, 1.06) + rng.uniform(-0.02, 0.02, 3), 0, 1).astype(np.float32)


def draw_shapes(scene: Shapes, view: View) -> np.ndarray:
    """The arrangement as (H, W, 3) float32 in 0..1."""
    rng = np.random.default_rng(scene.seed)
    base = _shade(rng, scene.background)
    other = _shade(rng, scene.fade) if scene.fade else np.clip(base * rng.uniform(0.92, 1.05), 0, 1)
    amount = np.clip(view.y + 0 * view.x, 0, 1)[..., None]  # gradients run from top to bottom, so that captions can say so
    picture = mix(base, other, amount).astype(np.float32)
    for item in scene.items:
        mask = item_mask(view, item)
        light = 1 + 0.10 * (item.y - view.y) / item.radius  # a little brighter above, as if lit from there
        picture = blend(picture, np.clip(_shade(rng, item.colour) * np.clip(light, 0.85, 1.1)[..., None], 0, 1), mask)
    return picture
