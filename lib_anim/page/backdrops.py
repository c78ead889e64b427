"""What masks are painted over on the page: the start picture and the source video as the film has them, and the mask so far."""

from __future__ import annotations

import numpy as np

from lib_anim.errors import BadInput
from lib_anim.features.common.endings import place_of
from lib_anim.features.common.input_video import AT_END, input_video
from lib_anim.features.common.resizing import fit, scaled_size
from lib_anim.images.frame import Frame, encode_jpeg, encode_png, read_grey, read_picture, resized, to_uint8
from lib_anim.images.masks import fitted
from lib_anim.messages import Message
from lib_anim.page.pictures import one_at_a_time
from lib_anim.plan.plan import painted_size
from lib_anim.settings.settings import Settings

START, VIDEO, MASK = "start", "video", "mask"


def backdrop(settings: Settings, of: str, index: int, ffmpeg: str | None) -> bytes:
    """Return a picture in the size of the film: JPEGs of the start picture, and of the source video at frame `index` of the
    film, a PNG of the mask picture. Raises BadInput for any other; SettingsError, PictureError or VideoError for its file."""
    size, how = painted_size(settings), settings.text("init_image_fit")
    with one_at_a_time():
        if of == MASK:
            return encode_png(_mask(settings))
        if of == START:
            return encode_jpeg(resized(fit(read_picture(_path(settings, "init_image")), size, how), size))
        if of == VIDEO:
            return encode_jpeg(_video_frame(settings, index, ffmpeg))
    raise BadInput(Message("there is no '{value}'", value=of))


def _path(settings: Settings, key: str) -> str:
    if not (path := settings.text(key)):
        raise BadInput("the picture is not here")
    return path


def _mask(settings: Settings) -> Frame:
    grey = to_uint8(np.float32(255.0) * fitted(read_grey(_path(settings, "mask_file")), painted_size(settings)))
    return np.repeat(grey[..., None], 3, axis=2)


def _video_frame(settings: Settings, index: int, ffmpeg: str | None) -> Frame:
    """Return what the source video shows at a frame of the film; beyond its end the last."""
    size, how = painted_size(settings), settings.text("init_image_fit")
    film, numbers = input_video(settings, ffmpeg, VIDEO)
    place = place_of(index, len(numbers), settings.text(AT_END))
    wanted = numbers[-1 if place is None else place]
    frames = film.frames(scaled_size(film.size, size, how), range(wanted, wanted + 1))
    try:
        return resized(fit(frames[0], size, how), size)
    finally:
        frames.close()
