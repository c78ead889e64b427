"""The plan: every number and every prompt of every frame, known before the first pixel.

Text becomes numbers here, once. A fault in frame 900's schedule is reported together with all others, in the first
second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lib_anim.errors import FieldError, Problem, SettingsError
from lib_anim.language.prompts import expand, with_boxes
from lib_anim.language.schedules import Schedule, TextSchedule, Timeline
from lib_anim.plan.audio_signals import KEY as SOUND
from lib_anim.plan.audio_signals import names_signal, remarks, signals
from lib_anim.plan.keyframes import keyframes, painted_frames
from lib_anim.plan.loop import UNMIXED, approach, closed, closed_prompts
from lib_anim.plan.parseq import Manifest, applied
from lib_anim.plan.seeds import painted_seeds, scheduled_seeds
from lib_anim.settings.lookup import Lookup
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS, Field

SIZE_STEP = 8  # a latent pixel covers 8x8 pixels, so models paint multiples of it
# what a film under way keeps: its frames have it in common
SHAPE = ("W", "H", "max_frames", "diffusion_cadence", "fps", "loop")


class Span(NamedTuple):
    """The frames first..last that one painted picture completes; those before `painted` lead to it.

    The first span has none before; the last also holds the tail after its painted frame.
    """

    first: int
    painted: int
    last: int


@dataclass(frozen=True)
class Params(Lookup):
    """One row of the plan: `params[key]` is the setting's value at this frame, `params.number(key)` the same as a number."""

    plan: Plan
    index: int
    painted: bool

    def __getitem__(self, key: str) -> object:
        column = self.plan.columns.get(key)
        return self.plan.settings[key] if column is None else column[self.index]


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is decided about a film before it is filmed.

    `keyframes` are the frames that are painted because they are keys. `columns` has one value a frame for every schedule of
    the settings table, and for `prompts` (`prompts.Prompt`) and `seed`. `size` is (width, height) as painted. `notes` are
    remarks for people.
    """

    settings: Settings
    timeline: Timeline
    size: tuple[int, int]
    spans: tuple[Span, ...]
    keyframes: frozenset[int]
    columns: Mapping[str, Sequence]
    notes: tuple[str, ...]

    def __getitem__(self, index: int) -> Params:
        return Params(self, index, index in self.painted)

    @cached_property
    def painted(self) -> frozenset[int]:
        """The frames that the engine paints."""
        return frozenset(span.painted for span in self.spans)

    @property
    def frames(self) -> range:
        """The frames that are filmed."""
        return range(self.spans[0].first, self.spans[-1].last + 1)

    def strength(self, index: int) -> float:
        """What survives of the picture that a painted frame is painted over, 0..1."""
        if index == self.spans[0].painted:
            return float(self.settings["strength"])
        return float(self[index]["keyframe_strength_schedule" if index in self.keyframes else "strength_schedule"])

    def sound_behind(self, key: str) -> np.ndarray | None:
        """How loud the film's sound is at every frame, 0..1, where the schedule `key` goes by it; else None."""
        if not self.settings[SOUND] or not names_signal(self.settings[key]):
            return None
        return self.timeline.signals["rms"](np.arange(self.timeline.n_frames))


