"""Frame interpolation: the video has frames between the film's frames, is smoother, or slower."""

from __future__ import annotations

from lib_anim.errors import ModelError, Problem, SettingsError
from lib_anim.features.common.betweens import MODEL, chosen
from lib_anim.features.common.film_rate import ENGINE, film_rate
from lib_anim.images.interpolate import resampled
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.movie import Movie
from lib_anim.shot.steps import Steps, Tools


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with a `frame_interpolation_engine` other than None. Raises SettingsError for a rate that is none
    and for a file that is no network.

    The frames in between are made from the frames on disk, so that a resumed run makes the same. A film that goes round goes
    on from its last frame to its first.
    """
    rate = film_rate(settings, plan)
    if rate is None:
        return None
    if len(plan.frames) == 1:
        note = Message("{key}: there is nothing between the frames of a film of one", key=ENGINE)
        return Steps(does="left out: one frame", notes=(note,))
    try:
        made = chosen(ENGINE, settings.text(ENGINE), settings.text(MODEL))
    except ModelError as error:
        remedy = "write the path of a file of RIFE or FILM, or leave it empty"
        raise SettingsError([Problem(MODEL, error.message, remedy)]) from None
    goes_round = settings.switch("loop") and len(plan.frames) == plan.timeline.n_frames
    period = len(plan.frames) if goes_round else None

    def stream(movie: Movie) -> Movie:
        frames = resampled(movie.frames, rate.step, made.between, period=period)
        return Movie(frames, movie.size, float(rate.fps))

    does = f"{made.name}: {float(rate.fps):g} frames a second" + (", round to the first" if goes_round else "")
    return Steps(stream=(stream,), does=does, notes=made.notes)
