"""Pictures as flat or narrow as settings allow go through every feature, in a process of its own: what fails here ends one."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from lib_anim.images.flow import dis
from tests.features.inputs import write_inputs
from tests.features.test_features import SWITCHES

SIDES = (8, 16, 24, 48, 64), (8, 24, 64, 128, 512, 1024)
SIZES = sorted({size for a in SIDES[0] for b in SIDES[1] for size in ((a, b), (b, a))})

OTHER = {
    "start_picture",
    "guided_images",
    "interpolation",
    "soundtrack",
    "formats",
    "host_options",
    "scripts",
    "option_schedules",
    "controlnet",
}  # files and engines, no pixels
ALL = {key: value for name, (switches, _) in SWITCHES.items() if name not in OTHER for key, value in switches.items()}
ALL |= {"mask_schedule": "0:({everywhere} & {everywhere}), 2:(!{everywhere})", "fill": "fill"}
FILMS = [
    {"animation_mode": "3D", "optical_flow_cadence": method, "optical_flow_redo_generation": method, "translation_z": "0:(2)"}
    for method in ("DIS Fast", "DIS Medium")
] + [{"animation_mode": "2D", "optical_flow_cadence": "DIS Fine", "noise_type": "detail", "zoom": "0:(1.1)", "angle": "0:(3)"}]

PROGRAM = """
import os
import sys
import numpy as np
from lib_anim.images.metrics import Follower
from lib_anim.shot.reel import Reel, render
from tests.features.test_sizes import ALL, FILMS
from tests.helpers import Painter, noisy, shot

os.chdir(sys.argv[1])
for size in sys.argv[2:]:
    width, height = map(int, size.split("x"))
    for k, changes in enumerate(FILMS):
        print(f"{size} film {k}", flush=True)
        film = shot(**{**ALL, **changes, "W": width, "H": height, "max_frames": 5, "diffusion_cadence": 2})
        frames = [rendered.frame for rendered in render(Reel(film), Painter(noisy))]
        assert [frame.shape for frame in frames] == [(height, width, 3)] * 5
    Follower()(frames[0], frames[-1])
"""


@pytest.mark.parametrize("group", range(4))
def test_flat_pictures_go_through_every_feature(group, tmp_path):
    write_inputs(tmp_path)
    sizes = [f"{width}x{height}" for width, height in SIZES[group::4]]
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), *sizes]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"{sizes[-1]} film 2"), done.stderr[-2000:]


@pytest.mark.parametrize("method", ["DIS Fast", "DIS Medium", "DIS Fine"])
@pytest.mark.parametrize(("width", "height"), [(128, 12), (12, 128), (160, 31), (24, 24)])
def test_the_flow_of_a_flat_picture_is_found(method, width, height):
    rng = np.random.default_rng(5)
    ground = cv2.GaussianBlur(rng.integers(0, 256, (height + 8, width + 8), np.uint8), (0, 0), 2.0)
    one, other = ground[4 : 4 + height, 4 : 4 + width], ground[4 : 4 + height, 2 : 2 + width]
    flow = dis(method)(np.ascontiguousarray(one), np.ascontiguousarray(other))
    assert flow.shape == (height, width, 2)
    middle = flow[height // 4 : -height // 4, width // 4 : -width // 4]
    assert np.abs(np.median(middle, axis=(0, 1)) - (2, 0)).max() < 0.7
