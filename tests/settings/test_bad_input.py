"""Bad input of every kind in one look: `anim check` says all of it at once, each with its place and what to do."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lib_anim
from lib_anim.cli import main
from lib_anim.images.frame import write_png
from tests.helpers import QUIET, write_tone

ROOT = Path(lib_anim.__file__).parents[1]

# what a file holds, the key and place of the line that tells of it, and the rest of that line
WRONG = [
    ({"diffusion_cadence": -2}, "diffusion_cadence", "-2 is too small; the least is 1"),
    ({"steps": "many"}, "steps", '"many" is not a number; write a number such as 25'),
    ({"parseq_manifest": '{"frames": []}'}, "parseq_manifest", "no Parseq manifest (it has no rendered_frames); render it in"),
    (
        {"add_soundtrack": "File", "soundtrack_path": "text.mp3", "strength_schedule": "0:(0.5 + 0.1*beat)"},
        "soundtrack_path",
        "text.mp3: there is no sound in it; MP3, WAV, M4A, OGG and FLAC have some",
    ),
    (
        {"enable_sampler_scheduling": True, "sampler_schedule": '0:("Euler a"), 70:("Eulr")'},
        "sampler_schedule, frame 70",
        "there is no sampler 'Eulr'; the nearest are Euler",
    ),
    (
        {"cfg_scale_schedule": "0:(7), 90:(sn(t))"},
        "cfg_scale_schedule, keyframe 90, column 12",
        "unknown function 'sn'; did you mean 'sin'?",
    ),
    ({"prompts": {"0": "a", "9x": "b"}}, "prompts, keyframe 9x", ""),
    ({"use_mask": True}, "use_mask", "masks: not built yet; write use_mask false, or go on without it: --allow-missing"),
]
PICTURES = {"use_init": True, "init_image": "start.png", "color_coherence": "Image", "color_coherence_image_path": "red.png"}
DEPTH = {"animation_mode": "3D", "use_depth_warping": True, "depth_map": "depth.png"}
RESIZED = [
    "init_image: 40x30 is resized to 64x48",
    "color_coherence_image_path: 20x60 is not resized to 64x48; only its colours count",
    "depth_map: 30x40 is resized to 64x48, which stretches it; crop it to the film's shape to avoid that",
]
UNEVEN = [{"frame": 0, "strength": 0.5, "scale": 7}, {"frame": 1, "strength": 0.5}, {"frame": 2}]


@pytest.fixture
def folder(tmp_path):
    """A folder with a settings file that holds all of the above, one with an uneven manifest, and what they name."""
    (tmp_path / "text.mp3").write_text("no sound")
    for name, (width, height) in {"start": (40, 30), "red": (20, 60), "depth": (30, 40)}.items():
        picture = np.full((height, width, 3), (200, 40, 30), np.uint8)
        picture[: height // 2] = 90 if name == "depth" else picture[0, 0]
        write_png(tmp_path / f"{name}.png", picture)
    everything = {**QUIET, "max_frames": 100, **PICTURES, **DEPTH}
    for changes, *_ in WRONG:
        everything |= changes
    (tmp_path / "film.json").write_text(json.dumps(everything))
    (tmp_path / "uneven.json").write_text(json.dumps({**QUIET, "parseq_manifest": json.dumps({"rendered_frames": UNEVEN})}))
    return tmp_path


def test_one_look_says_everything(folder):
    command = [sys.executable, "-m", "lib_anim", "check", str(folder / "film.json"), str(folder / "uneven.json")]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, cwd=ROOT)
    assert (done.returncode, done.stdout) == (2, "")
    lines = [line.removeprefix(f"anim: {folder}/") for line in done.stderr.splitlines()]
    notes = [line.removeprefix("film.json: note: ") for line in lines if "note:" in line]
    problems = [line for line in lines if "note:" not in line]
    assert set(RESIZED) <= set(notes)
    for _, place, words in WRONG:
        assert [line for line in problems if line.startswith(f"film.json: {place}: {words}")], place
    uneven = ["strength: has values for 2 of 3 frames; frame 2", "scale: has values for 1 of 3 frames; frame 1"]
    expected = [f"uneven.json: parseq_manifest, {one} has none; render it in Parseq again" for one in uneven]
    assert sorted(problems[-2:]) == sorted(expected)
    assert len(problems) == len(WRONG) + len(uneven)  # and nothing that only follows


@pytest.mark.parametrize(("changes", "place", "words"), WRONG)
@pytest.mark.parametrize("command", ["check", "run"])
def test_each_is_one_line_of_its_own(folder, capsys, monkeypatch, command, changes, place, words):
    monkeypatch.chdir(folder)
    (folder / "one.json").write_text(json.dumps({**QUIET, "max_frames": 100, "animation_mode": "3D", **changes}))
    assert main([command, "one.json", *(["--engine", "passthrough"] if command == "run" else [])]) == 2
    told = [line for line in capsys.readouterr().err.splitlines() if "note:" not in line]
    assert [line[: len(f"anim: one.json: {place}: {words}")] for line in told] == [f"anim: one.json: {place}: {words}"]


def test_what_only_follows_from_a_wrong_value_is_not_told(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    wrong = {"W": "wide", "animation_mode": "4D", "init_image": 7, "use_init": True, "translation_z": "0:(3)", **QUIET}
    (folder / "one.json").write_text(json.dumps({**QUIET, **wrong, "W": "wide", "depth_map": "depth.png"}))
    assert main(["check", "one.json"]) == 2
    told = [line.removeprefix("anim: one.json: ") for line in capsys.readouterr().err.splitlines()]
    assert sorted(told) == [
        'W: "wide" is not a number; write a number such as 512',
        "animation_mode: there is no \"4D\"; did you mean '3D'?",
        "init_image: 7 is not a path; write the file's path in quotes",
    ]


def test_pictures_that_fit_are_not_spoken_of(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    for name in ("start", "red", "depth"):
        write_png(folder / f"{name}.png", np.arange(48 * 64 * 3, dtype=np.int64).reshape(48, 64, 3).astype(np.uint8))
    (folder / "fits.json").write_text(json.dumps({**QUIET, **PICTURES, **DEPTH, "translation_z": "0:(1)"}))
    assert main(["check", "fits.json"]) == 0
    assert capsys.readouterr().err == ""


def test_a_sound_that_can_be_heard_is_no_problem(folder, capsys, monkeypatch):
    monkeypatch.chdir(folder)
    write_tone(folder / "tone.wav")
    (folder / "one.json").write_text(json.dumps({**QUIET, "add_soundtrack": "File", "soundtrack_path": "tone.wav"}))
    assert main(["check", "one.json"]) == 0
    assert capsys.readouterr().err.count("anim:") <= 1
