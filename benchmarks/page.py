"""The page: from a key typed to a new curve, and what a WebUI's start pays for the tab."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import head, median_ms, row
from lib_anim.engines.catalog import PREVIEW
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from lib_anim.plan.plan import make_plan
from lib_anim.settings import settings as settings_file

FORMULA = "0:(sin(t/10)*cos(t/7))"
HOST = "import numpy, cv2, PIL.Image, tqdm"  # a WebUI has loaded these before us
TAB = f"{HOST}; import time; began = time.perf_counter(); import lib_anim.hosts.webui; print(time.perf_counter() - began)"


def run() -> None:
    """Print the table."""
    head("page: a look at a form, beside working its plan out alone")
    for frames in (60, 10_000):
        row(f"new curve, {frames} frames", *_look_ms(frames))
    head("page: import at a WebUI's start, beside what the host has loaded")
    row("lib_anim.hosts.webui", _imported_ms(TAB), _process_ms(HOST))


def _look_ms(frames: int) -> tuple[float, float]:
    asked = Form({}, {"max_frames": frames, "translation_x": FORMULA})
    with tempfile.TemporaryDirectory() as out:
        service = Service(Path(out), PREVIEW)
        ours = median_ms(lambda: service.validate(asked, ["translation_x"]), runs=9)
        service.close()
    settings = settings_file.parse({"max_frames": frames, "translation_x": FORMULA, "seed": 1})
    return ours, median_ms(lambda: make_plan(settings), runs=9)


def _imported_ms(code: str) -> float:
    """The least of five processes, since disks and neighbours only ever add."""
    return min(float(_printed(code)) for _ in range(5)) * 1e3


def _process_ms(code: str) -> float:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        _printed(code)
        times.append((time.perf_counter() - began) * 1e3)
    return min(times)


def _printed(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
