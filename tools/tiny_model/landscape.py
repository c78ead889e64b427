"""Landscapes: what a scene holds (Land), how one is chosen, and the order in which its parts are painted."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import accents, ground, sky
from .canvas import View, blend, inside, mix, rgb

# centre and spread of each named hour on the scale of sky.HOURS; night lies around midnight and wraps
TIMES = {"dawn": (0.24, 0.025), "day": (0.49, 0.09), "sunset": (0.76, 0.025), "dusk": (0.84, 0.015), "night": (1.0, 0.06)}
GROUNDS = ("sea", "lake", "hills", "mountains", "forest", "desert", "city", "field")
BACKS = {
    "sea": ("", "", "mountains", "hills", "city"),
    "lake": ("mountains", "forest", "hills"),
    "hills": ("", "mountains", "city"),
    "mountains": ("",),
    "forest": ("", "mountains", "hills"),
    "desert": ("", "", "mountains"),
    "city": ("", "mountains", "hills"),
    "field": ("", "mountains", "forest", "hills", "city"),
}
# what may stand in a ground ("" most often, see choose_land)
THINGS = {
    "sea": ("boat", "lighthouse"),
    "lake": ("boat",),
    "hills": ("house", "balloon", "birds"),
    "mountains": ("birds", "balloon"),
    "forest": ("birds",),
    "desert": ("pyramids", "cactus", "balloon"),
    "city": ("birds",),
    "field": ("house", "balloon", "birds"),
}
RIVERS = ("hills", "mountains", "field")
BALLOONS = {
    "red": rgb(220, 50, 46),
    "blue": rgb(50, 90, 220),
    "yellow": rgb(246, 206, 50),
    "orange": rgb(244, 130, 40),
    "purple": rgb(140, 60, 180),
}


@dataclass(frozen=True)
class Displaced:
    """How far the parts of a landscape have moved (right, down), in heights."""

    body: tuple[float, float] = (0, 0)
    thing: tuple[float, float] = (0, 0)
    clouds: tuple[float, float] = (0, 0)
    waves: tuple[float, float] = (0, 0)
    fall: float = 0


@dataclass(frozen=True)
class Land:
    """One landscape; `seed` fixes every detail that has no name."""

    time: str
    hour: float
    ground: str
    back: str = ""
    season: str = "summer"
    weather: str = ""  # clouds, overcast, storm, fog, snowfall, rain
    body: str = ""  # sun, moon, crescent
    stars: bool = False
    marvel: str = ""  # aurora, rainbow
    thing: str = ""
    thing_colour: str = ""
    river: bool = False
    look: str = ""  # black and white, sepia, blurry
    horizon: float = 0.55
    seed: int = 0
    displaced: Displaced | None = None  # of a moving landscape


def _pick(rng: np.random.Generator, options, weights=None):
    """One of a sequence, by index, so that the result keeps its Python type."""
    weights = None if weights is None else np.array(weights) / sum(weights)
    return options[rng.choice(len(options), p=weights)]


def choose_land(rng: np.random.Generator) -> Land:
    """A random landscape whose parts go together."""
    time = _pick(rng, tuple(TIMES), (1, 1.1, 1.1, 0.6, 1.2))
    middle, spread = TIMES[time]
    ground_kind = _pick(rng, GROUNDS, (1.6, 0.8, 1.2, 1.2, 1, 1, 1.2, 0.9))
    winter = _pick(rng, ("summer", "autumn", "snow"), (7, 1.2, 1.8))
    land = Land(
        time=time,
        hour=middle + spread * rng.uniform(-1, 1),
        ground=ground_kind,
        back=_pick(rng, BACKS[ground_kind]),
        season="summer" if ground_kind in ("sea", "desert", "city") else winter,
        horizon=rng.uniform(0.44, 0.66),
        seed=int(rng.integers(2**31)),
        river=ground_kind in RIVERS and rng.random() < 0.16,
        look=_pick(rng, ("", "black and white", "sepia", "blurry"), (94, 2.5, 1.5, 2)),
    )
    return _with_things(rng, _with_sky(rng, land))


def _with_sky(rng: np.random.Generator, land: Land) -> Land:
    weather = _pick(rng, ("", "clouds", "overcast", "storm", "fog", "snowfall", "rain"), (50, 30, 4, 5, 5, 3, 3))
    if weather == "snowfall":
        land = replace(land, season="snow") if land.ground not in ("sea", "desert", "city") else land
    closed = weather in ("overcast", "storm", "rain", "snowfall")
    body = ""
    if not closed and rng.random() < (0.5 if weather == "clouds" else 0.68):
        body = (
            _pick(rng, ("moon", "moon", "crescent"))
            if land.time == "night"
            else "sun"
            if land.time != "dusk"
            else _pick(rng, ("", "moon", "crescent"))
        )
    stars = (land.time == "night" and not closed and rng.random() < 0.7) or (
        land.time == "dusk" and not weather and rng.random() < 0.25
    )
    marvel = ""
    if land.time == "night" and not weather and not body and rng.random() < 0.35:
        marvel = "aurora"
    elif land.time == "day" and not closed and not body and rng.random() < 0.14:
        marvel = "rainbow"
    return replace(land, weather=weather, body=body, stars=stars, marvel=marvel)


def _with_things(rng: np.random.Generator, land: Land) -> Land:
    if land.weather == "storm" and rng.random() < 0.6:
        return replace(land, thing="lightning")
    if rng.random() > 0.3:
        return land
    thing = _pick(rng, THINGS[land.ground])
    dark = land.time in ("night", "dusk") or land.weather in ("storm", "rain", "snowfall", "overcast")
    if (thing in ("birds", "balloon") and dark) or (thing == "lighthouse" and land.back):
        return land
    return replace(land, thing=thing, thing_colour=_pick(rng, tuple(BALLOONS)) if thing == "balloon" else "")


def light_of(land: Land) -> sky.Light:
    """The hour's light, dulled by a closed sky, brightened by snow."""
    light = sky.light_at(land.hour)
    grey, darkness = {
        "overcast": (0.85, 0.8),
        "rain": (0.8, 0.62),
        "storm": (0.75, 0.42),
        "snowfall": (0.75, 0.92),
        "fog": (0.35, 0.97),
    }.get(land.weather, (0, 1))
    if grey:
        light = sky.dull(light, grey, max(darkness, 0.9) if land.time == "night" else darkness)
    return sky.with_ambient(light, 1.18) if land.season == "snow" else light


