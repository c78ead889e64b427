"""Skies: the light of an hour, sun, moon, stars, clouds, northern lights. What stands below is ground.py's."""

from dataclasses import dataclass, fields, replace

import numpy as np

from .canvas import View, blend, disc, glow, inside, mix, noise, rgb, smoothstep


@dataclass(frozen=True)
class Light:
    """The colours of one hour; each (3,) in 0..1."""

    top: np.ndarray  # sky overhead
    middle: np.ndarray
    low: np.ndarray  # sky at the horizon
    ambient: np.ndarray  # multiplies every ground colour
    cloud: np.ndarray
    sun: np.ndarray


# hour 0..1 is one day from midnight; the five named skies sit at 0, .24, .5, .76 and .84
HOURS = (
    (0.00, Light(rgb(7, 11, 40), rgb(17, 28, 76), rgb(40, 60, 122), rgb(62, 76, 124), rgb(46, 56, 96), rgb(255, 240, 200))),
    (0.15, Light(rgb(14, 20, 58), rgb(40, 48, 104), rgb(96, 92, 140), rgb(70, 78, 124), rgb(70, 72, 116), rgb(255, 220, 190))),
    (
        0.24,
        Light(
            rgb(98, 132, 200),
            rgb(214, 172, 204),
            rgb(255, 208, 176),
            rgb(196, 172, 190),
            rgb(255, 206, 204),
            rgb(255, 236, 196),
        ),
    ),
    (
        0.34,
        Light(
            rgb(78, 146, 222),
            rgb(148, 196, 240),
            rgb(236, 230, 222),
            rgb(244, 236, 226),
            rgb(255, 246, 238),
            rgb(255, 248, 214),
        ),
    ),
    (
        0.50,
        Light(
            rgb(44, 118, 214),
            rgb(104, 174, 240),
            rgb(196, 226, 246),
            rgb(255, 255, 250),
            rgb(255, 255, 255),
            rgb(255, 250, 220),
        ),
    ),
    (
        0.66,
        Light(
            rgb(72, 120, 196),
            rgb(168, 178, 200),
            rgb(255, 214, 150),
            rgb(255, 226, 180),
            rgb(255, 232, 204),
            rgb(255, 236, 170),
        ),
    ),
    (
        0.76,
        Light(rgb(62, 48, 124), rgb(226, 92, 84), rgb(255, 178, 66), rgb(206, 130, 108), rgb(236, 110, 96), rgb(255, 226, 130)),
    ),
    (
        0.84,
        Light(rgb(22, 24, 78), rgb(84, 56, 124), rgb(206, 110, 116), rgb(96, 80, 124), rgb(112, 78, 128), rgb(255, 190, 130)),
    ),
    (0.92, Light(rgb(8, 12, 40), rgb(20, 28, 76), rgb(46, 60, 118), rgb(66, 78, 128), rgb(50, 58, 100), rgb(255, 236, 200))),
    (1.00, Light(rgb(7, 11, 40), rgb(17, 28, 76), rgb(40, 60, 122), rgb(62, 76, 124), rgb(46, 56, 96), rgb(255, 240, 200))),
)


def _between(a: Light, b: Light, amount: float) -> Light:
    return Light(**{f.name: mix(getattr(a, f.name), getattr(b, f.name), amount) for f in fields(Light)})


def light_at(hour: float) -> Light:
    """The light between the two table rows around an hour (0..1, wraps)."""
    hour %= 1.0
    after = next(i for i, (start, _) in enumerate(HOURS) if start > hour)
    (start, a), (end, b) = HOURS[after - 1], HOURS[after]
    return _between(a, b, (hour - start) / (end - start))


def dull(light: Light, amount: float, darkness: float) -> Light:
    """The same hour under a closed sky: colours pulled to a bluish grey of their own brightness, and darkened."""

    def grey(colour: np.ndarray) -> np.ndarray:
        return mix(colour, rgb(236, 244, 255) * colour.mean(), amount) * darkness

    return Light(**{f.name: grey(getattr(light, f.name)) for f in fields(Light)})


def paint_sky(view: View, light: Light, horizon: float) -> np.ndarray:
    """The empty sky as a picture; below the horizon it keeps the horizon's colour."""
    t = np.clip(view.y / horizon, 0, 1)  # (H, 1)
    upper, lower = smoothstep(0, 0.62, t), smoothstep(0.45, 1, t)
    column = mix(mix(light.top, light.middle, upper), light.low, lower)  # (H, 3)
    return np.repeat(column[:, None], view.width, axis=1).astype(np.float32)


def paint_sun(picture: np.ndarray, view: View, light: Light, x: float, y: float, radius: float) -> np.ndarray:
    """A sun with a wide and a narrow glow."""
    picture = blend(picture, light.sun, 0.45 * glow(view, x, y, radius * 7))
    picture = blend(picture, light.sun, 0.6 * glow(view, x, y, radius * 2.2))
    return blend(picture, mix(light.sun, rgb(255, 255, 255), 0.35), disc(view, x, y, radius))


