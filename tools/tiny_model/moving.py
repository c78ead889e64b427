"""Moving scenes: a scene, what in it moves and how, drawn frame by frame; and captions that say so.

>>> moving = choose_moving(np.random.default_rng(0))
>>> draw_clip(moving, 16, 128, 128)                # (16, 128, 128, 3) uint8
>>> say_moving(moving, np.random.default_rng(1))   # "a red circle on a blue background, moving to the left"
"""

from dataclasses import dataclass, replace

import numpy as np

from .draw import Scene, caption, choose, draw
from .landscape import Displaced, Land
from .objects import Shapes

STEPS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}  # of one frame, right and down
OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up", "grow": "shrink", "shrink": "grow", "still": "still"}
STILLS = 0.1  # share of clips in which nothing moves but water, rain and snow
LANDSCAPES = 0.5
WEAK = 0.25  # share of captions in words that the frozen text encoder hardly tells apart
FIRST = 0.3  # share of captions that begin with the motion

# the small model knows "left", "right", "top", "bottom", "large" and "small" as words of places and sizes
STRONG_WORDS = {
    "left": "{} to the left",
    "right": "{} to the right",
    "up": "{} up to the top",
    "down": "{} down to the bottom",
    "grow": "growing large",
    "shrink": "shrinking small",
    "turn": "turning around",
}
WEAK_WORDS = {"left": "{} left", "right": "{} right", "up": "{} up", "down": "{} down"} | {
    "grow": "growing",
    "shrink": "shrinking",
    "turn": "turning",
}
VERBS = {
    "shape": ("moving", "moving", "going", "sliding", "drifting"),
    "body": ("moves", "moves", "goes", "drifts"),
    "clouds": ("drift", "drift", "move", "float"),
    "boat": ("sails", "moves", "drifts"),
    "balloon": ("floats", "moves", "drifts"),
    "birds": ("fly", "fly", "move"),
}
SUBJECTS = {
    "sun": "the sun",
    "moon": "the moon",
    "crescent": "the moon",
    "clouds": "the clouds",
    "boat": "the boat",
    "balloon": "the balloon",
    "birds": "the birds",
}
WAYS = {
    "shape": ("left", "right", "up", "down", "left", "right", "up", "down", "grow", "shrink", "turn"),
    "body": ("left", "right", "up", "down"),
    "clouds": ("left", "right"),
    "boat": ("left", "right"),
    "balloon": ("left", "right", "up", "down"),
    "birds": ("left", "right"),
}
REACH = {"shape": (0.35, 0.7), "body": (0.3, 0.6), "clouds": (0.2, 0.5), "boat": (0.25, 0.5), "balloon": (0.25, 0.5)}
FALL = {"snowfall": 0.5, "rain": 2.3}  # heights that it falls during a clip


@dataclass(frozen=True)
class Moving:
    """A scene as it is in the middle of the clip; what moves in it, which way, and how far from first to last frame."""

    scene: Scene
    mover: str  # shape, body, clouds, boat, balloon, birds
    way: str  # a key of OPPOSITE, or turn
    reach: float  # heights; a factor for grow and shrink; turns for turn
    waves: float = 0  # heights that the waves roll towards us

    @property
    def reversible(self) -> bool:
        """Is the clip played backwards one of the other clips?"""
        return self.way in OPPOSITE and not (isinstance(self.scene, Land) and self.scene.weather in FALL)


def movers(scene: Scene) -> tuple[str, ...]:
    """What can move in a scene."""
    if isinstance(scene, Shapes):
        return ("shape",) if len(scene.items) == 1 else ()
    things = [scene.thing] if scene.thing in WAYS else []
    return (*things, *(["body"] if scene.body else []), *(["clouds"] if scene.weather == "clouds" else []))


def choose_moving(rng: np.random.Generator, *, held_out: bool = False) -> Moving:
    """A random moving scene for training, or one of those reserved for the evaluation."""
    land = rng.random() < LANDSCAPES
    while True:
        scene = choose(rng, held_out=held_out)
        found = movers(scene)
        if isinstance(scene, Land) == land and found:
            break
    mover = found[rng.integers(len(found))]
    way = "still" if rng.random() < STILLS else WAYS[mover][rng.integers(len(WAYS[mover]))]
    return move(rng, scene, mover, way)


