"""The plan: every number and every prompt of every frame, known before the first pixel.

All texts of the settings are evaluated here, once, so all problems of all frames are reported before painting begins.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lib_anim.errors import Checked, FieldError, Problem, SettingsError
from lib_anim.language.functions import Values, names_signal
from lib_anim.language.lazy import Lazy
from lib_anim.language.prompts import Prompt, expand, with_boxes
from lib_anim.language.schedules import Timeline
from lib_anim.messages import Message
from lib_anim.plan.audio_signals import KEY as SOUND
from lib_anim.plan.audio_signals import remarks, signals
from lib_anim.plan.columns import attempt, schedules
from lib_anim.plan.film_length import with_derived_length
from lib_anim.plan.key_notes import key_notes
from lib_anim.plan.keyframes import keyframes, painted_frames
from lib_anim.plan.loop import approach, closed_prompts
from lib_anim.plan.parseq import KEY as MANIFEST
from lib_anim.plan.parseq import Manifest, applied
from lib_anim.plan.seeds import painted_seeds, scheduled_seeds
from lib_anim.settings.lookup import Lookup
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import DEFAULT_PROMPTS, FIELDS
from lib_anim.settings.usage import Columns, in_use

SIZE_STEP = 8  # a latent pixel covers 8x8 pixels, so models paint multiples of 8
FRAMING = ("W", "H", "max_frames", "animation_mode")  # settings on which any note can depend
# settings that cannot change while a film is under way, since all of its frames share them
SHAPE = ("W", "H", "max_frames", "diffusion_cadence", "fps", "loop", "reverse")


class Span(NamedTuple):
    """The frames first..last that one painted picture completes; frames before `painted` are in-between frames.

    The first span has no in-between frames; the last one also has the frames after the last painted one. "First", "before"
    and "after" mean the order of filming: in a film that is filmed backwards, `first` is the largest number.
    """

    first: int
    painted: int
    last: int

    @property
    def step(self) -> int:
        """The difference of a frame's number from that of the frame filmed before it: 1 or -1."""
        return -1 if self.last < self.first else 1

    @property
    def moves(self) -> range:
        """The in-between frames and the painted one, in the order of filming."""
        return range(self.first, self.painted + self.step, self.step)

    @property
    def tail(self) -> range:
        """The frames after the painted one, in the order of filming."""
        return range(self.painted + self.step, self.last + self.step, self.step)


class Spans(Lazy[Span]):
    """The spans of the frames of `order`, the order of filming, between the sorted ones of `painted`. The first frame is
    always painted.
    """

    def __init__(self, painted: Sequence[int], order: range):
        low, high = sorted((order[0], order[-1]))
        inner = painted[bisect_left(painted, low) : bisect_right(painted, high)][:: order.step]
        self.painted = [order[0], *inner[inner[:1] == [order[0]] :]]
        self._order = order
        super().__init__(len(self.painted), self._span)

    def _span(self, k: int) -> Span:
        first = self.painted[k - 1] + self._order.step if k else self._order[0]
        return Span(first, self.painted[k], self.painted[k] if k + 1 < len(self) else self._order[-1])