def paint_moon(picture: np.ndarray, view: View, x: float, y: float, radius: float, phase: float) -> np.ndarray:
    """A moon, full at phase 0; the larger the phase, the thinner the crescent (below about 0.9)."""
    picture = blend(picture, rgb(170, 190, 240), 0.34 * glow(view, x, y, radius * 4))
    body = disc(view, x, y, radius)
    if phase > 0:
        bite = disc(view, x + radius * 1.9 * (1 - phase), y - radius * 0.35, radius * 0.98)
        body = body * (1 - bite)
    return blend(picture, rgb(250, 246, 224), body)


def paint_stars(picture: np.ndarray, view: View, rng: np.random.Generator, horizon: float, count: int) -> np.ndarray:
    """Stars of several sizes; drawn in a small window each, since a star is a few pixels wide."""
    picture = picture.copy()
    for _ in range(count):
        x, y = rng.uniform(0, view.aspect), rng.uniform(0, horizon * 0.95)
        radius, strength = rng.uniform(0.0035, 0.0085), rng.uniform(0.6, 1.0)
        reach = 3 * radius + 1 / view.height
        rows = slice(max(int((y - reach) * view.height), 0), int((y + reach) * view.height) + 1)
        columns = slice(max(int((x - reach) * view.height), 0), int((x + reach) * view.height) + 1)
        distance2 = (view.x[:, columns] - x) ** 2 + (view.y[rows] - y) ** 2
        width2 = radius**2 + (0.35 / view.height) ** 2  # never thinner than a pixel can show
        picture[rows, columns] = blend(picture[rows, columns], rgb(255, 252, 235), strength * np.exp(-distance2 / width2))
    return picture


def paint_clouds(
    picture: np.ndarray,
    view: View,
    light: Light,
    rng: np.random.Generator,
    cover: float,
    horizon: float,
    shift: tuple[float, float] | None = None,
) -> np.ndarray:
    """Soft clouds over the sky, thicker with cover 0..1; lit from above, darker in their bellies."""
    field = noise(rng, view, int(3 * view.aspect) + 1, 5, octaves=3, shift=shift)
    shifted = np.roll(field, max(view.height // 40, 1), axis=0)
    threshold = mix(0.62, 0.38, cover)
    mask = smoothstep(threshold, threshold + 0.16, field) * smoothstep(0, 0.25, horizon - view.y)
    shade = np.clip(0.86 + (field - shifted) * 2.2, 0.6, 1.0)[..., None]
    return blend(picture, mix(light.low * 0.8, light.cloud, shade), 0.9 * mask)


def paint_aurora(picture: np.ndarray, view: View, rng: np.random.Generator, horizon: float) -> np.ndarray:
    """Northern lights: two waving curtains, green below and violet above, with soft vertical rays."""
    for _ in range(2):
        foot = horizon * rng.uniform(0.45, 0.75) + 0.07 * np.sin(2 * np.pi * (view.x * rng.uniform(0.5, 1.1) + rng.random()))
        rays = 0.65 + 0.35 * np.sin(2 * np.pi * (view.x * rng.uniform(4, 7) + rng.random()) + 6 * view.x)
        height = (foot - view.y) / rng.uniform(0.28, 0.42)  # 0 at the foot, 1 at the top of the curtain
        strength = smoothstep(-0.12, 0.05, height) * np.clip(1 - height, 0, 1) ** 1.5 * rays
        colour = mix(rgb(70, 250, 160), rgb(170, 80, 230), np.clip(height * 1.3, 0, 1)[..., None])
        picture = blend(picture, colour, 0.62 * strength)
    return picture


def paint_rainbow(picture: np.ndarray, view: View, x: float, horizon: float) -> np.ndarray:
    """A wide arch from red (outside) to violet."""
    distance = np.hypot(view.x - x, view.y - horizon * 1.05)
    t = (distance - 0.42) / 0.07  # 0 inside .. 1 outside
    band = smoothstep(-0.15, 0.15, t) * smoothstep(1.15, 0.85, t)
    hue = np.clip(t, 0, 1)[..., None]
    ramp = np.array([rgb(150, 80, 220), rgb(70, 130, 250), rgb(90, 220, 120), rgb(255, 230, 80), rgb(250, 90, 70)])
    colour = sum(ramp[i] * np.clip(1 - abs(hue * 4 - i), 0, 1) for i in range(5))
    return blend(picture, colour, 0.6 * band * inside(view, horizon - view.y))


def tint(light: Light, colour: np.ndarray, distance: float) -> np.ndarray:
    """A ground colour under this light, fading into the horizon's haze with distance 0 (near) .. 1 (far)."""
    return mix(colour * light.ambient, mix(light.low, light.middle, 0.25), distance)


def with_ambient(light: Light, factor: float) -> Light:
    """The same light with a brighter or darker ground."""
    return replace(light, ambient=np.clip(light.ambient * factor, 0, 1))