def _heaven(land: Land, view: View, light: sky.Light, rng: np.random.Generator) -> tuple[np.ndarray, float | None]:
    """Sky with everything in it, and where along x the sun or moon shines on water."""
    picture = sky.paint_sky(view, light, land.horizon)
    if land.marvel == "aurora":
        picture = sky.paint_aurora(picture, view, rng, land.horizon)
    if land.stars:
        picture = sky.paint_stars(picture, view, rng, land.horizon, int(34 * view.aspect))
    x, high = view.aspect * rng.uniform(0.18, 0.82), rng.uniform(0.2, 0.42) * land.horizon
    low = land.horizon - rng.uniform(0.03, 0.12)
    moved = land.displaced or Displaced()
    body_view = view.shifted(*moved.body)
    if land.body == "sun":
        picture = sky.paint_sun(
            picture, body_view, light, x, high if land.time == "day" else low, 0.05 if land.time == "day" else 0.065
        )
    elif land.body:
        phase = 0 if land.body == "moon" else rng.uniform(0.5, 0.68)
        picture = sky.paint_moon(picture, body_view, x, high + 0.05, rng.uniform(0.055, 0.08), phase)
    if land.marvel == "rainbow":
        picture = sky.paint_rainbow(picture, view, x, land.horizon)
    cover = {"clouds": rng.uniform(0.15, 0.7), "overcast": 0.95, "storm": 0.85, "rain": 0.95}.get(land.weather)
    if cover is not None:
        picture = sky.paint_clouds(picture, view, light, rng, cover, land.horizon, land.displaced and moved.clouds)
    return picture, x + moved.body[0] if land.body else None


def land_parts(land: Land, view: View) -> Iterator[tuple[str, np.ndarray]]:
    """The picture after each part: ("sky", (H, W, 3)), then what lies behind, the ground, what stands on it, the weather."""
    rng = np.random.default_rng(land.seed)
    light = light_of(land)
    picture, shine_x = _heaven(land, view, light, rng)
    yield "sky", picture
    if land.back:
        picture = ground.paint_back(picture, view, light, rng, land.horizon, land.back, land.season)
        yield land.back, picture
    if land.ground in ("sea", "lake"):
        waves = land.displaced and land.displaced.waves
        picture = ground.paint_water(picture, view, light, rng, land.horizon, shine_x, waves)
        yield land.ground, picture
        if land.ground == "lake":  # a shore in front
            line = 0.93 + 0.035 * np.sin(2 * np.pi * (view.x * rng.uniform(0.4, 0.8) + rng.random()))
            shore = sky.tint(light, mix(*ground.GRASS[land.season], 0.8), 0)
            picture = blend(picture, shore, inside(view, view.y - line))
            yield "shore", picture
    else:
        picture = ground.GROUNDS[land.ground](picture, view, light, rng, land.horizon, land.season)
        yield land.ground, picture
    if land.river:
        picture = ground.paint_river(picture, view, light, rng, land.horizon)
        yield "river", picture
    thing_view = view.shifted(*land.displaced.thing) if land.displaced else view
    if land.thing == "balloon":
        picture = accents.paint_balloon(picture, thing_view, light, rng, land.horizon, BALLOONS[land.thing_colour])
    elif land.thing:
        picture = accents.ACCENTS[land.thing](picture, thing_view, light, rng, land.horizon)
    yield land.thing, picture
    yield "weather", _weather(land, view, light, rng, picture)


def draw_land(land: Land, view: View) -> np.ndarray:
    """The landscape as (H, W, 3) float32 in 0..1; the same land gives the same view at every size."""
    *_, (_, picture) = land_parts(land, view)
    return np.clip(picture, 0, 1)


def _weather(land: Land, view: View, light: sky.Light, rng: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    if land.weather == "fog":
        picture = accents.paint_fog(picture, view, light, rng, land.horizon)
    if land.weather in ("snowfall", "rain"):
        fallen = land.displaced.fall if land.displaced else 0
        picture = accents.paint_fall(picture, view, rng, "snow" if land.weather == "snowfall" else "rain", fallen)
    return accents.paint_look(picture, view, land.look) if land.look else picture
