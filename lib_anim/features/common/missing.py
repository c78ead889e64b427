"""What a settings file can switch on and this version does not have. Not a feature: the list of those to come.

A line goes when its feature is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from lib_anim.engines.base import Capabilities
from lib_anim.errors import Problem
from lib_anim.media.download import ALLOW, is_address
from lib_anim.settings.settings import Settings


@dataclass(frozen=True)
class Missing:
    """`on(settings)` tells whether a file wants it; `key` is the switch, `off` what to write instead."""

    key: str
    what: str
    on: Callable[[Settings], bool]
    off: str
    why: str = "not built yet"


def _switched(key: str, what: str) -> Missing:
    return Missing(key, what, lambda settings: settings[key], f"{key} false")


def _chosen(key: str, what: str, off: str = "None", built: tuple[str, ...] = ()) -> Missing:
    return Missing(key, what, lambda settings: str(settings[key]) not in (off, *built), f'{key} "{off}"')


NOT_BUILT = (
    _chosen("animation_mode", "this animation mode", "2D", built=("3D",)),
    _switched("use_mask", "masks"),
    _chosen("hybrid_composite", "hybrid video"),
    _chosen("hybrid_motion", "hybrid video"),
    _chosen("hybrid_generate_human_masks", "human masks"),
    _switched("use_looper", "guided images"),
    _switched("save_depth_maps", "saving depth"),
    _switched("freeu_enabled", "FreeU"),
    _switched("kohya_hrfix_enabled", "Kohya HR fix"),
    *(_switched(f"cn_{n}_enabled", "ControlNet") for n in range(1, 6)),
    _switched("restore_faces", "face restoration"),
    _switched("tiling", "tiling"),
    Missing(
        "seed_resize_from_w",
        "seed resizing",
        lambda settings: settings["seed_resize_from_w"] > 0 and settings["seed_resize_from_h"] > 0,
        "seed_resize_from_w 0",
    ),
    _chosen("add_soundtrack", "the sound of a film", built=("File",)),
    Missing(
        "soundtrack_path",
        "sound from a web address",
        lambda settings: settings["add_soundtrack"] == "File" and is_address(settings["soundtrack_path"]),
        f"the path of a sound file{ALLOW}",
        why="nothing is downloaded",
    ),
    _switched("r_upscale_video", "upscaling"),
    _chosen("frame_interpolation_engine", "frame interpolation"),
    _switched("delete_imgs", "deleting frames"),
    Missing(
        "resume_from_timestring",
        "resuming by time string",
        lambda settings: settings["resume_from_timestring"],
        "anim run --resume DIR",
    ),
)


def missing(settings: Settings, capabilities: Capabilities) -> list[Problem]:
    """What these settings switch on and neither this version nor the engine has."""
    return [
        Problem(one.key, "", f"{one.what}: {one.why}", f"write {one.off}, or go on without it: --allow-missing")
        for one in NOT_BUILT
        if one.key not in capabilities and one.on(settings)
    ]