@dataclass(frozen=True)
class Params(Lookup):
    """One row of the plan, the frame `index`: `params[key]` is a setting's value at this frame, `params.number(key)` typed."""

    plan: Plan
    index: int
    painted: bool

    def __getitem__(self, key: str) -> object:
        column = self.plan.columns.get(key)
        return self.plan.settings[key] if column is None else column[self.index]

    @property
    def prompt(self) -> Prompt:
        """The prompts of this frame."""
        return self.plan.prompts[self.index]

    @property
    def seed(self) -> int:
        """The seed of this frame."""
        return self.plan.seeds[self.index]


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is decided about a film before it is filmed.

    `size` is (width, height) as painted. `spans` are the spans to film. `keyframes` are the frames that are painted because
    of keys. `numbers` and `texts` have one value per frame for every schedule of the settings table; `prompts` and `seeds`
    have one per frame too. `notes` are for people.
    """

    settings: Settings
    timeline: Timeline
    size: tuple[int, int]
    spans: Spans
    keyframes: frozenset[int]
    numbers: Mapping[str, Values]
    texts: Mapping[str, Sequence[str]]
    prompts: Sequence[Prompt]
    seeds: Sequence[int]
    notes: tuple[str, ...]

    def __getitem__(self, index: int) -> Params:
        return Params(self, index, index in self.painted)

    @cached_property
    def columns(self) -> Columns:
        """One value per frame for every schedule, for `prompts` and for `seed`."""
        return MappingProxyType({**self.numbers, **self.texts, "prompts": self.prompts, "seed": self.seeds})

    @cached_property
    def painted(self) -> frozenset[int]:
        """The frames that the engine paints."""
        return frozenset(self.spans.painted)

    @property
    def backwards(self) -> bool:
        """Whether the film is filmed from its last frame to its first."""
        return self.settings.switch("reverse")

    @property
    def order(self) -> range:
        """The frames that are filmed, in the order of filming."""
        step = -1 if self.backwards else 1
        return range(self.spans[0].first, self.spans[-1].last + step, step)

    @property
    def frames(self) -> range:
        """The frames that are filmed, in the order in which they are shown."""
        return self.order[::-1] if self.backwards else self.order

    def strength(self, index: int) -> float:
        """Return the strength of a painted frame: what survives of the picture that it is painted over, 0..1."""
        if index == self.spans[0].painted and self.in_use("strength"):
            return self.settings.number("strength")
        return self[index].number(self.strength_keys[index in self.keyframes])

    @cached_property
    def strength_keys(self) -> tuple[str, str]:
        """The schedules of strength: that of usual frames, and that of keyframes."""
        guided = ("image_strength_schedule", "image_keyframe_strength_schedule")
        return guided if self.in_use(guided[0]) else ("strength_schedule", "keyframe_strength_schedule")

    def in_use(self, key: str) -> bool:
        """Return whether the setting `key` has an effect in this film."""
        return in_use(key, self.settings, self.columns)

    def sound_behind(self, key: str) -> Values | None:
        """Return the level of the film's sound, 0..1, (n_frames,), if the schedule `key` uses a signal; else None."""
        if not self.settings[SOUND] or not names_signal(self.settings.text(key)):
            return None
        return self.timeline.signals["rms"](np.arange(self.timeline.n_frames))


