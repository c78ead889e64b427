"""What tests of the page in a real browser share: an `anim ui` of their own, and what they do with it."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
SLOW = 60_000  # milliseconds that anything may take on a busy machine
SMALL = {"W": 64, "H": 64, "max_frames": 12, "fps": 12, "seed": 5, "anim_version": "0.1.0", "batch_name": "small"}
LACKING = [name for name in ("starlette", "uvicorn", "playwright") if not find_spec(name)]
IN_A_BROWSER = [
    pytest.mark.skipif(bool(LACKING), reason=f"not installed: {', '.join(LACKING)}"),
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium"),
]


class Program:
    """An `anim ui` of its own."""

    def __init__(self, out: Path, *more: str, environment: dict[str, str] | None = None):
        self._environment = {**os.environ, **(environment or {})}
        self._command = [sys.executable, "-m", "lib_anim", "ui", "--port", "0", "--out", str(out), *more]
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, env=self._environment)
        self.url = self._process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:")

    def end(self) -> int:
        self._process.terminate()
        return self._process.wait(60)


def settings_file(folder: Path, **changes) -> str:
    path = folder / "film.json"
    path.write_text(json.dumps({**SMALL, **changes}), encoding="utf-8")
    return str(path)


def load(page, file: str) -> None:
    page.set_input_files("#anim_file", file)
    page.wait_for_selector("#anim_told p")


def says(page, pattern: str) -> None:
    """Wait until the line under the picture says so."""
    page.wait_for_function("one => new RegExp(one).test(document.querySelector('#anim_state')?.textContent || '')", arg=pattern)
