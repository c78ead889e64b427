"""Whether the first frame is painted over a picture. Not a feature."""

from __future__ import annotations

from lib_anim.plan.plan import Plan

_PICTURES = ("init_image", "init_images", "video_carry_schedule")  # each gives a picture that the first frame is painted over
_VIDEO_FIRST = "hybrid_use_first_frame_as_init_image"


def begins_over_picture(plan: Plan) -> bool:
    """Return whether the first frame is painted over a picture; else it is painted from nothing."""
    from_video = plan.in_use(_VIDEO_FIRST) and plan.settings.switch(_VIDEO_FIRST)
    return from_video or any(plan.in_use(key) for key in _PICTURES)
