"""Features: what can be switched on in a film, one file each, and the order in which they are applied to a frame.

A feature is a module with `build(settings, plan, tools) -> Steps | None`: its steps for this film, or None if it is off.
The order is defined by the tuple below alone; `anim explain` prints it.
"""

from __future__ import annotations

from lib_anim.features.camera import loop, reverse, still_scene
from lib_anim.features.coherence import color_coherence, governor, temporal_filter
from lib_anim.features.common.camera_path import MOVING
from lib_anim.features.delivery import flow_cadence, formats, frame_interpolation, soundtrack, subtitles
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
from lib_anim.features.guides import guided_images, hybrid, inpaint_mask, video_input
from lib_anim.features.repaint import flow_redo, hires, judge, redo, reroll
from lib_anim.features.request import (
    clips,
    controlnet,
    host_options,
    interpolation,
    noise_multiplier,
    option_schedules,
    prompts,
    sampling,
    scripts,
    seeds,
    start_picture,
    strength,
    uncovered,
)

FEATURES = (
    guided_images,  # before start_picture, since its first picture begins the film; before all that match colours once more
    start_picture,
    still_scene,  # before all that move: what it shows is moved from the start picture alone
    *MOVING,
    reverse,  # the moves of all features before it are undone
    hybrid,  # its motion after the camera's, as in Deforum; before those that correct colours, so that they see the mix
    temporal_filter,  # before color_coherence, so that matched colours are not changed again
    color_coherence,
    governor,  # after color_coherence, so that it measures matched colours
    grayscale,
    echo,  # after those that correct a picture in `finish`, so that it remembers corrected pictures
    loop,  # before the mirrors, since its first picture is one without them, and they apply to both pictures
    mirror,
    kaleidoscope,
    tunnel,
    contrast,
    sharpen,
    noise,
    video_input,  # after all that prepare a painted picture, since what is of the video stays as it is
    prompts,
    clips,  # after prompts, which its closed loops lead back to the first
    seeds,
    interpolation,  # after seeds, which it replaces
    sampling,
    strength,
    noise_multiplier,
    host_options,
    option_schedules,
    scripts,
    controlnet,
    reroll,  # nearest to the engine, so that no other feature gets a blank picture
    hires,  # after reroll, so that both of its pictures are rerolled; before judge, which judges what it ends with
    uncovered,  # after strength, since it reads its denoise; after reroll, so that each of its passes is rerolled
    judge,  # before redo, so that it judges each pass and a fault costs one pass only
    redo,
    flow_redo,
    inpaint_mask,  # farthest from the engine, so that each painting is within it; last to finish, so that what it keeps is kept
    flow_cadence,
    glow,  # before grade, so that grading does not change which places glow
    grade,
    caption,
    frame_interpolation,
    soundtrack,
    subtitles,
    formats,
)
