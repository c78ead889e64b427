"""Start picture: the picture that the first frame is painted over."""

from __future__ import annotations

from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import fit, fit_note
from lib_anim.images.frame import resized
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_AT_THE_END = "reverse: the film is painted from its end, so the start picture is what it ends with"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `use_init`; `strength` is how much of the picture survives (strength.py). Raises SettingsError."""
    if not plan.in_use("init_image"):
        return None
    path, remedy = settings.text("init_image"), "write the path of a picture file"
    check_is_path("init_image", path, remedy)
    if not path:
        raise SettingsError([Problem("init_image", "use_init is on and there is no picture", remedy)])
    try:
        picture = tools.picture(path)
    except PictureError as error:
        raise SettingsError([Problem("init_image", error.message, remedy)]) from None
    how = settings.text("init_image_fit")
    frame = resized(fit(picture, plan.size, how), plan.size)

    def start(params: Params) -> Canvas:
        return Canvas(frame)

    notes = (*fit_note(picture.shape[1::-1], plan.size, how), *([_AT_THE_END] if plan.backwards else []))
    return Steps(start=(start,), does=f"begins from {path}", notes=notes)
