"""The plan: every number and every prompt of every frame, known before the first pixel.

Text becomes numbers here, once. A fault in frame 900's schedule is reported together with all others, in the first
second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from lib_anim.errors import Checked, FieldError, Problem, SettingsError
from lib_anim.language.functions import Values, names_signal
from lib_anim.language.prompts import Prompt, expand, with_boxes
from lib_anim.language.schedules import Timeline
from lib_anim.plan.audio_signals import KEY as SOUND
from lib_anim.plan.audio_signals import remarks, signals
from lib_anim.plan.columns import attempt, schedules
from lib_anim.plan.keyframes import keyframes, painted_frames
from lib_anim.plan.loop import approach, closed_prompts
from lib_anim.plan.parseq import KEY as MANIFEST
from lib_anim.plan.parseq import Manifest, applied
from lib_anim.plan.seeds import painted_seeds, scheduled_seeds
from lib_anim.settings.lookup import Lookup
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import DEFAULT_PROMPTS, FIELDS
from lib_anim.settings.usage import Columns, in_use

SIZE_STEP = 8  # a latent pixel covers 8x8 pixels, so models paint multiples of it
FRAMING = ("W", "H", "max_frames", "animation_mode")  # what any note may speak of
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

    @property
    def prompt(self) -> Prompt:
        """What to paint and what to avoid at this frame."""
        return self.plan.prompts[self.index]

    @property
    def seed(self) -> int:
        """The seed of this frame."""
        return self.plan.seeds[self.index]


@dataclass(frozen=True, eq=False)
class Plan:
    """All that is decided about a film before it is filmed.

    `keyframes` are the frames that are painted because they are keys. `numbers` and `texts` have one value a frame for every
    schedule of the settings table, `prompts` and `seeds` have theirs. `size` is (width, height) as painted. `notes` are
    remarks for people.
    """

    settings: Settings
    timeline: Timeline
    size: tuple[int, int]
    spans: tuple[Span, ...]
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
        """One value a frame of everything that changes: the schedules, `prompts` and `seed`."""
        return MappingProxyType({**self.numbers, **self.texts, "prompts": self.prompts, "seed": self.seeds})

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
            return self.settings.number("strength")
        return self[index].number("keyframe_strength_schedule" if index in self.keyframes else "strength_schedule")

    def in_use(self, key: str) -> bool:
        """Whether the setting `key` does something in this film."""
        return in_use(key, self.settings, self.columns)

    def sound_behind(self, key: str) -> Values | None:
        """How loud the film's sound is at every frame, 0..1, where the schedule `key` goes by it; else None."""
        if not self.settings[SOUND] or not names_signal(self.settings.text(key)):
            return None
        return self.timeline.signals["rms"](np.arange(self.timeline.n_frames))


