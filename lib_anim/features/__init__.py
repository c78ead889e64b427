"""Features: what can be switched on in a film, one file each, and the order in which a frame meets them.

A feature is a module with `build(settings, plan, tools) -> Steps | None`: its steps for this film, or None when it is off.
The tuple below is the one place that says in which order things happen; `anim explain` prints it.
"""

from __future__ import annotations

from lib_anim.features.camera import loop
from lib_anim.features.coherence import color_coherence, governor, temporal_filter
from lib_anim.features.common.camera_path import MOVING
from lib_anim.features.delivery import flow_cadence, formats, soundtrack
from lib_anim.features.effects import (
    caption,
    contrast,
    echo,
    glow,
    grade,
    grayscale,
    kaleidoscope,
    mirror,
    noise,
    sharpen,
    tunnel,
)
from lib_anim.features.repaint import flow_redo, judge, redo, reroll
from lib_anim.features.request import (
    host_options,
    noise_multiplier,
    option_schedules,
    prompts,
    sampling,
    seeds,
    start_picture,
    strength,
    uncovered,
)

FEATURES = (
    start_picture,
    *MOVING,
    temporal_filter,  # before colours are matched, so that they have the last word
    color_coherence,
    governor,  # of the colours that are matched, if they are
    grayscale,
    echo,  # after all that finishes a picture, so that it is the finished one that shines through
    loop,  # towards the first picture as it was shown, before mirrors that hold for both
    mirror,
    kaleidoscope,
    tunnel,
    contrast,
    sharpen,
    noise,
    prompts,
    seeds,
    sampling,
    strength,
    noise_multiplier,
    host_options,
    option_schedules,
    reroll,  # nearest to the painter, so that redo too never sees a blank picture
    uncovered,  # after strength, whose denoise it keeps for the rest, and round reroll, so that neither pass is blank
    judge,  # of each pass of a redo, so that a fault costs one of them
    redo,
    flow_redo,
    flow_cadence,
    glow,  # of the picture as it is, however dark it is graded
    grade,
    caption,
    soundtrack,
    formats,
)