def make_plan(settings: Settings, part: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
    """Make the plan of a film. With a `part` (from, to), only these frames are filmed, `to` excluded. `ffmpeg` is the program
    that decodes the sound, None the usual one.

    A seed of -1 is replaced by a random one. Raises SettingsError with all problems.
    """
    return check_plan(Checked(settings), part, ffmpeg).sound(settings.source)


def check_plan(found: Checked[Settings], part: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Checked[Plan]:
    """Make the plan of checked settings: the plan with defaults for invalid values, all problems, and the notes.

    If a setting in FRAMING is invalid, only the notes of the settings are returned, since the others could be wrong.
    """
    settings, manifest, problems = _with_manifest(found, ffmpeg)
    timeline = Timeline(
        n_frames=settings.integer("max_frames"),
        fps=settings.number("fps"),
        seed=settings.integer("seed"),
        classic=settings.switch("classic"),
        signals=signals(settings, ffmpeg),
    )
    new: list[Problem] = []
    first, stop = _part(part, timeline.n_frames, new)
    numbers, texts = schedules(settings, manifest, timeline, new, unsure={problem.key for problem in problems})
    prompts = attempt(new, "prompts", partial(_prompts, settings, timeline)) or _default_prompts(settings, timeline)
    problems = (*problems, *independent(new, problems))
    if problems:
        settings = settings.with_defaults({problem.key for problem in problems} & FIELDS.keys())
    keys = keyframes(settings, manifest, timeline, {**numbers, **texts})
    cadence = settings.integer("diffusion_cadence") if in_use("diffusion_cadence", settings) else 1
    painted = painted_frames(settings.text("keyframe_distribution"), keys, timeline.n_frames, cadence)
    if settings.switch("reverse"):  # filming begins there
        painted = sorted({*painted, timeline.n_frames - 1})
    seeds = _seeds(settings, timeline, painted, numbers["seed_schedule"])
    size = painted_size(settings)
    notes = (*settings.notes, *_size_note(settings, size), *remarks(settings), *manifest.remarks(timeline.n_frames))
    notes = (*notes, *_few_pictures_note(keys, painted, timeline.n_frames))
    notes = (*notes, *key_notes(settings, manifest, timeline, {**numbers, **texts}))
    spans = Spans(painted, range(first, stop)[:: -1 if settings.switch("reverse") else 1])
    plan = Plan(
        settings, timeline, size, spans, keys, MappingProxyType(numbers), MappingProxyType(texts), prompts, seeds, notes
    )
    reliable = {problem.key for problem in problems}.isdisjoint(FRAMING)
    return Checked(plan, problems, notes if reliable else settings.notes)


def independent(new: Iterable[Problem], known: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return those of the `new` problems that do not merely follow from `known` ones.

    A new problem follows from a known one if it has the same key, or if one of its causes is a path that is invalid and so
    was replaced by the default, which names no file.
    """
    invalid = {problem.key for problem in known}
    paths = {key for key in invalid & FIELDS.keys() if FIELDS[key].kind == "path"}
    return tuple(one for one in new if one.key not in invalid and paths.isdisjoint(one.causes))


def check_goes_on(before: Plan, after: Plan, done: int) -> None:
    """Check that a film of which `done` spans are filmed can go on with the plan `after`.

    Raises FieldError with the first frame up to there that only one of the two plans paints.
    """
    if not done:
        return
    last = before.spans[min(done, len(before.spans)) - 1].last
    text = "keys can change before frame {n} only" if before.backwards else "keys can change after frame {n} only"
    for frame in before.order[: before.order.index(last) + 1]:
        if frame in before.painted - after.painted:
            raise FieldError(Message("frame {n} was painted already, and would not be now", n=frame), Message(text, n=last))
        if frame in after.painted - before.painted:
            raise FieldError(Message("frame {n} has gone by, and would be painted now", n=frame), Message(text, n=last))


def _part(part: tuple[int, int] | None, n_frames: int, problems: list[Problem]) -> tuple[int, int]:
    """Return (first, stop) of the frames to film; all frames if the part is invalid, which is added to `problems`."""
    (first, stop), before = part or (0, n_frames), len(problems)
    attempt(problems, "--frames", partial(_check_part, first, stop, n_frames))
    return (first, stop) if len(problems) == before else (0, n_frames)


def _check_part(first: int, stop: int, n_frames: int) -> None:
    if not 0 <= first < stop <= n_frames:
        reason = Message("{first}:{stop} is not a part of frames 0:{n}", first=first, stop=stop, n=n_frames)
        raise FieldError(reason, "write FIRST:END, END not included")


def _with_manifest(found: Checked[Settings], ffmpeg: str | None) -> tuple[Settings, Manifest, tuple[Problem, ...]]:
    """Draw the seed, and apply the video's length and the manifest: return the settings, the manifest, all problems so far."""
    settings = with_derived_length(found.value.with_drawn_seed(), ffmpeg)
    try:
        return *applied(settings), found.problems
    except SettingsError as error:
        problems = (*found.problems, *independent(error.problems, found.problems))
        return settings.with_defaults([MANIFEST]), Manifest(), problems


def _prompts(settings: Settings, timeline: Timeline) -> Sequence[Prompt]:
    always, never = settings.text("animation_prompts_positive"), settings.text("animation_prompts_negative")
    complete = {key: with_boxes(text, always, never) for key, text in settings.prompts.items()}
    return closed_prompts(expand(complete, timeline, blend_of(settings)), approach(settings))


def blend_of(settings: Settings) -> str:
    """Return how prompts become each other; in the mode Interpolation they always blend."""
    blend = settings.text("prompt_blend")
    return "linear" if blend == "none" and settings.text("animation_mode") == "Interpolation" else blend


def _default_prompts(settings: Settings, timeline: Timeline) -> Sequence[Prompt]:
    return closed_prompts(expand(DEFAULT_PROMPTS, timeline, "none"), approach(settings))


def _seeds(settings: Settings, timeline: Timeline, painted: Sequence[int], schedule: Values) -> Sequence[int]:
    """Return the seed of every frame: without a schedule, that of the last painted frame up to it."""
    behavior, start = settings.text("seed_behavior"), settings.integer("seed")
    if behavior == "schedule":
        return scheduled_seeds(schedule, start)
    seeds = painted_seeds(behavior, len(painted), start, settings.integer("seed_iter_N"), classic=timeline.classic)
    return Lazy(timeline.n_frames, lambda frame: seeds[bisect_right(painted, frame) - 1])


def _few_pictures_note(keys: frozenset[int], painted: Sequence[int], n_frames: int) -> list[str]:
    if not keys or len(painted) > 2 or n_frames <= 2:
        return []
    return ["only 2 pictures are painted, the first frame and the last: prompts and schedules have no keys between them"]


def painted_size(settings: Settings) -> tuple[int, int]:
    """Return (width, height) of the pictures that are painted."""
    return settings.integer("W") // SIZE_STEP * SIZE_STEP, settings.integer("H") // SIZE_STEP * SIZE_STEP


def _size_note(settings: Settings, size: tuple[int, int]) -> list[str]:
    given = settings.integer("W"), settings.integer("H")
    if size == given:
        return []
    asked, painted = (f"{width}x{height}" for width, height in (given, size))
    return [Message("{size} is painted as {painted}; models paint multiples of {n}", size=asked, painted=painted, n=SIZE_STEP)]
