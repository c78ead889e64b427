"""Colour coherence: every frame gets the colours of the first painted frame, of earlier ones, of a picture or of a video."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.input_video import input_video, too_short
from lib_anim.features.common.resizing import only_colors
from lib_anim.features.common.scenes import rates
from lib_anim.images.color import ColorReference, match_histogram
from lib_anim.images.frame import Frame
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Memory, Steps, Tools

_SPACES = ("LAB", "HSV", "RGB")
_REFERENCES = {
    "first": "the first painted frame",
    "previous": "the one before",
    "mean": "those before",
    "scene": "the first ones of each prompt",
}
_STRENGTH = "color_coherence_strength_schedule"


class _FixedReference:
    """Reference colours that are known beforehand: `colors(index)` returns those for a painted frame.

    `to` says what they are, for `anim explain`; `notes` and `close` are for Steps.
    """

    memory: Mapping[str, Memory] = MappingProxyType({})

    def __init__(
        self,
        to: str,
        colors: Callable[[int], ColorReference],
        notes: tuple[str, ...] = (),
        close: tuple[Callable[[], None], ...] = (),
    ):
        self.to, self.colors, self.notes, self.close = to, colors, notes, close

    def follow(self, frame: Frame, index: int) -> None:
        """Do nothing: painted frames do not change the reference."""

    def forget(self) -> None:
        """Do nothing, see `follow`."""


class _LearnedReference:
    """Reference colours that follow the painted frames, None before the first one. `rates` are those of scenes.py."""

    notes: tuple[str, ...] = ()
    close: tuple[Callable[[], None], ...] = ()

    def __init__(self, space: str, to: str, rates: Mapping[int, float]):
        self.to, self._space, self._rates = to, space, rates
        self.memory = {f"color_coherence {space}": self}  # a histogram cannot be used in another colour space
        self._colors: ColorReference | None = None

    def colors(self, index: int) -> ColorReference | None:
        return self._colors

    def follow(self, frame: Frame, index: int) -> None:
        """Move the reference towards a painted frame, as it came from the engine."""
        new, rate = ColorReference.of(frame, self._space), self._rates[index]
        if self._colors is None:
            self._colors = new
        elif rate:
            old = self._colors.histogram
            self._colors = ColorReference(self._space, old + rate * (new.histogram - old))

    def forget(self) -> None:
        """Take the next frame as the new reference."""
        self._colors = None

    def state(self) -> object:
        return None if self._colors is None else self._colors.histogram

    def restore(self, state: object) -> None:
        self._colors = ColorReference(self._space, state) if isinstance(state, np.ndarray) else None


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `color_coherence` other than None. Image and Video Input are matched in LAB.

    `color_coherence_when` says whether colours are matched before painting, after it, or both; with `legacy_colormatch` it is
    before, and a frame with strength 0 becomes the new reference. `color_coherence_reference` selects the reference, and
    `color_coherence_strength_schedule` is how far pictures are changed towards it. `classic` swaps red and blue in LAB and
    HSV, as Deforum does. Raises SettingsError.
    """
    if not plan.in_use(_STRENGTH):
        return None
    mode = settings.text("color_coherence")
    base = mode if mode in _SPACES else "LAB"
    space = f"{base} classic" if settings.switch("classic") and base != "RGB" else base
    reference = _reference(mode, settings, plan, tools, space)
    when = "before" if settings.switch("legacy_colormatch") else settings.text("color_coherence_when")

    def match(canvas: Canvas, params: Params) -> Canvas:
        strength = params.number(_STRENGTH)
        colors = reference.colors(params.index) if strength else None
        return canvas if colors is None else canvas.edited(match_histogram(canvas.frame, colors, strength))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if settings.switch("legacy_colormatch") and plan.strength(params.index) == 0.0:
            reference.forget()
        result = canvas if when == "before" else match(canvas, params)
        reference.follow(canvas.frame, params.index)
        return result

    return Steps(
        prepare=() if when == "after" else (match,),
        finish=(finish,),
        close=reference.close,
        memory=reference.memory,
        uses=(_STRENGTH,),
        does=f"{space}, to {reference.to}, {when} painting",
        notes=reference.notes,
    )


def _reference(mode: str, settings: Settings, plan: Plan, tools: Tools, space: str) -> _FixedReference | _LearnedReference:
    """Return the reference for a `color_coherence` of `mode`. Raises SettingsError."""
    if mode == "Image":
        return _picture_reference(settings, plan, tools, space)
    if mode == "Video Input":
        return _video_reference(settings, plan, tools, space)
    return _painted_reference(settings, plan, space)


def _painted_reference(settings: Settings, plan: Plan, space: str) -> _LearnedReference:
    kind = settings.text("color_coherence_reference")
    return _LearnedReference(space, _REFERENCES[kind], rates(kind, settings.integer("color_coherence_mean_frames"), plan))


def _picture_reference(settings: Settings, plan: Plan, tools: Tools, space: str) -> _FixedReference:
    """Return the colours of a picture. Raises SettingsError."""
    key, path = "color_coherence_image_path", settings.text("color_coherence_image_path")
    remedy = "write the path of a picture file"
    check_is_path(key, path, remedy)
    if not path:
        raise SettingsError([Problem(key, "color_coherence Image needs a picture", "name one, or write LAB")])
    try:
        picture = tools.picture(path)
    except PictureError as error:
        raise SettingsError([Problem(key, error.message, remedy)]) from None
    colors = ColorReference.of(picture, space)
    return _FixedReference("a picture", lambda _: colors, only_colors(key, picture, plan.size))


def _video_reference(settings: Settings, plan: Plan, tools: Tools, space: str) -> _FixedReference:
    """Return the colours of a video's frames, resized to the film's size; prefetched while the frame before is painted.

    Raises SettingsError.
    """
    film, numbers = input_video(settings, tools.ffmpeg, "color_coherence Video Input")
    frames = film.frames(plan.size, numbers)
    every = settings.integer("color_coherence_video_every_N_frames")
    indexes = [span.painted // every * every for span in plan.spans]
    colors = tools.track(lambda index: ColorReference.of(frames[index], space), indexes)
    return _FixedReference(
        f"frames of {film.path.name}{f', every {every}' if every > 1 else ''}",
        lambda index: colors(index // every * every),
        too_short(numbers, max(indexes), plan.frames.stop),
        (frames.close,),
    )
