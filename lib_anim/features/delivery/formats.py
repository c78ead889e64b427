"""Formats: a GIF or an animated WebP beside the MP4."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from lib_anim.media.encode import convert
from lib_anim.media.metadata import add, text_of
from lib_anim.plan.plan import Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.steps import Steps, Tools

_SWITCHES = {"make_gif": "gif", "make_webp": "webp"}


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On with `make_gif` or `make_webp`."""
    suffixes = [suffix for key, suffix in _SWITCHES.items() if settings.switch(key) and plan.in_use(key)]
    if not suffixes:
        return None
    return Steps(
        deliver=tuple(partial(deliver, suffix, settings) for suffix in suffixes),
        does=f"{' and '.join(suffixes)} beside the video",
    )


def deliver(suffix: str, settings: Settings, video: Path, ffmpeg: str | None) -> None:
    """Convert the video to another format, and write the settings into its metadata. Raises VideoError."""
    target = video.with_suffix(f".{suffix}")
    convert(video, target, ffmpeg)
    add(target, text_of(settings))
