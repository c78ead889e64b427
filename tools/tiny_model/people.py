"""Stick people in one colour each: how they stand, how they are painted, what is said of them, and their skeletons.

Lengths of a body are in its own height; points are OpenPose's eighteen (lib_anim/images/skeleton.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lib_anim.images.skeleton import Body, draw_skeletons

from .canvas import View, blend, inside, polygons, rgb
from .draw import caption, choose, draw
from .landscape import Land, light_of
from .objects import COLOURS, Shapes
from .words import article

CLOTHES = ("red", "green", "blue", "yellow", "orange", "purple", "pink", "white", "black", "cyan")
ACTIONS = ("walking", "waving", "sitting", "standing", "running", "cheering")
SKIN = (rgb(244, 206, 170), rgb(206, 150, 108), rgb(120, 78, 54))
TRUNK, NECK, UPPER_ARM, FOREARM, THIGH, SHIN = 0.34, 0.13, 0.16, 0.15, 0.24, 0.24
ARM_RADIUS, LEG_RADIUS, TRUNK_RADIUS, HEAD_RADIUS = 0.035, 0.043, 0.062, 0.075
SHADES = {"far arm": 0.72, "far leg": 0.62, "near leg": 0.72, "trunk": 1.0, "near arm": 0.88}
PLAIN = 0.15  # share of people on a plain background


@dataclass(frozen=True)
class Stance:
    """Angles in degrees from hanging straight down: forward in a side view, outward in a front view; right limb first."""

    facing: int  # -1 to the left, 0 to us, 1 to the right
    arms: tuple[tuple[float, float], tuple[float, float]]  # (upper arm, forearm)
    legs: tuple[tuple[float, float], tuple[float, float]]  # (thigh, shin)
    lean: float = 0


@dataclass(frozen=True)
class Person:
    """One person: hips at x, a share of the width (of the height once placed), and y in heights; `tall` heights high."""

    action: str
    colour: str
    stance: Stance
    x: float
    y: float
    tall: float
    skin: int = 0


@dataclass(frozen=True)
class People:
    """Persons before a landscape or a plain background."""

    back: Land | Shapes
    persons: tuple[Person, ...]


# -- how they stand -----------------------------------------------------------------------------------------------------


def stride(phase: float, swing: float = 28, facing: int = 1) -> Stance:
    """A step of a walk (swing 28) or a run (45): phase 0..1 goes through both legs."""
    legs, arms = [], []
    for side in (0.0, 0.5):
        turn = 2 * np.pi * (phase + side)
        thigh = swing * np.sin(turn)
        knee = 8 + 1.3 * swing * max(np.cos(turn), 0)  # bent while the leg swings forward
        arm = -0.9 * swing * np.sin(turn)
        legs.append((thigh, thigh - knee))
        arms.append((arm, arm + 0.8 * swing))
    return Stance(facing, (arms[0], arms[1]), (legs[0], legs[1]), lean=0.15 * swing)


def choose_stance(rng: np.random.Generator, action: str) -> Stance:
    """A random moment of an action."""

    def near(degrees: float, spread: float = 8) -> float:
        return degrees + spread * rng.uniform(-1, 1)

    side = int(rng.choice([-1, 1]))
    if action in ("walking", "running"):
        return stride(rng.random(), near(28, 6) if action == "walking" else near(46, 7), side)
    if action == "sitting":
        legs, arms = (near(86), near(4)), (near(18), near(55, 20))
        return Stance(side, (arms, (near(arms[0]), near(arms[1]))), (legs, (near(legs[0], 6), near(legs[1]))), near(-2, 5))
    down, leg = (near(12), near(8)), near(7, 6)
    legs = ((leg, leg), (leg, leg))
    if action == "standing":
        return Stance(0, (down, (near(12), near(8))), legs)
    up = (near(125, 25), near(172, 25))
    if action == "waving":
        return Stance(0, (up, down) if rng.random() < 0.5 else (down, up), legs)
    wide = near(20, 10)
    return Stance(0, (up, (near(up[0], 5), near(up[1], 5))), ((wide, wide), (wide, wide)))


def _hang(start: np.ndarray, degrees: float, length: float, forward: float) -> np.ndarray:
    turn = np.deg2rad(degrees)
    return start + length * np.array([forward * np.sin(turn), np.cos(turn)])


def joints(person: Person) -> Body:
    """The eighteen points in picture heights; eyes and ears that cannot be seen are NaN."""
    stance, facing = person.stance, person.stance.facing
    points = np.full((18, 2), np.nan)
    neck = _hang(np.zeros(2), 180 - stance.lean, TRUNK, facing)
    points[0], points[1] = _hang(neck, 180 - stance.lean, NECK, facing), neck
    points[0, 0] += 0.04 * facing
    shoulder, hip = (0.025, 0.015) if facing else (0.105, 0.06)
    for i, (sign, arm, leg) in enumerate(zip((-1, 1), stance.arms, stance.legs, strict=True)):
        forward = facing or sign
        a, h = 2 + 3 * i, 8 + 3 * i
        points[a] = neck + np.array([sign * shoulder, 0.01])
        points[a + 1] = _hang(points[a], arm[0], UPPER_ARM, forward)
        points[a + 2] = _hang(points[a + 1], arm[1], FOREARM, forward)
        points[h] = np.array([sign * hip, 0])
        points[h + 1] = _hang(points[h], leg[0], THIGH, forward)
        points[h + 2] = _hang(points[h + 1], leg[1], SHIN, forward)
        if facing in (0, -sign):  # the right side of a head is seen when it looks to the right
            away = -facing * 0.02 if facing else sign * 0.028
            points[14 + i] = points[0] + (away, -0.028)
            points[16 + i] = points[0] + (2.6 * away, -0.016)
    return np.array([person.x, person.y]) + person.tall * points


def place(rng: np.random.Generator, action: str, colour: str, x: float, tall: float, foot: float) -> Person:
    """A person whose lowest point stands at height `foot`."""
    person = Person(action, colour, choose_stance(rng, action), x, 0, tall, int(rng.integers(len(SKIN))))
    return replace(person, y=foot - float(np.nanmax(joints(person)[:, 1])) - LEG_RADIUS * tall)


def choose_people(rng: np.random.Generator, *, held_out: bool = False) -> People:
    """One person most often, or two of different colours, side by side; `held_out` as for landscapes (draw.py)."""
    back = _plain(rng) if rng.random() < PLAIN and not held_out else _land(rng, held_out)
    count = 2 if rng.random() < 0.25 else 1
    persons: list[Person] = []
    for i in range(count):
        taken = (*(p.colour for p in persons), back.background if isinstance(back, Shapes) else "")
        tall = rng.uniform(0.38, 0.8) * (0.85 if count == 2 else 1)
        left, right = (0.15, 0.85) if count == 1 else ((0.12, 0.4), (0.6, 0.88))[i]
        foot = rng.uniform(0.68, 0.97) if tall < 0.6 else rng.uniform(0.85, 0.98)
        action = ACTIONS[rng.integers(len(ACTIONS))]
        persons.append(place(rng, action, _other(rng, taken), rng.uniform(left, right), tall, foot))
    return People(back, tuple(persons))


def _plain(rng: np.random.Generator) -> Shapes:
    return Shapes(_other(rng, ()), (), seed=int(rng.integers(2**31)))


def _land(rng: np.random.Generator, held_out: bool) -> Land:
    while not isinstance(back := choose(rng, held_out=held_out), Land):
        pass
    return replace(back, look="")


def _other(rng: np.random.Generator, taken: tuple[str, ...]) -> str:
    free = [colour for colour in CLOTHES if colour not in taken]
    return free[rng.integers(len(free))]


# -- how they look ------------------------------------------------------------------------------------------------------


def _stroke(view: View, a: np.ndarray, b: np.ndarray, radius: float) -> np.ndarray:
    """Mask (H, W) of a line with round ends."""
    along = b - a
    t = ((view.x - a[0]) * along[0] + (view.y - a[1]) * along[1]) / max(float(along @ along), 1e-9)
    t = np.clip(t, 0, 1)
    return inside(view, radius - np.hypot(view.x - a[0] - t * along[0], view.y - a[1] - t * along[1]))


def person_parts(view: View, person: Person) -> Iterator[tuple[str, np.ndarray]]:
    """Names and masks (H, W) of the parts from the back to the front: the far limbs, legs, trunk, head, the near arm."""
    at, tall = joints(person), person.tall
    near, far = (0, 1) if person.stance.facing >= 0 else (1, 0)

    def limb(first: int, side: int, radius: float) -> np.ndarray:
        start = first + 3 * side
        upper, lower = (_stroke(view, at[i], at[i + 1], radius * tall) for i in (start, start + 1))
        return np.maximum(upper, lower)

    yield "far arm", limb(2, far, ARM_RADIUS)
    yield "far leg", limb(8, far, LEG_RADIUS)
    yield "near leg", limb(8, near, LEG_RADIUS)
    trunk = np.maximum(polygons(view, [at[[2, 5, 11, 8]]]), _stroke(view, at[1], (at[8] + at[11]) / 2, TRUNK_RADIUS * tall))
    for a, b in ((2, 5), (8, 11)):
        trunk = np.maximum(trunk, _stroke(view, at[a], at[b], 0.04 * tall))
    yield "trunk", trunk
    head = at[0] + tall * np.array([-0.03 * person.stance.facing, -0.012])
    yield "head", _stroke(view, head, head, HEAD_RADIUS * tall)
    yield "near arm", limb(2, near, ARM_RADIUS)


def paint_person(picture: np.ndarray, view: View, person: Person, ambient: np.ndarray) -> np.ndarray:
    """Clothes in the person's colour, darker where they are farther."""
    cloth, skin = COLOURS[person.colour] * ambient, SKIN[person.skin] * ambient
    for name, mask in person_parts(view, person):
        picture = blend(picture, skin if name == "head" else cloth * SHADES[name], mask)
    return picture


