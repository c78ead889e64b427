"""Single things set into a landscape, and weather and looks laid over all of it."""

import cv2
import numpy as np

from .canvas import View, blend, box, disc, glow, mix, noise, polygons, rgb
from .sky import Light


def _darkness(light: Light) -> float:
    return float(np.clip(1.25 - 1.5 * light.ambient.mean(), 0, 1))


def paint_lighthouse(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A banded tower on a rock, with a beam when it is dark."""
    x, foot, tall = view.aspect * rng.choice([0.2, 0.8]) + rng.uniform(-0.05, 0.05), horizon + 0.1, rng.uniform(0.3, 0.38)
    rock = np.array(
        [
            (x - 0.2, foot + 0.06),
            (x - 0.13, foot - 0.01),
            (x - 0.02, foot - 0.035),
            (x + 0.1, foot - 0.02),
            (x + 0.21, foot + 0.06),
        ]
    )
    picture = blend(picture, rgb(96, 86, 82) * light.ambient, polygons(view, [rock]))
    top = foot - tall
    tower = polygons(view, [np.array([(x - 0.04, foot - 0.02), (x - 0.026, top), (x + 0.026, top), (x + 0.04, foot - 0.02)])])
    bands = np.clip((0.25 - np.abs((view.y - top) / tall * 2.5 % 1 - 0.5)) * view.height * 0.1 + 0.5, 0, 1)[..., None]
    picture = blend(picture, mix(rgb(244, 240, 236), rgb(206, 52, 48), bands) * light.ambient, tower)
    dark = _darkness(light)
    lamp_y = top - 0.022
    beam = polygons(view, [np.array([(x, lamp_y), (x + s * 1.2, lamp_y - 0.1), (x + s * 1.2, lamp_y + 0.06)]) for s in (-1, 1)])
    picture = blend(picture, rgb(255, 244, 190), 0.45 * dark * beam * np.exp(-np.abs(view.x - x) / 0.35))
    picture = blend(
        picture,
        mix(rgb(250, 236, 170) * light.ambient, rgb(255, 246, 190), dark),
        box(view, x - 0.02, top - 0.045, x + 0.02, top),
    )
    cap = np.array([(x - 0.03, top - 0.043), (x, top - 0.085), (x + 0.03, top - 0.043)])
    return blend(picture, rgb(190, 48, 46) * light.ambient, polygons(view, [cap]))


def paint_boat(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A small boat with two sails, and their shine on the water."""
    x, y, size = view.aspect * rng.uniform(0.25, 0.75), horizon + rng.uniform(0.06, 0.18), rng.uniform(0.14, 0.2)
    hull = np.array([(-0.5, -0.08), (0.5, -0.08), (0.36, 0.08), (-0.36, 0.08)]) * size + (x, y)
    main = np.array([(-0.02, -0.14), (-0.02, -1.15), (-0.48, -0.14)]) * size + (x, y)
    jib = np.array([(0.04, -0.14), (0.04, -1.0), (0.42, -0.14)]) * size + (x, y)
    shine = np.array([(-0.3, 0.1), (0.25, 0.1), (0.02, 0.7)]) * size + (x, y)
    picture = blend(picture, mix(rgb(255, 255, 255) * light.ambient, light.low, 0.3), 0.35 * polygons(view, [shine]))
    picture = blend(picture, rgb(255, 250, 240) * light.ambient, polygons(view, [main, jib]))
    return blend(picture, rgb(122, 62, 44) * light.ambient, polygons(view, [hull]))


def paint_house(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A cabin with a roof and two windows that glow in the dark."""
    x, foot, size = view.aspect * rng.uniform(0.25, 0.75), horizon + 0.2, rng.uniform(0.15, 0.2)
    dark = _darkness(light)
    picture = blend(picture, rgb(255, 200, 110), 0.4 * dark * glow(view, x, foot - size * 0.3, size * 0.9))
    picture = blend(
        picture, rgb(176, 112, 74) * light.ambient, box(view, x - size * 0.5, foot - size * 0.55, x + size * 0.5, foot)
    )
    roof = np.array([(-0.65, -0.52), (0, -1.05), (0.65, -0.52)]) * size + (x, foot)
    picture = blend(picture, rgb(150, 52, 44) * light.ambient, polygons(view, [roof]))
    pane = mix(rgb(150, 180, 200) * light.ambient, rgb(255, 224, 130), dark)
    for side in (-0.25, 0.25):
        middle = x + side * size
        picture = blend(
            picture, pane, box(view, middle - size * 0.12, foot - size * 0.42, middle + size * 0.12, foot - size * 0.16)
        )
    return picture


def paint_balloon(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, colour: np.ndarray
) -> np.ndarray:
    """A hot air balloon in one colour with paler stripes."""
    x, y, radius = view.aspect * rng.uniform(0.25, 0.75), horizon * rng.uniform(0.3, 0.55), rng.uniform(0.085, 0.13)
    skirt = np.array([(-0.86, 0.5), (0.86, 0.5), (0.2, 1.45), (-0.2, 1.45)]) * radius + (x, y)
    envelope = np.maximum(disc(view, x, y, radius), polygons(view, [skirt]))
    stripes = (0.5 + 0.5 * np.cos(9.4 * np.clip((view.x - x) / radius, -1, 1)))[..., None]
    bulge = np.clip(1.05 - 0.35 * ((view.x - x) / radius + 0.4) ** 2, 0.5, 1)[..., None]
    ambient = np.clip(light.ambient * 0.8 + 0.25, 0, 1)
    picture = blend(picture, mix(colour, rgb(255, 245, 225), 0.28 * stripes) * bulge * ambient, envelope)
    return blend(
        picture, rgb(110, 70, 40) * ambient, box(view, x - radius * 0.2, y + radius * 1.6, x + radius * 0.2, y + radius * 1.95)
    )


def paint_pyramids(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """Two pyramids on the horizon, each with a lit and a shaded face."""
    for x, size in (
        (view.aspect * rng.uniform(0.25, 0.45), rng.uniform(0.3, 0.38)),
        (view.aspect * rng.uniform(0.6, 0.8), rng.uniform(0.18, 0.26)),
    ):
        base, top = horizon + 0.06, (x, horizon + 0.06 - size * 0.9)
        ridge = (x + size * 0.18, base)
        picture = blend(
            picture, rgb(240, 200, 130) * light.ambient, polygons(view, [np.array([(x - size * 0.75, base), top, ridge])])
        )
        picture = blend(
            picture, rgb(168, 122, 82) * light.ambient, polygons(view, [np.array([top, (x + size * 0.75, base), ridge])])
        )
    return picture


def paint_cactus(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A cactus with two arms."""
    x, foot, size = view.aspect * rng.uniform(0.25, 0.75), rng.uniform(0.82, 0.9), rng.uniform(0.26, 0.36)
    mask = np.zeros((view.height, view.width), np.uint8)

    def stroke(x1: float, y1: float, x2: float, y2: float, wide: float) -> None:
        a, b = (((x + size * px, foot + size * py)) for px, py in ((x1, y1), (x2, y2)))
        cv2.line(
            mask,
            *([round(c * view.height * 16) for c in p] for p in (a, b)),
            255,
            max(round(wide * size * view.height), 1),
            cv2.LINE_AA,
            4,
        )

    for line in (
        (0, 0, 0, -0.95, 0.16),
        (-0.26, -0.42, 0, -0.36, 0.12),
        (-0.26, -0.66, -0.26, -0.42, 0.12),
        (0.26, -0.58, 0, -0.5, 0.12),
        (0.26, -0.82, 0.26, -0.58, 0.12),
    ):
        stroke(*line)
    return blend(picture, rgb(62, 128, 72) * light.ambient, mask.astype(np.float32) / 255)


def paint_birds(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A few birds: two thin wings each."""
    x0, y0 = view.aspect * rng.uniform(0.25, 0.7), horizon * rng.uniform(0.2, 0.5)
    wings = []
    for _ in range(rng.integers(4, 7)):
        at, s = (x0 + rng.uniform(-0.16, 0.16), y0 + rng.uniform(-0.09, 0.09)), rng.uniform(0.035, 0.055)
        wings += [
            np.array([(0, 0), (side * 0.5, -0.38), (side * 1.0, -0.16), (side * 0.5, -0.2), (0, 0.2)]) * s + at
            for side in (-1, 1)
        ]
    return blend(picture, rgb(30, 30, 44), 0.85 * polygons(view, wings))


def paint_lightning(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """One zigzag bolt from the clouds to the ground, with a pale glow."""
    x, y, points = view.aspect * rng.uniform(0.25, 0.75), 0.04, []
    while y < horizon:
        points.append((x, y))
        x, y = x + rng.uniform(-0.07, 0.07), y + rng.uniform(0.06, 0.12)
    points.append((x, horizon))
    picture = blend(picture, rgb(190, 200, 255), 0.35 * glow(view, points[0][0], horizon * 0.5, 0.3))
    left = [(px - 0.009, py) for px, py in points]
    right = [(px + 0.009, py) for px, py in reversed(points)]
    return blend(picture, rgb(250, 248, 255), polygons(view, [np.array(left + right)]))


def paint_fog(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """Mist lying on the ground, thickest at the horizon."""
    bank = np.exp(-(((view.y - horizon - 0.08) / 0.24) ** 2)) * (0.65 + 0.5 * noise(rng, view, 3, 6, 2))
    return blend(picture, mix(light.low, rgb(255, 255, 255) * light.ambient.mean(), 0.35), np.clip(0.85 * bank, 0, 0.9))


def paint_fall(picture: np.ndarray, view: View, rng: np.random.Generator, kind: str, fallen: float = 0) -> np.ndarray:
    """Falling snow (round flakes) or rain (slanted streaks), so far down; what leaves below comes in above."""
    mask, h = np.zeros((view.height, view.width), np.uint8), view.height
    for _ in range(int((60 if kind == "snow" else 45) * view.aspect)):
        x, y, size = rng.uniform(0, view.aspect), (rng.random() + fallen) % 1, rng.uniform(0.7, 1.3)
        if kind == "snow":
            cv2.circle(mask, (round(x * h * 16), round(y * h * 16)), round(0.008 * size * h * 16), 235, -1, cv2.LINE_AA, 4)
        else:
            ends = (
                (round(x * h * 16), round(y * h * 16)),
                (round((x - 0.025 * size) * h * 16), round((y + 0.09 * size) * h * 16)),
            )
            cv2.line(mask, *ends, 150, max(round(0.006 * h), 1), cv2.LINE_AA, 4)
    return blend(picture, rgb(240, 246, 255), mask.astype(np.float32) / 255)


def paint_look(picture: np.ndarray, view: View, look: str) -> np.ndarray:
    """The whole picture in black and white, in sepia, or out of focus."""
    grey = (picture @ np.array([0.3, 0.59, 0.11], np.float32))[..., None]
    if look == "black and white":
        return np.repeat(grey, 3, axis=2)
    if look == "sepia":
        return np.clip(grey * rgb(255, 222, 178) * 1.02 + rgb(18, 10, 0), 0, 1)
    return cv2.GaussianBlur(picture, (0, 0), 0.016 * view.height)  # "blurry"


ACCENTS = {
    "lighthouse": paint_lighthouse,
    "boat": paint_boat,
    "house": paint_house,
    "pyramids": paint_pyramids,
    "cactus": paint_cactus,
    "birds": paint_birds,
    "lightning": paint_lightning,
}
