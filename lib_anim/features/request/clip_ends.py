"""First and last picture of a clip: how much of each is in what a picture is painted over, by its place. Not a feature.

The formula is the AnimateDiff extension's: the share of the first picture is max(0, 1 - place^power / scale), that of the last
one the same from the end; both are scaled to a sum of 1 where they exceed it, and what lacks is noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from lib_anim.engines.clips import ClipOptions
from lib_anim.errors import PictureError, Problem, SettingsError
from lib_anim.features.common.resizing import fit
from lib_anim.images.frame import Frame, resized
from lib_anim.media.download import check_is_path
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Tools

_LAST = "clip_last_frame"


@dataclass(frozen=True)
class Falling:
    """How the share of a picture falls with the distance from it."""

    power: float = 1.0
    scale: float = 32.0

    def at(self, distance: int) -> float:
        """Return the share, 0..1, that many pictures away."""
        return max(0.0, 1.0 - math.pow(distance, self.power) / self.scale)


def shares(place: int, count: int, first: Falling, last: Falling | None) -> tuple[float, float]:
    """Return the shares of the first and the last picture at a place of `count`. At the places of both they are 1 and 0."""
    if last is None:
        return first.at(place), 0.0
    if place in (0, count - 1):
        return (1.0, 0.0) if place == 0 else (0.0, 1.0)
    begin, end = first.at(place), last.at(count - 1 - place)
    whole = max(begin + end, 1.0)
    return begin / whole, end / whole


@dataclass(frozen=True, eq=False)
class Ends:
    """The ends of a film: `places` of its painted frames, how many of them the first clip has, and how the shares fall. `first`
    is None if the start picture's share does not fall, `end` if there is no last picture."""

    places: dict[int, int]
    n_first: int
    first: Falling | None
    last: Falling
    end: Frame | None

    def options(self, base: ClipOptions, index: int) -> ClipOptions:
        """Return the options of a painted frame.

        After the first clip pictures are painted over the clip before, so that only the last picture has a share to take.
        """
        place, count = self.places[index], len(self.places)
        within = place < self.n_first
        begin, end = shares(place, count, self.first or self.last, self.last if self.end is not None else None)
        kept = begin if within and self.first else 1.0 - end
        return replace(base, kept=kept, end=self.end if end else None, end_share=end)


def ends_of(settings: Settings, plan: Plan, tools: Tools) -> Ends | None:
    """Return the ends of a film, None for a film without. Raises SettingsError."""
    falls, path = settings.switch("clip_first_falls") and plan.in_use("clip_first_falls"), settings.text(_LAST)
    if not falls and not path:
        return None
    first = Falling(settings.number("clip_latent_power"), settings.number("clip_latent_scale"))
    last = Falling(settings.number("clip_latent_power_last"), settings.number("clip_latent_scale_last"))
    end = _picture(path, settings, plan, tools) if path else None
    places = {index: place for place, index in enumerate(plan.spans.painted)}
    return Ends(places, min(tools.capabilities.clip.length, len(places)), first if falls else None, last, end)


def _picture(path: str, settings: Settings, plan: Plan, tools: Tools) -> Frame:
    remedy = "write the path of a picture file"
    check_is_path(_LAST, path, remedy)
    try:
        picture = tools.picture(path)
    except PictureError as error:
        raise SettingsError([Problem(_LAST, error.message, remedy)]) from None
    return resized(fit(picture, plan.size, settings.text("init_image_fit")), plan.size)
