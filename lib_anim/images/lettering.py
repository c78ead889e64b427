"""Lines of text on frames."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib_anim.images.frame import Frame

# the first one that is installed is used; all have Latin and Cyrillic letters, those in the first line also Chinese ones
_FONTS = (
    *("NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "wqy-microhei.ttc", "Arial Unicode.ttf"),
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf", "Helvetica.ttc", "LiberationSans-Regular.ttf"),
)


def draw_lines(frame: Frame, *lines: str, at_top: bool = False) -> Frame:
    """Draw lines of text on a darkened band at the bottom of a frame, or at its top."""
    height, width = frame.shape[:2]
    size = max(10, min(width, height) // 26)
    band = min(height, int(size * 1.5 * len(lines) + size * 0.5))
    begin = 0 if at_top else height - band
    result = frame.copy()
    result[begin : begin + band] //= 3
    image = Image.fromarray(result)
    draw, font = ImageDraw.Draw(image), _font(size)
    for k, line in enumerate(lines):
        draw.text(
            (size // 2, begin + int(size * (0.35 + 1.45 * k))),
            _shorten(line, font, width - size),
            fill="white",
            font=font,
        )
    return np.array(image)


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    for name in _FONTS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default()


@lru_cache(maxsize=256)
def _shorten(line: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """Cut a line to `width` pixels; letters that a bitmap font lacks become "?"."""
    line = " ".join(line.split())[:400]
    if not isinstance(font, ImageFont.FreeTypeFont):
        line = line.encode("latin-1", "replace").decode("latin-1")
    while line and font.getbbox(line)[2] > width:
        line = line[: max(len(line) * 9 // 10 - 1, 0)].rstrip() + "…" if len(line) > 4 else ""
        line = line if isinstance(font, ImageFont.FreeTypeFont) else line.replace("…", "")
    return line
