"""The example film, which the page plays as long as there are no other films: `python -m tools.example` makes it.

It is painted by the bundled small model, from answers to the questions of the page; takes some minutes on a CPU.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from lib_anim.page.essentials import to_settings
from lib_anim.page.example import FILM
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings, parse
from lib_anim.version import __version__

SCENES = """0s a calm sea at dawn, soft clouds
2s a calm sea by day, blue sky, soft clouds
4s a calm sea at sunset, sun
6s a calm sea at night, full moon, stars"""
ANSWERS = {"scenes": SCENES, "avoid": "blurry", "speed": 0.5, "length": 8, "ending": "round", "seed": 5}
CHANGES = {"W": 224, "H": 384, "prompt_blend": "smooth", "batch_name": "example", "ffmpeg_crf": 26, "ffmpeg_preset": "veryslow"}


def settings() -> Settings:
    """Return the settings of the film."""
    return parse({**to_settings(ANSWERS, family="toy"), **CHANGES, "anim_version": __version__})


def main() -> int:
    """Paint the film and put it into the package."""
    from lib_anim.__main__ import main as anim

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "example.json"
        file.write_text(settings_file.dumps(settings()), encoding="utf-8")
        status = anim(["run", str(file), "--out", folder])
        if not status:
            FILM.parent.mkdir(exist_ok=True)
            shutil.copyfile(Path(folder) / "example" / "example.mp4", FILM)
    return status


if __name__ == "__main__":
    sys.exit(main())
