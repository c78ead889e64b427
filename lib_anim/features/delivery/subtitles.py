"""Subtitles: prompts and numbers of every frame as a file beside the video, or in it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from lib_anim.errors import OutputError, Problem, SettingsError, cannot_be_written, did_you_mean
from lib_anim.files import write_bytes
from lib_anim.language.prompts import Prompt, Weighted
from lib_anim.media.source_video import Film
from lib_anim.media.subtitles import Cue, add_subtitles, srt
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.settings.table import FIELDS
from lib_anim.shot.steps import Steps, Tools

_SWITCH, _VALUES = "subtitles", "subtitle_values"
_PROMPTS: Mapping[str, Callable[[Prompt], str]] = {
    "prompt": lambda prompt: _strongest(prompt.positives),
    "negative": lambda prompt: _strongest(prompt.negatives),
}
_NAMES = (*_PROMPTS, "frame", "seconds", "seed", *FIELDS)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `subtitles`. Raises SettingsError for a name that is not known."""
    if settings.text(_SWITCH) == "None" or not plan.in_use(_SWITCH):
        return None
    names = [name for part in settings.text(_VALUES).split(",") if (name := part.strip())]
    if problems := [_unknown(name) for name in names if name not in _NAMES]:
        raise SettingsError(problems)
    inside = settings.text(_SWITCH) == "Video"
    where = "beside the video and in it" if inside else "beside the video"
    return Steps(deliver=(partial(_deliver, plan, names, inside),), does=f"{', '.join(names)} {where}")


def _unknown(name: str) -> Problem:
    return Problem(_VALUES, Message("there is no value {name}", name=name), did_you_mean(name, _NAMES))


def _deliver(plan: Plan, names: Sequence[str], inside: bool, video: Path, ffmpeg: str | None) -> None:
    """Write the file of a video, and add it to the video if it goes inside. Raises OutputError, VideoError."""
    target = video.with_suffix(".srt")
    text = srt(_cues(plan, names, Film.open(video, ffmpeg)))
    try:
        write_bytes(target, text.encode())
    except OSError as error:
        raise OutputError(cannot_be_written(target, error)) from None
    if inside and text:
        add_subtitles(video, target, ffmpeg)


def _cues(plan: Plan, names: Sequence[str], film: Film) -> Iterator[Cue]:
    """Yield a cue for each row of frames with one text. A film that was stopped has fewer frames than its plan."""
    fps = plan.timeline.fps
    count = round(film.n_frames * fps / film.fps)
    shown = plan.frames[-count:] if plan.backwards else plan.frames[:count]
    for text, group in groupby(enumerate(shown), lambda one: _text(plan[one[1]], names)):
        places = [place for place, _ in group]
        yield Cue(places[0] / fps, (places[-1] + 1) / fps, text)


def _text(params: Params, names: Sequence[str]) -> str:
    """Return the values of one frame on a line, and the prompts on lines of their own."""
    values = "; ".join(f"{name} {_value(params, name)}" for name in names if name not in _PROMPTS)
    return "\n".join((values, *(_PROMPTS[name](params.prompt) for name in names if name in _PROMPTS)))


def _strongest(texts: Weighted) -> str:
    return max(texts, key=lambda one: one[1])[0]


def _value(params: Params, name: str) -> str:
    own: dict[str, object] = {"frame": params.index, "seconds": params.index / params.plan.timeline.fps, "seed": params.seed}
    value = own[name] if name in own else params[name]
    return f"{value:.4g}" if isinstance(value, float) else str(value)
