"""Guided images: the film is pulled towards pictures of yours, each from its own frame on."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from lib_anim.engines.base import SampleRequest
from lib_anim.errors import FieldError, PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import fit, fit_note
from lib_anim.images.blend import mix
from lib_anim.images.color import ColorReference, match_tint
from lib_anim.images.frame import Frame, resized
from lib_anim.language.entries import Entry
from lib_anim.language.schedules import key_frame
from lib_anim.media.download import check_is_path
from lib_anim.messages import Message, Place
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.json_text import parse_json
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

KEY = "init_images"
_REMEDY = 'write {"0": "a.png", "max_f/2": "b.png"}'
_PATH_REMEDY = "write the path of a picture file"
_AFTERWARDS = 0.07  # share of the picture when its curve is over, until the next one's begins; Deforum's
_MOST_PICTURES = 10_000
_CACHED, _NAMED = 4, 3  # pictures that are kept in memory, and that `anim explain` names
_TWO_STARTS = Message("use_init: the first of init_images begins the film, in place of the start picture")


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `use_looper`. The first picture begins the film; each one is mixed into what is painted over from its frame on,
    by a curve (`pull`), and gives its colours a share in those of what is painted. Raises SettingsError.
    """
    if not plan.in_use(KEY):
        return None
    pictures = _open(plan, tools)

    def start(params: Params) -> Canvas:
        return Canvas(pictures.at(params.index))

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        if request.init is None or request.moved is None:  # the film begins: `start` gave the picture
            return request
        share = pull(pictures.since(params.index), *(params.number(key) for key in _CURVE))
        return replace(request, init=mix(request.init, pictures.at(params.index), 1.0 - share, share))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if moved is None:
            return canvas
        share = params.number("color_correction_factor")
        wanted = mix(moved.frame, pictures.at(params.index), 1.0 - share, share)
        return canvas.edited(match_tint(canvas.frame, ColorReference.of(wanted, "LAB")))

    uses = (*_CURVE, "color_correction_factor")
    notes = (*pictures.notes, *([_TWO_STARTS] if settings.switch("use_init") else []))
    return Steps(start=(start,), ask=(ask,), finish=(finish,), uses=uses, does=pictures.does, notes=notes)


_CURVE = ("tweening_frames_schedule", "blendFactorMax", "blendFactorSlope")


def pull(since: int, length: float, middle: float, slope: float) -> float:
    """Return the share of a picture, 0..1, so many frames after its own one: Deforum's curve, from middle - slope up to
    middle + 0.42 slope in `length` frames.

    Deforum counts the frames from 0, not from the picture's frame, so that its curves begin anywhere.
    """
    if since > length or length <= 0.0:
        return _AFTERWARDS
    return min(max(middle - slope * math.cos(since / (length / 2.0)), 0.0), 1.0)


@dataclass(frozen=True)
class _Pictures:
    """Pictures by frame: `frames` ascending, the path of each, and `read(path)`, which brings one to the film's size."""

    frames: tuple[int, ...]
    paths: tuple[str, ...]
    read: Callable[[str], Frame]
    notes: tuple[str, ...]

    def at(self, index: int) -> Frame:
        """Return the picture whose turn it is; before the first one's frame that is the first."""
        return self.read(self.paths[self._place(index)])

    def since(self, index: int) -> int:
        """Return how many frames ago the turn of the picture began."""
        return max(index - self.frames[self._place(index)], 0)

    def _place(self, index: int) -> int:
        return max(bisect_right(self.frames, index) - 1, 0)

    @property
    def does(self) -> str:
        """Name the first pictures."""
        named = ", ".join(f"{frame}: {path}" for frame, path in list(zip(self.frames, self.paths, strict=True))[:_NAMED])
        return named + (", …" if len(self.frames) > _NAMED else "")


def _open(plan: Plan, tools: Tools) -> _Pictures:
    """Open the pictures: each is read here once, and again when its turn comes. Raises SettingsError with all problems."""
    files = dict(sorted(_files(plan).items()))
    how = plan.settings.text("init_image_fit")
    problems: list[Problem] = []
    notes: list[str] = []
    for path, frame in {path: frame for frame, path in reversed(files.items())}.items():  # with the first frame of each
        try:
            notes += fit_note(tools.picture(path).shape[1::-1], plan.size, how, KEY)
        except PictureError as error:
            problems.append(Problem(KEY, error.message, _PATH_REMEDY, Place(frame=frame)))
    if problems:
        raise SettingsError(sorted(problems, key=lambda problem: problem.place.frame or 0))
    read = lru_cache(maxsize=_CACHED)(lambda path: resized(fit(tools.picture(path), plan.size, how), plan.size))
    return _Pictures(tuple(files), tuple(files.values()), read, tuple(dict.fromkeys(notes)))


def _files(plan: Plan) -> Mapping[int, str]:
    """Return the path of each picture by its frame. Raises SettingsError."""
    try:
        written = parse_json(plan.settings.text(KEY)) if plan.settings.text(KEY).strip() else {}
    except FieldError as error:
        raise SettingsError([replace(error.of(KEY), remedy=_REMEDY)]) from None
    if not isinstance(written, Mapping) or not written:
        raise SettingsError([Problem(KEY, "there are no pictures by frame", _REMEDY)])
    if len(written) > _MOST_PICTURES:
        reason = Message("{n} pictures are too many; {most} are the most", n=len(written), most=_MOST_PICTURES)
        raise SettingsError([Problem(KEY, reason)])
    files: dict[int, str] = {}
    problems: list[Problem] = []
    for key, path in written.items():
        try:
            files[key_frame(Entry(str(key).strip(), "", 1, 1), plan.timeline, KEY)] = _path(path)
        except FieldError as error:
            problems.append(Problem(KEY, error.reason, error.remedy, Place(keyframe=str(key))))
        except SettingsError as error:
            problems += [replace(one, place=Place(keyframe=str(key))) for one in error.problems]
    if problems:
        raise SettingsError(problems)
    return files


def _path(value: object) -> str:
    """Return a path as it stands in the settings. Raises FieldError, SettingsError."""
    check_is_path(KEY, str(value), _PATH_REMEDY)
    if not isinstance(value, str) or not value.strip():
        raise FieldError("there is no picture", _PATH_REMEDY)
    return value
