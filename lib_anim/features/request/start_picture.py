"""Start picture: the picture that the first frame is painted over."""

from __future__ import annotations

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.camera_steps import is_still
from lib_anim.features.common.resizing import fit, fit_note
from lib_anim.images.frame import Frame, is_animated, resized
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_FIRST_ONE = "init_image: an animation; its first picture is used"
_AT_THE_END = "reverse: the film is painted from its end, so the start picture is what it ends with"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `use_init`; `strength` is how much of the picture survives (strength.py). Raises SettingsError."""
    if not plan.in_use("init_image") or is_still(settings, plan):
        return None
    frame, notes = start_frame(settings, plan, tools)

    def start(params: Params) -> Canvas:
        return Canvas(frame)

    if plan.backwards:
        notes = (*notes, _AT_THE_END)
    return Steps(start=(start,), does=f"begins from {settings.text('init_image')}", notes=notes)


def start_frame(settings: Settings, plan: Plan, tools: Tools) -> tuple[Frame, tuple[str, ...]]:
    """Return the start picture in the film's size, and the notes on it. Raises SettingsError."""
    path, remedy = settings.text("init_image"), "write the path of a picture file"
    check_is_path("init_image", path, remedy)
    if not path:
        raise SettingsError([Problem("init_image", "use_init is on and there is no picture", remedy)])
    try:
        picture = tools.picture(path)
    except PictureError as error:
        raise SettingsError([Problem("init_image", error.message, remedy)]) from None
    how = settings.text("init_image_fit")
    notes = fit_note(picture.shape[1::-1], plan.size, how)
    if is_animated(path):
        notes = (*notes, _FIRST_ONE)
    return resized(fit(picture, plan.size, how), plan.size), notes