def draw_people(scene: People, height: int, width: int) -> np.ndarray:
    """The scene as (height, width, 3) uint8 RGB."""
    view, back = View(height, width), scene.back
    picture = draw(back, height, width).astype(np.float32) / 255
    ambient = np.clip(light_of(back).ambient * 0.75 + 0.3, 0, 1) if isinstance(back, Land) else np.ones(3, np.float32)
    for person in placed(scene, view.aspect):
        picture = paint_person(picture, view, person, ambient)
    return (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)


def placed(scene: People, aspect: float) -> list[Person]:
    """The persons with x in picture heights."""
    return [replace(person, x=person.x * aspect) for person in scene.persons]


def skeletons(scene: People, height: int, width: int) -> np.ndarray:
    """The persons' skeletons as (height, width, 3) uint8, as pose networks read them."""
    return draw_skeletons([joints(person) * height - 0.5 for person in placed(scene, width / height)], (width, height))


def clothed_box(person: Person) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in heights of all that has the person's colour: everything but the head."""
    body, radius = joints(person)[1:14], LEG_RADIUS * person.tall
    low, high = np.nanmin(body, axis=0) - radius, np.nanmax(body, axis=0) + radius
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


# -- what is said -------------------------------------------------------------------------------------------------------


def say_people(scene: People, rng: np.random.Generator) -> str:
    """The persons and a wording of what is behind them in one caption; now and then the persons are not named."""
    back = scene.back
    where = caption(back, rng) if isinstance(back, Land) else f"{article(back.background)} background"
    if rng.random() < 0.08:
        return where
    wordings = ("{c} person {a}", "person in {c} {a}", "{c} person", "{c} figure {a}")
    said = [wordings[rng.integers(len(wordings))].format(c=p.colour, a=p.action) for p in scene.persons]
    who = " and ".join(article(one) for one in said)
    forms = ("{who}, {where}", "{where}, {who}", "{who} " + ("in front of" if isinstance(back, Land) else "on") + " {where}")
    return forms[rng.integers(len(forms))].format(who=who, where=where)
