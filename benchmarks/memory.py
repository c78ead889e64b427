"""Whether memory grows with the number of frames: the peak of a run of 2 000 frames beside one of 200."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import json, resource, sys, tempfile
from pathlib import Path
from lib_anim.cli import main
with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "film.json"
    film = {{"anim_version": "bench", "W": 256, "H": 256, "seed": 1, "max_frames": {frames}, "diffusion_cadence": 2}}
    file.write_text(json.dumps(film))
    main(["run", str(file), "--engine", "passthrough", "--out", folder])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, file=sys.stderr)
"""


def run() -> None:
    """Print the table."""
    print(f"\n{'memory, a run to disk at 256x256':58}{'peak':>13}")
    peaks = {}
    for frames in (200, 2_000):
        done = subprocess.run([sys.executable, "-c", PROGRAM.format(frames=frames)], capture_output=True, text=True, check=True)
        peaks[frames] = int(done.stderr.split()[-1])
        print(f"{f'{frames} frames':58}{peaks[frames]:10d} MiB", flush=True)
    print(f"{'growth over 1 800 frames':58}{peaks[2_000] - peaks[200]:10d} MiB", flush=True)
