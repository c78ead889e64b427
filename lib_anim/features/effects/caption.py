"""Captions: frame number and prompt, written on every frame that is shown, but not on what is fed back."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lib_anim.images.frame import Frame
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

# the first one that is installed is used; all have Latin and Cyrillic letters, those in the first line also Chinese ones
_FONTS = (
    *("NotoSansCJK-Regular.ttc", "msyh.ttc", "PingFang.ttc", "wqy-microhei.ttc", "Arial Unicode.ttf"),
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf", "Helvetica.ttc", "LiberationSans-Regular.ttf"),
)


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if the engine's capabilities contain "caption", as those of the preview engine do."""
    if "caption" not in tools.capabilities:
        return None
    last = plan.timeline.n_frames - 1

    def show(canvas: Canvas, params: Params) -> Canvas:
        words = " + ".join(text for text, _ in params.prompt.positives)
        return canvas.edited(draw_lines(canvas.frame, f"{params.index} / {last}", words))

    return Steps(show=(show,), does="frame number and prompt")


def draw_lines(frame: Frame, *lines: str) -> Frame:
    """Draw lines of text on a darkened band at the bottom of a frame."""
    height, width = frame.shape[:2]
    size = max(10, min(width, height) // 26)
    band = min(height, int(size * 1.5 * len(lines) + size * 0.5))
    result = frame.copy()
    result[height - band :] = result[height - band :] // 3
    image = Image.fromarray(result)
    draw, font = ImageDraw.Draw(image), _font(size)
    for k, line in enumerate(lines):
        draw.text(
            (size // 2, height - band + int(size * (0.35 + 1.45 * k))),
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
