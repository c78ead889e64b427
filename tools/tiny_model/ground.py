"""What lies under a sky: water, hills, mountains, forest, desert, city, field. Each painter takes the picture so far,
the light, its own generator and the height of the horizon, and gives the picture with that ground in it.
"""

from collections.abc import Callable

import cv2
import numpy as np

from .canvas import View, blend, box, inside, mix, noise, polygons, rgb, ridge, smoothstep
from .sky import Light, tint

GRASS = {
    "summer": (rgb(96, 150, 72), rgb(52, 104, 46)),
    "autumn": (rgb(196, 150, 70), rgb(140, 88, 40)),
    "snow": (rgb(232, 240, 250), rgb(206, 220, 240)),
}
TREES = {
    "summer": (rgb(58, 112, 72), rgb(22, 58, 40)),
    "autumn": (rgb(214, 120, 44), rgb(150, 58, 28)),
    "snow": (rgb(176, 198, 212), rgb(70, 98, 108)),
}
ROCK = (rgb(150, 146, 160), rgb(84, 84, 108))  # lit and shaded
SNOW = (rgb(255, 255, 255), rgb(176, 192, 224))


def paint_hills(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """Four rolling lines, each nearer one darker and less hazy, with light on its crest."""
    far, near = GRASS[season]
    for t in (0.0, 0.33, 0.66, 1.0):
        line = mix(horizon, 0.84, t**1.15) + (0.045 + 0.035 * t) * ridge(rng, view.x, 0.9 - 0.2 * t, 2)
        depth = view.y - line  # (H, W), positive below the crest
        crest = 0.82 + 0.36 * np.exp(-np.clip(depth, 0, None) / 0.06)
        colour = tint(light, mix(far, near, t) * crest[..., None], 0.62 * (1 - t) ** 1.3)
        picture = blend(picture, np.clip(colour, 0, 1), inside(view, depth))
    return picture


def _range(
    picture: np.ndarray,
    view: View,
    light: Light,
    rng: np.random.Generator,
    foot: float,
    height: float,
    haze: float,
    snow: float,
) -> np.ndarray:
    """One mountain range: triangular peaks with a lit and a shaded face, snow down to a ragged line, mist at the foot."""
    count = max(int(view.aspect * 3.4), 2)
    peaks_x = (np.arange(count + 2) - 0.5 + rng.uniform(-0.3, 0.3, count + 2)) * view.aspect / count
    peaks_y = foot - height * rng.uniform(0.55, 1.0, count + 2)
    slopes = rng.uniform(0.75, 1.25, count + 2)
    flanks = peaks_y[:, None] + slopes[:, None] * np.abs(view.x - peaks_x[:, None])  # (peaks, W)
    owner = flanks.argmin(axis=0)
    line = flanks.min(axis=0)[None] + 0.014 * ridge(rng, view.x, 9, 3)
    depth = view.y - line
    wander = 0.03 * ridge(rng, view.y, 5, 3) * smoothstep(0, 0.1, depth)
    lit = smoothstep(0.012, -0.012, view.x - peaks_x[owner][None] + wander + 0.25 * depth)
    snow_line = snow * (0.75 + 0.4 * ridge(rng, view.x, 7, 3)) - (view.y - (foot - height)) * 0.35
    white = smoothstep(-0.01, 0.01, snow_line - depth)
    rock = mix(ROCK[1], ROCK[0], lit[..., None])
    cover = mix(SNOW[1], SNOW[0], lit[..., None])
    fade = np.clip(haze + 0.5 * smoothstep(foot - height * 0.5, foot, view.y), 0, 0.9)[..., None]
    return blend(
        picture, tint(light, mix(rock, cover, white[..., None]), fade), inside(view, depth) * inside(view, foot + 0.02 - view.y)
    )


def paint_mountains(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """A far and a near range over dark foothills."""
    snow = 0.34 if season == "snow" else 0.16
    picture = _range(picture, view, light, rng, horizon + 0.12, 0.42, 0.5, snow)
    picture = _range(picture, view, light, rng, horizon + 0.28, 0.46, 0.16, snow)
    far, near = GRASS[season]
    for t in (0.35, 1.0):
        line = mix(horizon + 0.18, 0.9, t) + 0.03 * ridge(rng, view.x, 1.3, 3)
        picture = blend(picture, tint(light, mix(far, near, t) * 0.9, 0.3 * (1 - t)), inside(view, view.y - line))
    return picture


def paint_back(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, kind: str, season: str
) -> np.ndarray:
    """A low, hazy row of mountains, hills, forest or houses standing on the horizon, behind another ground."""
    if kind == "mountains":
        return _range(picture, view, light, rng, horizon, 0.26, 0.34, 0.3 if season == "snow" else 0.11)
    if kind == "city":
        return _blocks(picture, view, light, rng, horizon, 0.2, 0.4, 0.045)
    if kind == "forest":
        return _conifers(picture, view, light, rng, horizon - 0.02, 0.1, 0.36, season)
    line = horizon - 0.055 + 0.035 * ridge(rng, view.x, 1.0, 3)
    far, near = GRASS[season]
    return blend(picture, tint(light, mix(far, near, 0.5), 0.42), inside(view, view.y - line))


def paint_water(
    picture: np.ndarray,
    view: View,
    light: Light,
    rng: np.random.Generator,
    horizon: float,
    shine_x: float | None,
    shift: tuple[float, float] | None = None,
) -> np.ndarray:
    """Water from the horizon down: the picture above mirrored and rippled, with a glitter path under the sun or moon."""
    h, w = view.height, view.width
    depth = np.clip((view.y - horizon) / (1 - horizon), 0, 1)  # (H, 1), 0 at the horizon
    waves = noise(rng, view, int(3 * view.aspect) + 1, 26, octaves=2, shift=shift) - 0.5  # wide and flat
    mirror_y = horizon - (view.y - horizon) * 0.85 + waves * 0.10 * depth
    map_x = np.repeat(view.x * h - 0.5, h, axis=0) + waves * 0.05 * h * depth
    map_y = np.clip(mirror_y, 0, horizon) * h - 0.5
    mirrored = cv2.remap(
        np.ascontiguousarray(picture),
        map_x.astype(np.float32),
        map_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )
    deep = mix(light.middle, rgb(16, 70, 110) * light.ambient, 0.62)
    water = mix(mirrored, deep, (0.30 + 0.34 * depth)[..., None])
    water = np.clip(water * (1 + 0.5 * waves * (0.35 + depth))[..., None], 0, 1)
    if shine_x is not None:
        path = np.exp(-(((view.x - shine_x) / (0.035 + 0.11 * depth)) ** 2)) * smoothstep(-0.10, 0.22, waves + 0.05)
        water = blend(water, mix(light.sun, rgb(255, 255, 255), 0.25), 0.8 * path)
    return blend(picture, water, np.broadcast_to(inside(view, view.y - horizon), (h, w)))


def _conifers(
    picture: np.ndarray,
    view: View,
    light: Light,
    rng: np.random.Generator,
    foot: float,
    height: float,
    haze: float,
    season: str,
) -> np.ndarray:
    """A row of firs over a dark strip; their tops lighter than their feet."""
    far, near = TREES[season]
    line = foot + 0.02 * ridge(rng, view.x, 1.2, 2)
    trees = []
    for slot in np.arange(-0.1, view.aspect + 0.1, height * 0.34) + rng.uniform(-0.1, 0.1) * height:
        x, tall = slot + rng.uniform(-0.1, 0.1) * height, height * rng.uniform(0.65, 1.15)
        wide, base = tall * 0.24, foot + 0.02
        trees.append(
            np.array(
                [
                    (x, base - tall),
                    (x + wide * 0.55, base - tall * 0.5),
                    (x + wide * 0.35, base - tall * 0.5),
                    (x + wide, base),
                    (x - wide, base),
                    (x - wide * 0.35, base - tall * 0.5),
                    (x - wide * 0.55, base - tall * 0.5),
                ]
            )
        )
    mask = np.maximum(polygons(view, trees), inside(view, view.y - line))
    fall = np.clip((view.y - (foot - height)) / height, 0, 1)[..., None]
    return blend(picture, tint(light, mix(far, near, fall), haze), mask)


def paint_forest(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """Four rows of firs, growing and darkening towards us."""
    for t in (0.0, 0.33, 0.66, 1.0):
        foot = mix(horizon + 0.04, 0.98, t**1.2)
        picture = _conifers(picture, view, light, rng, foot, mix(0.10, 0.3, t), 0.6 * (1 - t) ** 1.2, season)
    return picture


def paint_desert(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """Dunes: a lit side in front, and a dark slip face under parts of each crest."""
    sand = rgb(238, 196, 128)
    for t in (0.0, 0.3, 0.62, 1.0):
        line = mix(horizon, 0.82, t) + (0.02 + 0.06 * t) * ridge(rng, view.x, 0.8, 2)
        depth = view.y - line
        slip = (0.02 + 0.13 * t) * np.clip(0.25 + ridge(rng, view.x, 0.9, 2), 0, 1)
        shadow = smoothstep(0.012, -0.012, depth - slip)
        colour = mix(sand * (1.02 - 0.1 * np.clip(depth, 0, 1)[..., None]), rgb(168, 112, 76), 0.75 * shadow[..., None])
        picture = blend(picture, tint(light, colour, 0.5 * (1 - t)), inside(view, depth))
    return picture


def _blocks(
    picture: np.ndarray,
    view: View,
    light: Light,
    rng: np.random.Generator,
    foot: float,
    height: float,
    haze: float,
    pitch: float,
) -> np.ndarray:
    """A row of buildings of random widths and heights; their windows are lit when it is dark."""
    darkness = float(np.clip(1.25 - 1.5 * light.ambient.mean(), 0, 1))
    pane = mix(rgb(110, 140, 170) * light.ambient, rgb(255, 214, 120), darkness)
    right, walls, panes = (
        -0.05,
        np.zeros((view.height, view.width), np.float32),
        np.zeros((view.height, view.width), np.float32),
    )
    tone = np.zeros((view.height, view.width, 1), np.float32)
    while right < view.aspect:
        left, right = right, right + pitch * rng.integers(2, 5) * 1.0
        top = foot - height * rng.uniform(0.35, 1.0)
        body = box(view, left, top, right - pitch * 0.12, foot)
        walls = np.maximum(walls, body)
        tone = np.where(body[..., None] > 0.5, rng.uniform(0.75, 1.15), tone)
        lit = rng.random((12, 8)) < 0.35 + 0.4 * rng.random()
        u, v = (view.x - left) / pitch, (view.y - top) / (pitch * 1.15)
        grid = _pulse(u, view.height * pitch) * _pulse(v, view.height * pitch)
        on = lit[np.clip(v.astype(int), 0, 11), np.clip(u.astype(int), 0, 7)]
        panes = np.maximum(panes, grid * on * body * (v < (foot - top) / (pitch * 1.15) - 0.6))
    picture = blend(picture, tint(light, rgb(118, 116, 134) * np.maximum(tone, 0.7), haze), walls)
    return blend(picture, mix(pane, light.low, 0.5 * haze), panes * mix(0.55, 0.95, darkness))


def _pulse(u: np.ndarray, pixels: float) -> np.ndarray:
    """1 in the middle half of every unit, 0 between, with edges one pixel wide (a unit is `pixels` wide)."""
    return np.clip((0.27 - np.abs(u % 1 - 0.5)) * pixels + 0.5, 0, 1)


def paint_city(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """Three rows of blocks and a street level."""
    picture = _blocks(picture, view, light, rng, horizon + 0.08, 0.34, 0.5, 0.05)
    picture = _blocks(picture, view, light, rng, horizon + 0.24, 0.42, 0.22, 0.06)
    street = inside(view, view.y - horizon - 0.2) * np.ones_like(view.x)
    picture = blend(picture, tint(light, rgb(78, 76, 92), 0.1), street)
    return _blocks(picture, view, light, rng, 1.02, 0.56 * (1 - horizon) + 0.16, 0.0, 0.075)


def paint_field(
    picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float, season: str
) -> np.ndarray:
    """A flat meadow: soft bands closing up towards the horizon, dotted with flowers in summer."""
    far, near = GRASS[season]
    depth = np.clip((view.y - horizon) / (1 - horizon), 0, 1)
    bands = 0.93 + 0.09 * np.sin(2 * np.pi * (2.2 / (depth + 0.25) + 0.4 * ridge(rng, view.x, 0.7, 2)))
    colour = tint(light, mix(far * 1.1, near * 1.1, depth[..., None]) * bands[..., None], 0.45 * (1 - depth[..., None]) ** 3)
    ground = inside(view, view.y - horizon - 0.012 * ridge(rng, view.x, 0.8, 2))
    picture = blend(picture, np.clip(colour, 0, 1), ground)
    if season != "summer":
        return picture
    petals = np.array([rgb(240, 70, 80), rgb(255, 220, 70), rgb(250, 250, 250), rgb(190, 90, 220)])[rng.integers(4)]
    mask = np.zeros((view.height, view.width), np.uint8)
    for _ in range(int(70 * view.aspect)):
        d = rng.uniform(0.06, 1.0)
        centre = ((rng.uniform(0, view.aspect), horizon + d * (1 - horizon)), (0.002 + 0.012 * d) * rng.uniform(0.8, 1.2))
        cv2.circle(
            mask,
            [round((c * view.height - 0.5) * 16) for c in centre[0]],
            round(centre[1] * view.height * 16),
            255,
            -1,
            cv2.LINE_AA,
            4,
        )
    return blend(picture, petals * light.ambient, mask.astype(np.float32) / 255)


def paint_river(picture: np.ndarray, view: View, light: Light, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """A winding band of sky-coloured water, narrow far away."""
    depth = np.clip((view.y - horizon - 0.1) / (0.9 - horizon), 0, 1)
    middle = view.aspect * rng.uniform(0.35, 0.65) + 0.22 * depth**0.7 * np.sin(2 * np.pi * (0.9 * depth**0.6 + rng.random()))
    half = 0.012 + 0.13 * depth**1.4
    mask = inside(view, half - np.abs(view.x - middle)) * inside(view, view.y - horizon - 0.1)
    colour = mix(light.low, light.middle, depth[..., None]) * mix(0.95, 0.7, depth[..., None])
    return blend(picture, np.repeat(colour, view.width, axis=1), mask)


GROUNDS: dict[str, Callable[..., np.ndarray]] = {
    "hills": paint_hills,
    "mountains": paint_mountains,
    "forest": paint_forest,
    "desert": paint_desert,
    "city": paint_city,
    "field": paint_field,
}
