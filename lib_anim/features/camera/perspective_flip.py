"""Perspective flip: the picture's plane is rotated in space."""

from __future__ import annotations

from lib_anim.images.camera import perspective_flip
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

_USES = tuple(f"perspective_flip_{name}" for name in ("theta", "phi", "gamma", "fv"))


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `enable_perspective_flip`, in the modes 2D and 3D."""
    if not plan.in_use("perspective_flip_fv"):
        return None

    def move(canvas: Canvas, params: Params) -> Canvas:
        warp = perspective_flip(
            plan.size,
            theta_deg=params.number("perspective_flip_theta"),
            phi_deg=params.number("perspective_flip_phi"),
            gamma_deg=params.number("perspective_flip_gamma"),
            view_angle_deg=params.number("perspective_flip_fv"),
            border=settings.text("border"),
            sampling=settings.text("sampling_mode"),
        )
        return canvas.moved(warp)

    return Steps(move=(move,), moves_ahead=True, uses=_USES, does="theta, phi, gamma about the middle")