def make_plan(settings: Settings, part: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
    """Work out everything. `part` (from, to) films only those frames of the whole, `to` excluded; `ffmpeg` reads the sound
    that formulas go by.

    A seed of -1 is drawn. Raises SettingsError with all problems.
    """
    return check_plan(Checked(settings), part, ffmpeg).sound(settings.source)


def check_plan(found: Checked[Settings], part: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Checked[Plan]:
    """`make_plan` of settings whose problems are known: the plan with defaults where something is wrong, all problems, and
    the notes that are true all the same."""
    settings, manifest, problems = _with_manifest(found)
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
    cadence = settings.integer("diffusion_cadence")
    painted = painted_frames(settings.text("keyframe_distribution"), keys, timeline.n_frames, cadence)
    seeds = _seeds(settings, timeline, painted, numbers["seed_schedule"])
    size = _painted_size(settings)
    notes = (*settings.notes, *_size_note(settings, size), *remarks(settings), *manifest.remarks(timeline.n_frames))
    notes = (*notes, *_few_pictures(keys, painted, timeline.n_frames))
    spans = _spans(painted, first, stop)
    plan = Plan(
        settings, timeline, size, spans, keys, MappingProxyType(numbers), MappingProxyType(texts), prompts, seeds, notes
    )
    framed = {problem.key for problem in problems}.isdisjoint(FRAMING)
    return Checked(plan, problems, notes if framed else settings.notes)


def independent(new: Iterable[Problem], known: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those of `new` problems that come of more than of what stands in for a wrong value, such as of a file that is named no
    more."""
    wrong = {problem.key for problem in known}
    gone = {key for key in wrong & FIELDS.keys() if FIELDS[key].kind == "path"}
    return tuple(one for one in new if one.key not in wrong and gone.isdisjoint(one.causes))


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


def _part(part: tuple[int, int] | None, n_frames: int, problems: list[Problem]) -> tuple[int, int]:
    """The frames to film; all of them where the part is wrong."""
    first, stop = part or (0, n_frames)
    before = len(problems)
    attempt(problems, "--frames", partial(_check_part, first, stop, n_frames))
    return (first, stop) if len(problems) == before else (0, n_frames)


def _check_part(first: int, stop: int, n_frames: int) -> None:
    if not 0 <= first < stop <= n_frames:
        raise FieldError(f"{first}:{stop} is not a part of frames 0:{n_frames}", "write FIRST:END, END not included")


def _spans(painted: Sequence[int], first: int, stop: int) -> tuple[Span, ...]:
    """The spans of the frames first..stop-1; the first of them is painted, whatever it is in the whole film."""
    painted = [first, *(frame for frame in painted if first < frame < stop)]
    firsts = [first, *(frame + 1 for frame in painted[:-1])]
    lasts = [*painted[:-1], stop - 1]
    return tuple(map(Span, firsts, painted, lasts))


def _with_manifest(found: Checked[Settings]) -> tuple[Settings, Manifest, tuple[Problem, ...]]:
    """The settings that the film goes by, the manifest laid over them, and all problems so far."""
    settings = found.value.with_drawn_seed()
    try:
        return *applied(settings), found.problems
    except SettingsError as error:
        problems = (*found.problems, *independent(error.problems, found.problems))
        return settings.with_defaults([MANIFEST]), Manifest(), problems


def _prompts(settings: Settings, timeline: Timeline) -> list[Prompt]:
    always, never = settings.text("animation_prompts_positive"), settings.text("animation_prompts_negative")
    whole = {key: with_boxes(text, always, never) for key, text in settings.prompts.items()}
    return closed_prompts(expand(whole, timeline, settings.text("prompt_blend")), approach(settings))


def _default_prompts(settings: Settings, timeline: Timeline) -> list[Prompt]:
    return closed_prompts(expand(DEFAULT_PROMPTS, timeline, "none"), approach(settings))


def _seeds(settings: Settings, timeline: Timeline, painted: Sequence[int], schedule: Values) -> list[int]:
    """The seed of every frame: that of the painted picture it belongs to or follows."""
    behavior, start = settings.text("seed_behavior"), settings.integer("seed")
    if behavior == "schedule":
        return scheduled_seeds(schedule, start)
    seeds = painted_seeds(behavior, len(painted), start, settings.integer("seed_iter_N"), classic=timeline.classic)
    lengths = (after - frame for frame, after in pairwise([*painted, timeline.n_frames]))
    return [seed for seed, length in zip(seeds, lengths, strict=True) for _ in range(length)]


def _few_pictures(keys: frozenset[int], painted: Sequence[int], n_frames: int) -> list[str]:
    if not keys or len(painted) > 2 or n_frames <= 2:
        return []
    return ["only 2 pictures are painted, the first frame and the last: prompts and schedules have no keys between them"]


def _painted_size(settings: Settings) -> tuple[int, int]:
    return settings.integer("W") // SIZE_STEP * SIZE_STEP, settings.integer("H") // SIZE_STEP * SIZE_STEP


def _size_note(settings: Settings, size: tuple[int, int]) -> list[str]:
    wanted = settings.integer("W"), settings.integer("H")
    if size == wanted:
        return []
    return [f"{wanted[0]}x{wanted[1]} is painted as {size[0]}x{size[1]}; models paint multiples of {SIZE_STEP}"]