def move(rng: np.random.Generator, scene: Scene, mover: str, way: str) -> Moving:
    """A scene with one thing set in motion; the rest of it made to fit."""
    reach = rng.uniform(*REACH.get(mover, (0.25, 0.5)))
    if isinstance(scene, Land):
        vertical = way in ("up", "down") and mover == "body"
        waves = rng.uniform(0.04, 0.15) if scene.ground in ("sea", "lake") else 0
        return Moving(scene, mover, way, reach * (0.6 if vertical else 1), waves)
    if way == "still":
        return Moving(scene, mover, way, 0)
    item = scene.items[0]
    x, y = 0.5 + rng.uniform(-0.12, 0.12, 2)
    if way in STEPS:
        x, y = (x, 0.5) if STEPS[way][0] == 0 else (0.5, y)
    item = replace(item, place="", x=x, y=y, radius=min(item.radius, 0.24))
    if way in ("grow", "shrink"):
        item, reach = replace(item, size="", radius=rng.uniform(0.16, 0.22)), rng.uniform(2, 3.5)
    elif way == "turn":
        item, reach = replace(item, radius=max(item.radius, 0.2)), rng.uniform(0.25, 0.6)
    return Moving(replace(scene, items=(item,)), mover, way, reach)


def frame_at(moving: Moving, t: float) -> Scene:
    """The scene at a moment, -0.5 at the first frame and 0.5 at the last."""
    scene = moving.scene
    if isinstance(scene, Shapes):
        return _shape_at(scene, moving, t)
    dx, dy = (step * moving.reach * t for step in STEPS.get(moving.way, (0, 0)))
    displaced = Displaced(waves=(0, moving.waves * (t + 0.5)), fall=FALL.get(scene.weather, 0) * (t + 0.5))
    part = moving.mover if moving.mover in ("body", "clouds") else "thing"
    return replace(scene, displaced=replace(displaced, **{part: (dx, dy)}))


def _shape_at(scene: Shapes, moving: Moving, t: float) -> Shapes:
    item, reach = scene.items[0], moving.reach
    if moving.way in STEPS:
        dx, dy = STEPS[moving.way]
        item = replace(item, x=item.x + dx * reach * t, y=item.y + dy * reach * t)
    elif moving.way in ("grow", "shrink"):
        item = replace(item, radius=item.radius * reach ** (t if moving.way == "grow" else -t))
    elif moving.way == "turn":
        item = replace(item, angle_deg=item.angle_deg + 360 * reach * (t + 0.5))
    return replace(scene, items=(item,))


def draw_clip(moving: Moving, frames: int, height: int, width: int) -> np.ndarray:
    """(frames, height, width, 3) uint8."""
    return np.stack([draw(frame_at(moving, t), height, width) for t in np.linspace(-0.5, 0.5, frames)])


def say_moving(moving: Moving, rng: np.random.Generator, *, backwards: bool = False) -> str:
    """One random wording of a moving scene, or of the same played backwards."""
    text = caption(moving.scene, rng)
    way = OPPOSITE[moving.way] if backwards else moving.way
    if way == "still":
        return text
    phrase = say_motion(moving, way, rng, weak=rng.random() < WEAK)
    return f"{phrase}, {text}" if rng.random() < FIRST else f"{text}, {phrase}"


def say_motion(moving: Moving, way: str, rng: np.random.Generator, *, weak: bool = False) -> str:
    """The part of a caption that names the motion, e.g. "the sun sinks to the bottom"."""
    verbs = VERBS[moving.mover]
    phrase = (WEAK_WORDS if weak else STRONG_WORDS)[way].format(verbs[rng.integers(len(verbs))])
    if isinstance(moving.scene, Shapes):
        return phrase
    if moving.mover == "body" and way in ("up", "down") and rng.random() < 0.5:
        phrase = {"up": "rises to the top", "down": "sinks to the bottom"}[way]
    subject = moving.scene.body if moving.mover == "body" else moving.mover
    return f"{SUBJECTS[subject]} {phrase}"
