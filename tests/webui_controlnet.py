"""Puts a stand-in of a host's ControlNet among the scripts of a stand-in WebUI; what guides is seen in its pictures."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "controlnet_scripts"
HOSTS = {"a1111": "a1111", "forge": "forge", "neo": "forge"}  # kind of ControlNet -> kind of WebUI
MODEL = {"a1111": "control_v11p_sd15_canny [d14c016b]", "forge": "control_v11p_sd15_canny", "neo": "control_v11p_sd15_canny"}


def add_controlnet(host, kind, slots=3, beside=2):
    """Add it to both tabs, after `beside` arguments of other scripts; return the script of img2img."""
    runners = sys.modules["modules.scripts"]
    for runner in (runners.scripts_txt2img, runners.scripts_img2img):
        script = _load(kind).ControlNet()
        script.args_from, script.args_to = 1 + beside, 1 + beside + slots
        runner.alwayson_scripts.append(script)
        runner.inputs = [None, *(type("Widget", (), {"value": f"theirs {n}"})() for n in range(beside + slots + 1))]
    plain = host.paint

    def paint(job):
        picture = plain(job)
        for image, weight, region in getattr(job, "guided", ()):
            share = min(weight, 1.0) * (1.0 if region is None else region)
            picture = picture * (1.0 - share) + image[..., :3] / 255.0 * share
        return picture

    host.paint = paint
    return script


def _load(kind):
    """Execute the script's file as hosts do: its module is not known by a name."""
    spec = importlib.util.spec_from_file_location("controlnet.py", FOLDER / f"{kind}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def near(picture, level):
    return float(np.abs(picture.astype(float) - level).mean())
