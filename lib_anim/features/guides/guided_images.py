"""Guided images: the film is pulled towards pictures of yours, each from its own frame on."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace

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
    return Steps(start=(start,), ask=(ask,), finish=(finish,), uses=uses, does=pictures.does, notes=pictures.notes)


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
    """Pictures by frame: `frames` ascending, and for each the frame of the film's size."""

    frames: tuple[int, ...]
    pictures: tuple[Frame, ...]
    does: str
    notes: tuple[str, ...]

    def at(self, index: int) -> Frame:
        """Return the picture whose turn it is; before the first one's frame that is the first."""
        return self.pictures[self._place(index)]

    def since(self, index: int) -> int:
        """Return how many frames ago the turn of the picture began."""
        return max(index - self.frames[self._place(index)], 0)

    def _place(self, index: int) -> int:
        return max(bisect_right(self.frames, index) - 1, 0)


def _open(plan: Plan, tools: Tools) -> _Pictures:
    """Read the pictures. Raises SettingsError with all problems."""
    found: dict[int, Frame] = {}
    notes: list[str] = []
    problems: list[Problem] = []
    files = _files(plan)
    shared: dict[str, Frame] = {}  # a picture that stands at several frames is read once
    how = plan.settings.text("init_image_fit")
    for frame, path in sorted(files.items()):
        if path not in shared:
            try:
                picture = tools.picture(path)
            except PictureError as error:
                problems.append(Problem(KEY, error.message, _PATH_REMEDY, Place(frame=frame)))
                continue
            shared[path] = resized(fit(picture, plan.size, how), plan.size)
            notes += fit_note(picture.shape[1::-1], plan.size, how, KEY)
        found[frame] = shared[path]
    if problems:
        raise SettingsError(problems)
    does = ", ".join(f"{frame}: {path}" for frame, path in sorted(files.items())[:3]) + (", …" if len(files) > 3 else "")
    return _Pictures(tuple(found), tuple(found.values()), does, tuple(dict.fromkeys(notes)))


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
