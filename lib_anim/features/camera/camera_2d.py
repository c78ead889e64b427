"""The 2D camera: shift, turn, zoom."""

from __future__ import annotations

from lib_anim.features.common.unused import idle
from lib_anim.images.camera import move_2d
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_USES = ("angle", "zoom", "translation_x", "translation_y", "transform_center_x", "transform_center_y")
# settings of the 3D mode -> what has the same effect in 2D
_IDLE = {
    "translation_z": "zoom goes in and out",
    "rotation_3d_x": "translation_y shifts up and down",
    "rotation_3d_y": "translation_x shifts sideways",
    "rotation_3d_z": "angle turns",
}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On in mode 2D. With `classic` pixels are sampled bilinearly, as in Deforum; else by `sampling_mode`."""
    if not plan.in_use("angle"):
        return None
    border = settings.text("border")
    sampling = "bilinear" if settings.switch("classic") else settings.text("sampling_mode")

    def move(canvas: Canvas, params: Params) -> Canvas:
        warp = move_2d(
            plan.size,
            angle_deg=params.number("angle"),
            zoom=params.number("zoom"),
            translate_px=(params.number("translation_x"), params.number("translation_y")),
            centre=(params.number("transform_center_x"), params.number("transform_center_y")),
            border=border,
            sampling=sampling,
        )
        return canvas.moved(warp)

    does = f"angle, zoom, translation; {border} at the border, {sampling}"
    return Steps(move=(move,), moves_ahead=True, uses=_USES, does=does, notes=tuple(idle(plan, "2D", _IDLE)))
