"""How many frames a second the video of a film has, and how slowly it shows the film. Not a feature."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from lib_anim.errors import FieldError, SettingsError
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings

ENGINE, TIMES, FPS = "frame_interpolation_engine", "frame_interpolation_x_amount", "frame_interpolation_fps"
SLOW, SLOWER = "frame_interpolation_slow_mo_enabled", "frame_interpolation_slow_mo_amount"
MOST_FPS = 1000  # frames a second of a video; players show 240 at the most


class FilmRate(NamedTuple):
    """The rate of a video that shows each frame of a film `slower` times as long as at the film's own rate.

    `fps` is in frames a second; from one frame of the video to the next, the film goes on by `step` of its frames, 0 .. 1.
    """

    fps: Fraction
    step: Fraction
    slower: Fraction

    @classmethod
    def by_times(cls, fps: float, times: float, slower: float = 1.0) -> FilmRate:
        """Return the rate of a video with so many frames for each one of a film of `fps`. Raises FieldError."""
        slow = as_fraction(slower)
        return cls(as_fraction(fps) * as_fraction(times) / slow, 1 / as_fraction(times), slow)._checked()

    @classmethod
    def to_rate(cls, fps: float, wanted: float, slower: float = 1.0) -> FilmRate:
        """Return the rate of a video of `wanted` frames a second, of a film of `fps`. Raises FieldError."""
        slow = as_fraction(slower)
        step = as_fraction(fps) / (as_fraction(wanted) * slow)
        if step > 1:
            text = "{n} frames a second are fewer than the {m} that there are, and none are left out"
            reason = Message(text, n=f"{wanted:g}", m=f"{float(as_fraction(fps) / slow):g}")
            raise FieldError(reason, "take a higher rate")
        return cls(as_fraction(wanted), step, slow)._checked()

    def _checked(self) -> FilmRate:
        if self.fps > MOST_FPS:
            text = "that makes {n} frames a second; {most} are the most"
            raise FieldError(Message(text, n=f"{float(self.fps):g}", most=MOST_FPS), "take a lower rate")
        return self


def as_fraction(rate: float) -> Fraction:
    """Return the fraction that a rate stands for."""
    return Fraction(rate).limit_denominator(1001)


def film_rate(settings: Settings, plan: Plan) -> FilmRate | None:
    """Return the rate of a film's video, None if it is the film's own. Raises SettingsError."""
    if settings.text(ENGINE) == "None" or not plan.in_use(ENGINE):
        return None
    slower = settings.number(SLOWER) if settings.switch(SLOW) else 1.0
    wanted, fps = settings.number(FPS), settings.number("fps")
    try:
        if wanted:
            return FilmRate.to_rate(fps, wanted, slower)
        return FilmRate.by_times(fps, settings.number(TIMES), slower)
    except FieldError as error:
        raise SettingsError([error.of(FPS if wanted else TIMES)]) from None