def make_plan(settings: Settings, part: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
    """Work out everything. `part` (from, to) films only those frames of the whole, `to` excluded; `ffmpeg` reads the sound
    that formulas go by.

    A seed of -1 is drawn. Raises SettingsError with all problems.
    """
    settings, manifest = _with_manifest(settings.with_drawn_seed())
    timeline = Timeline(
        n_frames=settings["max_frames"],
        fps=settings["fps"],
        seed=settings["seed"],
        classic=settings["classic"],
        signals=signals(settings, ffmpeg),
    )
    problems: list[Problem] = []
    first, stop = part or (0, timeline.n_frames)
    _attempt(problems, "--frames", partial(_check_part, first, stop, timeline.n_frames))
    columns: dict[str, Sequence] = dict(_columns(settings, manifest, timeline, problems))
    columns["prompts"] = _attempt(problems, "prompts", partial(_prompts, settings, timeline))
    if problems:
        raise SettingsError(problems, settings.source)
    keys = keyframes(settings, manifest, timeline)
    painted = painted_frames(settings["keyframe_distribution"], keys, timeline.n_frames, settings["diffusion_cadence"])
    columns["seed"] = _seeds(settings, timeline, painted, columns["seed_schedule"])
    size, notes = _painted_size(settings)
    notes = (*settings.notes, *notes, *remarks(settings), *manifest.remarks(timeline.n_frames))
    notes = (*notes, *_few_pictures(keys, painted, timeline.n_frames))
    return Plan(settings, timeline, size, _spans(painted, first, stop), keys, MappingProxyType(columns), notes)


def check_goes_on(before: Plan, after: Plan, done: int) -> None:
    """A film of which `done` spans are filmed can go on by another plan. Raises FieldError naming the frame that forbids it."""
    filmed = before.spans[min(done, len(before.spans)) - 1].last if done else -1
    remedy = f"keys can change after frame {filmed} only"
    for frame in sorted(before.painted ^ after.painted):
        if frame > filmed:
            return
        if frame in before.painted:
            raise FieldError(f"frame {frame} was painted already, and would not be now", remedy)
        raise FieldError(f"frame {frame} has gone by, and would be painted now", remedy)


def _attempt(problems: list[Problem], key: str, work: Callable[[], object]) -> object:
    """What `work` returns, or None and its fault among the problems."""
    try:
        return work()
    except FieldError as error:
        problems.append(Problem(key, error.place, error.reason, error.remedy))
    except SettingsError as error:  # a fault of something else that several fields go by
        problems += [problem for problem in error.problems if problem not in problems]
    return None


def _check_part(first: int, stop: int, n_frames: int) -> None:
    if not 0 <= first < stop <= n_frames:
        raise FieldError(f"{first}:{stop} is not a part of frames 0:{n_frames}", "write FIRST:END, END not included")


def _spans(painted: Sequence[int], first: int, stop: int) -> tuple[Span, ...]:
    """The spans of the frames first..stop-1; the first of them is painted, whatever it is in the whole film."""
    painted = [first, *(frame for frame in painted if first < frame < stop)]
    firsts = [first, *(frame + 1 for frame in painted[:-1])]
    lasts = [*painted[:-1], stop - 1]
    return tuple(map(Span, firsts, painted, lasts))


def _with_manifest(settings: Settings) -> tuple[Settings, Manifest]:
    try:
        return applied(settings)
    except SettingsError as error:
        raise SettingsError(error.problems, settings.source) from None


def _columns(
    settings: Settings, manifest: Manifest, timeline: Timeline, problems: list[Problem]
) -> Iterator[tuple[str, Sequence]]:
    for key, field in FIELDS.items():
        if field.kind in ("schedule", "texts"):
            yield key, _attempt(problems, key, partial(_column, field, settings, manifest, timeline))


def _column(field: Field, settings: Settings, manifest: Manifest, timeline: Timeline) -> Sequence:
    """A schedule's values, the manifest's where it has some; numbers of a film that closes lead back to the first."""
    given = manifest.column(field.key, timeline.n_frames)
    if field.kind == "texts":
        return TextSchedule.parse(settings[field.key], name=field.key).values(timeline) if given is None else given
    schedule = Schedule.parse(settings[field.key], name=field.key) if given is None else None
    try:
        values = _within(field, schedule.values(timeline) if schedule else given)
    except FieldError as error:
        raise error if schedule else manifest.fault(field.key, error) from None
    ending = 0 if field.key in UNMIXED else approach(settings)
    if not ending:
        return values
    before = schedule.before(timeline, ending) if schedule else np.repeat(values[:1], ending)
    return closed(values, np.clip(before, *_range(field)))


def _range(field: Field) -> tuple[float, float]:
    return -np.inf if field.low is None else field.low, np.inf if field.high is None else field.high


def _within(field: Field, values: np.ndarray) -> np.ndarray:
    """Values in the field's range. Raises FieldError with the first frame that is not."""
    low, high = _range(field)
    if field.clamp:
        return np.clip(values, low, high)
    wrong = np.flatnonzero((values < low) | (values > high))
    if wrong.size:
        frame = int(wrong[0])
        remedy = f"keep it from {low:g} up" if high == np.inf else f"keep it from {low:g} to {high:g}"
        raise FieldError(f"{values[frame]:g} is out of range", remedy, f"frame {frame}")
    return values


def _prompts(settings: Settings, timeline: Timeline) -> Sequence:
    boxes = settings["animation_prompts_positive"], settings["animation_prompts_negative"]
    whole = {key: with_boxes(text, *boxes) for key, text in settings["prompts"].items()}
    return closed_prompts(expand(whole, timeline, settings["prompt_blend"]), approach(settings))


def _seeds(settings: Settings, timeline: Timeline, painted: Sequence[int], schedule: np.ndarray) -> list[int]:
    """The seed of every frame: that of the painted picture it belongs to or follows."""
    behavior, start = settings["seed_behavior"], settings["seed"]
    if behavior == "schedule":
        return scheduled_seeds(schedule, start)
    seeds = painted_seeds(behavior, len(painted), start, settings["seed_iter_N"], classic=timeline.classic)
    return np.repeat(np.array(seeds, object), np.diff([*painted, timeline.n_frames])).tolist()


def _few_pictures(keys: frozenset[int], painted: Sequence[int], n_frames: int) -> list[str]:
    if not keys or len(painted) > 2 or n_frames <= 2:
        return []
    return ["only 2 pictures are painted, the first frame and the last: prompts and schedules have no keys between them"]


def _painted_size(settings: Settings) -> tuple[tuple[int, int], list[str]]:
    wanted = settings["W"], settings["H"]
    size = tuple(side // SIZE_STEP * SIZE_STEP for side in wanted)
    if size == wanted:
        return size, []
    return size, [f"{wanted[0]}x{wanted[1]} is painted as {size[0]}x{size[1]}; models paint multiples of {SIZE_STEP}"]
