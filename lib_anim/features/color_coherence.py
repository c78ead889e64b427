"""Colour coherence: every frame keeps the colours of the first painted one, of those before it, or of a picture."""

from __future__ import annotations

from lib_anim.color import ColorReference, match_histogram
from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.frame import Frame
from lib_anim.plan import Params, Plan
from lib_anim.settings import Settings
from lib_anim.shot import Canvas, Steps, Tools

_SPACES = ("LAB", "HSV", "RGB")
_MODES = (*_SPACES, "Image")  # Image: LAB, to a picture
_REFERENCES = {
    "first": "the first painted frame",
    "previous": "the one before",
    "mean": "those before",
    "scene": "the first ones of each prompt",
}
_STRENGTH = "color_coherence_strength_schedule"


class _Reference:
    """The colours to keep; none before the first painted frame, unless a picture brings them."""

    def __init__(self, space: str, picture: Frame | None):
        self._space = space
        self.colors = None if picture is None else ColorReference.of(picture, space)

    def follow(self, frame: Frame, rate: float) -> None:
        """Learn from a painted frame, as it came from the painter; `rate` (0..1) of the way to its colours."""
        new = ColorReference.of(frame, self._space)
        if self.colors is None:
            self.colors = new
        elif rate:
            old = self.colors.histogram
            self.colors = ColorReference(self._space, old + rate * (new.histogram - old))

    def forget(self) -> None:
        """Take the next frame as the first."""
        self.colors = None

    def state(self) -> object:
        return None if self.colors is None else self.colors.histogram

    def restore(self, state: object) -> None:
        self.colors = None if state is None else ColorReference(self._space, state)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `color_coherence` of LAB, HSV, RGB or Image.

    Colours are matched before painting and after it; with `legacy_colormatch` only before, and a strength of 0 takes a new
    reference. `color_coherence_reference` decides what the reference is, `color_coherence_strength_schedule` how far it
    is followed. `classic` swaps red and blue in LAB and HSV, as Deforum does.
    """
    mode = settings["color_coherence"]
    if mode not in _MODES:
        return None
    base = mode if mode in _SPACES else "LAB"
    space = f"{base} classic" if settings["classic"] and base != "RGB" else base
    kind = settings["color_coherence_reference"]
    picture = _picture(settings, tools) if mode == "Image" else None
    reference, rates = _Reference(space, picture), _rates(kind, settings["color_coherence_mean_frames"], plan)
    before_only = settings["legacy_colormatch"]

    def matched(canvas: Canvas, params: Params) -> Canvas:
        strength = float(params[_STRENGTH])
        if reference.colors is None or strength == 0.0:
            return canvas
        return canvas.edited(match_histogram(canvas.frame, reference.colors, strength))

    def finish(canvas: Canvas, moved: Canvas | None, params: Params) -> Canvas:
        if before_only and params["strength_schedule"] == 0.0 and picture is None:
            reference.forget()
        result = canvas if before_only else matched(canvas, params)
        reference.follow(canvas.frame, 0.0 if picture is not None else rates[params.index])
        return result

    to = "a picture" if picture is not None else _REFERENCES[kind]
    does = f"{space}, to {to}, {'before' if before_only else 'before and after'} painting"
    memory = {f"color_coherence {space}": reference}  # of another space it would mean nothing
    return Steps(prepare=(matched,), finish=(finish,), memory=memory, uses=(_STRENGTH,), does=does)


def _rates(kind: str, mean_of: int, plan: Plan) -> dict[int, float]:
    """How far the reference goes towards the colours of each painted frame, by the frame's index.

    With "scene" it becomes the mean of the first `mean_of` painted frames of each prompt; then it holds, unless the prompt
    goes on changing its weights, when it follows as with "mean".
    """
    rates = dict.fromkeys((span.painted for span in plan.spans), {"first": 0.0, "previous": 1.0}.get(kind, 1.0 / mean_of))
    if kind != "scene":
        return rates
    age, last = 0, None
    for index in rates:
        prompt = plan.columns["prompts"][index]
        age = age + 1 if last and prompt.words == last.words else 1
        if age <= mean_of:
            rates[index] = 1.0 / age
        elif prompt == last:
            rates[index] = 0.0
        last = prompt
    return rates


def _picture(settings: Settings, tools: Tools) -> Frame:
    """The picture whose colours to keep. Raises SettingsError."""
    key, path = "color_coherence_image_path", settings["color_coherence_image_path"]
    if not path:
        raise SettingsError([Problem(key, "", "color_coherence Image needs a picture", "name one, or write LAB")])
    try:
        return tools.picture(path)
    except PictureError as error:
        raise SettingsError([Problem(key, "", str(error))]) from None
