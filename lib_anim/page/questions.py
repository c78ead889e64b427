"""The table of essentials: the page's questions, with default answers. essentials.py converts answers to settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lib_anim.page import presets
from lib_anim.page.presets import PRESETS

DEFAULT_SCENES = "0s a lighthouse on a cliff, storm, oil painting\n2.5s the same cliff at sunrise"
# family -> scenes that its models paint well; the bundled small model knows few words (tools/tiny_model/MODEL_CARD.md)
_SCENES = {"toy": "0s a calm sea at dawn, soft clouds\n2.5s a calm sea at night, full moon, stars"}

SHAPES = {"vertical": ("Vertical", 9, 16), "square": ("Square", 1, 1), "wide": ("Wide", 16, 9)}
QUALITIES = {"draft": ("Draft", 4, 15), "normal": ("Normal", 2, 20), "best": ("Best", 1, 25)}  # cadence, steps


def _coherence(calm: float, look: float) -> dict[str, object]:
    """Return the settings: strength of the temporal filter, and how far the first pictures' look is kept."""
    return {
        "color_coherence": "None",  # histogram matching tints parts that came into view later
        "temporal_filter_schedule": f"0:({calm:g})",
        "governor_schedule": f"0:({look:g})",
        "governor_detail_schedule": "0:(1.2)" if look else "0:(1)",
    }


COHERENCE = {
    "off": ("Off", _coherence(0, 0)),
    "gentle": ("Gentle", _coherence(0.3, 0.5)),
    "firm": ("Firm", _coherence(0.5, 0.8)),
}
# how a start picture becomes a frame; the last one is not a value of init_image_fit
FITS = {"crop": ("Crop",), "stretch": ("Stretch",), "pad": ("Pad",), "shape": ("Film takes its shape",)}
BEATS = {"off": ("Off",), "soft": ("Soft",), "hard": ("Hard",)}  # keys of presets.BEATS
ENDINGS = {"open": ("Open end",), "round": ("Goes round",)}
FORMATS = {"mp4": ("MP4",), "gif": ("+ GIF",), "webp": ("+ WebP",)}


@dataclass(frozen=True)
class Essential:
    """One question. `kind` is lines, text, tiles, slider, choice, picture, sound, tempo or seed; `writes` lists the settings
    that its answer writes; `choices` are (value, label)."""

    key: str
    label: str
    default: object
    help: str
    kind: str
    writes: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    step: float | None = None
    choices: tuple[tuple[str, str], ...] = ()


def _choices(labelled: Mapping[str, Sequence[object]]) -> tuple[tuple[str, str], ...]:
    return tuple((value, str(row[0])) for value, row in labelled.items())


ESSENTIALS = {
    one.key: one
    for one in (
        Essential(
            "scenes",
            "Scenes",
            DEFAULT_SCENES,
            "One scene a line; start it with a time to switch there",
            "lines",
            ("prompts", "prompt_blend", "batch_name", "animation_prompts_positive", "color_coherence_reference"),
        ),
        Essential(
            "avoid",
            "Avoid",
            "blurry, text, watermark",
            "What should not appear",
            "text",
            ("animation_prompts_negative",),
        ),
        Essential(
            "movement",
            "Movement",
            "infinite_zoom",
            "How the camera travels; fills the schedules",
            "tiles",
            (*presets.WRITES, "strength_schedule"),
            choices=tuple((key, preset.label) for key, preset in PRESETS.items()),
        ),
        Essential("speed", "Speed", 1.0, "Slower or faster, same path", "slider", presets.WRITES, 0.25, 2.0, 0.25),
        Essential(
            "steadiness",
            "Steadiness",
            0.62,
            "High keeps the picture, low reinvents it",
            "slider",
            ("strength_schedule",),
            0.3,
            0.9,
            0.01,
        ),
        Essential(
            "coherence",
            "Coherence",
            "gentle",
            "Keeps the look of the first pictures, and calms what flickers",
            "choice",
            tuple(_coherence(0, 0)),
            choices=_choices(COHERENCE),
        ),
        Essential(
            "shape",
            "Shape",
            "vertical",
            "9:16, 1:1 or 16:9; sizes fit the model",
            "choice",
            ("W", "H"),
            choices=_choices(SHAPES),
        ),
        Essential("length", "Length", 5.0, "In seconds", "slider", ("max_frames",), 0.5, 60.0, 0.5),
        Essential(
            "quality",
            "Quality",
            "normal",
            "Draft: cadence 4, 15 steps; Normal 2, 20; Best 1, 25",
            "choice",
            ("diffusion_cadence", "steps"),
            choices=_choices(QUALITIES),
        ),
        Essential("start_picture", "Start picture", "", "Animate your own picture", "picture", ("use_init", "init_image")),
        Essential(
            "start_fit",
            "Picture's fit",
            "crop",
            "Where its shape is not the film's; Pad repeats its edges",
            "choice",
            ("init_image_fit", "W", "H"),
            choices=_choices(FITS),
        ),
        Essential("seed", "Seed", -1, "Same number, same film; ♻ takes the last one", "seed", ("seed",), -1, 2**32 - 1, 1),
        Essential(
            "music", "Music", "", "Added to the video, cut to its length", "sound", ("add_soundtrack", "soundtrack_path")
        ),
        Essential("tempo", "Tempo", 0, "Beats a minute; 0 is what is heard", "tempo", ("bpm",), 0, 400, 1),
        Essential(
            "beat",
            "Move with the beat",
            "off",
            "Fast on each beat and slow between; Hard also paints more anew there",
            "choice",
            (*presets.WRITES, "strength_schedule"),
            choices=_choices(BEATS),
        ),
        Essential(
            "ending",
            "Ending",
            "open",
            "Goes round: the last pictures lead back to the first, without a seam",
            "choice",
            ("loop",),
            choices=_choices(ENDINGS),
        ),
        Essential(
            "save_as",
            "Save as",
            "mp4",
            "GIF and WebP play by themselves, without sound",
            "choice",
            ("make_gif", "make_webp"),
            choices=_choices(FORMATS),
        ),
    )
}


def defaults(family: str) -> dict[str, object]:
    """Return the default answers for models of a family, one of essentials.FAMILIES."""
    answers = {key: one.default for key, one in ESSENTIALS.items()}
    return {**answers, "scenes": _SCENES.get(family, DEFAULT_SCENES)}
