"""The command line as people use it: exit status, stdout, one line a problem on stderr."""

import csv
import json
import os
import subprocess
import sys

import pytest

from lib_anim.cli import main
from lib_anim.runs.folder import RunFolder

SMALL = {"W": 64, "H": 48, "max_frames": 6, "seed": 7, "batch_name": "film"}

# from a published report of a Deforum experiment; there a null schedule ended the run
EXPERIMENT = {
    "animation_mode": "3D",
    "max_frames": 180,
    "fps": 12,
    "width": 512,
    "height": 512,
    "text_prompts": {"0": "solid", "60": "liquid", "120": "gas"},
    "angle": "0:(0)",
    "zoom": "0:(1.02)",
    "translation_z": "0:(0)",
    "key_frames": "",
    "camera": None,
    "seed": 42,
    "sampler": "Euler a",
    "steps": 25,
    "cfg_scale": 7.5,
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(name="film.json", **settings):
    with open(name, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump({**SMALL, **settings}, file)
    return name


def anim(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err.splitlines()


def problems(err):
    return [line for line in err if "note:" not in line]


def test_run_prints_the_folder(here, capsys):
    status, out, err = anim(capsys, "run", write(), "--engine", "passthrough")
    assert (status, out) == (0, ["output/film"])
    assert len(list((here / "output/film/frames").iterdir())) == 6
    assert (here / "output/film/film.mp4").exists()
    assert any("frame 6 of 6" in line for line in err)
    assert anim(capsys, "run", "film.json", "--engine", "preview", "--out", "ж")[1] == ["ж/film"]
    assert anim(capsys, "run", "film.json", "--engine", "preview", "--out", "ж")[1] == ["ж/film_2"]


def test_a_first_film_without_a_file(here, capsys):
    small = ("--set", "max_frames=3", "--set", "W=64", "--set", "H=48", "--no-video")
    status, out, _ = anim(capsys, "run", "infinite_zoom", "--engine", "passthrough", *small)
    assert (status, len(list((here / out[0] / "frames").iterdir()))) == (0, 3)
    write("orbit", max_frames=2)  # a file of that name counts
    assert anim(capsys, "run", "orbit", "--engine", "passthrough", "--no-video")[1] == ["output/film"]
    status, _, err = anim(capsys, "run", "infinite_zoo", "--engine", "passthrough")
    assert (status, problems(err)) == (2, ["anim: infinite_zoo: there is no such file"])


@pytest.mark.parametrize("command", ["run", "preview", "plan", "plot", "explain", "check"])
def test_the_help_names_the_films_that_come_along(command, capsys):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "dawn_to_night, fly_through, heartbeat, infinite_zoom, orbit" in " ".join(capsys.readouterr().out.split())


def test_several_files_and_changes(here, capsys):
    write("a.json", batch_name="a")
    write("b.json", batch_name="b")
    status, out, _ = anim(
        capsys, "run", "a.json", "b.json", "--engine", "passthrough", "--set", "max_frames=3", "--set", "width=80", "--no-video"
    )
    assert (status, out) == (0, ["output/a", "output/b"])
    assert sorted(path.name for path in (here / "output/b/frames").iterdir()) == [f"{k:09d}.png" for k in range(3)]
    assert json.loads((here / "output/a/settings.json").read_text())["W"] == 80
    assert not (here / "output/a/a.mp4").exists()


def test_a_part_of_the_film(here, capsys):
    assert anim(capsys, "run", write(max_frames=20), "--engine", "passthrough", "--frames", "5:9")[0] == 0
    assert sorted(path.stem for path in (here / "output/film/frames").iterdir()) == [f"{k:09d}" for k in range(5, 9)]
    assert json.loads((here / "output/film/settings.json").read_text())["max_frames"] == 20


@pytest.mark.parametrize("prompts", [EXPERIMENT["text_prompts"], list(EXPERIMENT["text_prompts"].values())])
@pytest.mark.parametrize("engine", ["passthrough", "preview"])
def test_the_experiment_renders_and_is_told_why_it_stands_still(here, capsys, engine, prompts):
    settings = {**EXPERIMENT, "text_prompts": prompts}
    (here / "experiment.json").write_text(json.dumps(settings))
    status, out, err = anim(capsys, "run", "experiment.json", "--engine", engine, "--set", "max_frames=12", "--no-video")
    assert status == 0
    assert len(list((here / out[0] / "frames").iterdir())) == 12
    assert any("zoom has no effect in 3D; the same speed is translation_z 0:(2.71)" in line for line in err)
    assert any("nothing moves in this film" in line for line in err)
    assert any("not known here, kept: key_frames, camera" in line for line in err)


def test_a_null_schedule_is_the_default(here, capsys):
    (here / "experiment.json").write_text(json.dumps({**EXPERIMENT, "zoom": None, "translation_z": None}))
    assert anim(capsys, "check", "experiment.json")[0] == 0


def test_the_experiment_with_a_model(here, capsys):
    pytest.importorskip("diffusers")
    from tests import tiny

    tiny.sd(here).save_pretrained(here / "tiny")
    (here / "experiment.json").write_text(json.dumps(EXPERIMENT))
    changes = ["--set", "max_frames=4", "--set", "W=72", "--set", "H=50", "--set", "steps=3"]
    status, out, err = anim(capsys, "run", "experiment.json", "--model", "tiny", "--device", "cpu", *changes)
    assert status == 0, err
    assert len(list((here / out[0] / "frames").iterdir())) == 4
    assert any("72x50 is painted as 72x48" in line for line in err)
    begun = RunFolder(here / out[0]).journal()[0]
    assert (begun["engine"], begun["model"]) == ("diffusers", "tiny")


def test_resume_goes_on_as_it_was_begun(here, capsys):
    write(max_frames=9)
    anim(capsys, "run", "film.json", "--engine", "preview")
    whole = {path.name: path.read_bytes() for path in (here / "output/film/frames").iterdir()}
    for index in range(4, 9):
        (here / f"output/film/frames/{index:09d}.png").unlink()
    for state in sorted((here / "output/film/state").iterdir())[-1:]:
        state.unlink()
    status, out, _ = anim(capsys, "run", "--resume", "output/film")
    assert (status, out) == (0, ["output/film"])
    assert {path.name: path.read_bytes() for path in (here / "output/film/frames").iterdir()} == whole
    assert anim(capsys, "run", "--resume", "output/film")[0] == 0  # finished: nothing to do


def test_resume_with_other_settings(here, capsys):
    write(max_frames=6)
    anim(capsys, "run", "film.json", "--engine", "passthrough")
    write("other.json", max_frames=6, zoom="0:(1.2)", seed=-1)
    assert anim(capsys, "run", "other.json", "--resume", "output/film")[0] == 0
    written = json.loads((here / "output/film/settings.json").read_text())
    assert (written["zoom"], written["seed"]) == ("0:(1.2)", 7)
    write("wide.json", max_frames=6, W=128)
    status, _, err = anim(capsys, "run", "wide.json", "--resume", "output/film")
    assert status == 2
    assert any("W was 64 and cannot become 128 in the middle of a run" in line for line in err)


def test_resume_auto_starts_goes_on_or_has_nothing_to_do(here, capsys):
    write(max_frames=6)
    command = ["run", "film.json", "--engine", "passthrough", "--resume", "auto", "--no-video"]
    assert anim(capsys, *command)[:2] == (0, ["output/film"])  # absent
    before = {path.name: path.stat().st_mtime_ns for path in (here / "output/film/frames").iterdir()}
    status, out, err = anim(capsys, *command)  # finished
    assert (status, out) == (0, ["output/film"])
    assert any("finished" in line for line in err)
    assert {path.name: path.stat().st_mtime_ns for path in (here / "output/film/frames").iterdir()} == before
    summary = json.loads((here / "output/film/summary.json").read_text())
    (here / "output/film/summary.json").write_text(json.dumps({**summary, "status": "running"}))
    (here / "output/film/frames/000000005.png").unlink()
    assert anim(capsys, *command)[:2] == (0, ["output/film"])  # unfinished
    assert (here / "output/film/frames/000000005.png").exists()
    assert not (here / "output/film_2").exists()


def test_resume_auto_goes_on_with_the_model_it_was_begun_with(here, capsys):
    write(max_frames=6)
    anim(capsys, "run", "film.json", "--engine", "passthrough", "--no-video")
    summary, journal = (here / "output/film" / name for name in ("summary.json", "journal.jsonl"))
    summary.write_text(json.dumps({**json.loads(summary.read_text()), "status": "running"}))
    journal.write_text(json.dumps({"event": "start", "engine": "diffusers", "model": "none.safetensors"}) + "\n")
    status, _, err = anim(capsys, "run", "film.json", "--resume", "auto", "--no-video", "--trust-run")
    assert (status, err[-1]) == (2, "anim: none.safetensors: there is no such model")


def test_resume_auto_needs_a_name_that_stays(here, capsys):
    write(batch_name="film_{timestring}")
    status, _, err = anim(capsys, "run", "film.json", "--engine", "passthrough", "--resume", "auto")
    assert status == 2
    assert "film.json: batch_name: --resume auto finds runs by their name" in err[-1]


def test_status_says_how_the_run_stands(here, capsys):
    write(max_frames=6)
    anim(capsys, "run", "film.json", "--engine", "passthrough", "--status", "deep/status.json")
    status = json.loads((here / "deep/status.json").read_text())
    assert (status["state"], status["run"], status["frame"], status["of"], status["last_error"]) == (
        "done",
        "output/film",
        6,
        6,
        None,
    )
    assert status["seconds_a_frame"] >= 0
    assert status["finish_time"]


def test_webui_outside_of_one(here, capsys):
    status, _, err = anim(capsys, "run", write(), "--engine", "webui")
    assert status == 2
    assert "this process is no WebUI; there it is --anim-run-now FILE" in err[-1]


def test_inside_a_webui_it_paints(here, capsys):
    from tests.webui_host import webui

    with webui() as host:
        assert anim(capsys, "run", write(sampler="Special"), "--no-video")[:2] == (0, ["output/film"])
    assert len(host.jobs) == 3
    assert json.loads((here / "output/film/summary.json").read_text())["engine"] == "webui"


def test_motion_preview_needs_no_model(here, capsys):
    assert anim(capsys, "run", write(motion_preview_mode=True), "--no-video")[0] == 0


BAD = [
    ({"max_frames": 0}, "film.json: max_frames: 0 is too small; the least is 1"),
    ({"W": 7}, "film.json: W: 7 is too small; the least is 8"),
    ({"sampler": "Eulr a"}, "film.json: sampler: there is no sampler 'Eulr a'; the nearest are Euler a, Euler"),
    ({"angle": "0:(0), 4:(sn(t))"}, "film.json: angle, keyframe 4, column 11: unknown function 'sn'; did you mean 'sin'?"),
    (
        {"angle": "0:(1/(t-3))"},
        "film.json: angle, keyframe 0, column 4: '1/(t-3)' is infinite at frame 3; keep divisors away from 0",
    ),
    ({"cfg_scale": "0:(9**9**9)"}, "film.json: cfg_scale_schedule, keyframe 0, column 4: '9**9**9' is infinite at frame 0"),
    (
        {"freeu_enabled": True},
        "film.json: freeu_enabled: FreeU: not built yet; write freeu_enabled false, or go on without it: --allow-missing",
    ),
    ({"use_init": True, "init_image": "none.png"}, "none.png: there is no such file"),
]


@pytest.mark.parametrize(("settings", "line"), BAD)
@pytest.mark.parametrize("command", ["check", "run"])
def test_bad_settings_are_one_line_and_leave_nothing(here, capsys, command, settings, line):
    write(**settings)
    status, out, err = anim(capsys, command, "film.json", *(["--engine", "passthrough"] if command == "run" else []))
    assert (status, out) == (2, [])
    assert len(problems(err)) == 1
    assert line in problems(err)[0]
    assert [path.name for path in here.iterdir()] == ["film.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "none.json", "--engine", "passthrough"], "none.json: there is no such file"),
        (
            ["run", "broken.json", "--engine", "passthrough"],
            "broken.json: line 2, column 5: not valid JSON: a colon is missing; write : behind the key",
        ),
        (["run"], "no settings file was named; write anim run FILE"),
        (["run", "film.json", "--model", "none.safetensors"], "none.safetensors: there is no such model"),
        (["run", "film.json", "--model", "broken.json"], "broken.json: not a checkpoint"),
        (["run", "film.json", "--engine", "preview", "--out", "film.json"], "film.json: cannot be written"),
        (["run", "film.json", "--engine", "preview", "--frames", "4:99"], "--frames: 4:99 is not a part of frames 0:6"),
        (
            ["run", "film.json", "--engine", "preview", "--set", "smpler=x"],
            "--set smpler: there is no such setting; did you mean 'sampler'?",
        ),
        (["run", "--resume", "nowhere"], "nowhere: there is no run"),
        (["plan", "film.json", "--frame", "6"], "--frame: there is no frame 6; frames are 0 to 5"),
        (["stitch", "."], "there is no run"),
        (["plot", "film.json", "-o", "no/where.png"], "no/where.png: cannot be written"),
    ],
)
def test_other_bad_input(here, capsys, arguments, words):
    write()
    (here / "broken.json").write_text('{"W": 1,\n "H"}')
    if arguments[0] == "plot":
        pytest.importorskip("matplotlib")
    status, out, err = anim(capsys, *arguments)
    assert (status, out) == (2, [])
    assert len(problems(err)) == 1
    assert words in problems(err)[0]
    assert sorted(path.name for path in here.iterdir()) == ["broken.json", "film.json"]


def test_problems_of_all_files_come_before_anything_is_done(here, capsys):
    write("good.json")
    write("bad.json", max_frames=0, W="x")
    status, out, err = anim(capsys, "run", "good.json", "bad.json", "none.json", "--engine", "passthrough")
    assert (status, out) == (2, [])
    assert len(problems(err)) == 3
    assert not (here / "output").exists()


def test_no_space(here, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 1000})())
    status, _, err = anim(capsys, "run", write(), "--engine", "passthrough")
    assert status == 2
    assert "no space: 6 frames need" in err[-1]
    assert not (here / "output").exists()


def test_allow_missing_goes_on_and_says_so(here, capsys):
    status, _, err = anim(capsys, "run", write(freeu_enabled=True), "--engine", "passthrough", "--allow-missing", "--no-video")
    assert status == 0
    assert any("note: left out: freeu_enabled: FreeU" in line for line in err)


@pytest.mark.timeout(60)  # none may hang
@pytest.mark.parametrize(
    "settings",
    [
        {"zoom": "0:(__import__('os').system('touch hacked'))"},
        {"zoom": "0:(" + "(" * 3000 + "1" + ")" * 3000 + ")"},
        {"prompts": {"0": "`__import__('os').system('touch hacked')`"}},
        {"prompts": {"__import__('os').system('touch hacked')": "a"}},
        {"batch_name": "{__class__.__mro__}"},
        {"batch_name": "../../hacked"},
        {"batch_name": "{prompts[0]}/$(touch hacked)`touch hacked`"},
        {"sampler": "$(touch hacked)"},
        {"max_frames": 10**12},
        {"W": 10**12},
        {"fps": 1e308},
        {"zoom": "9" * 5000},
        {"seed": 10**400},
        {"zoom": 10**400},
        {"ffmpeg": "/bin/touch", "ffmpeg_location": "/bin/touch"},
        {"strength_schedule": "0:(" + "t+" * 4000 + "t)"},
        {"zoom": {"0": {"0": {}}}},
        {"prompts": [[[[]]]]},
    ],
)
def test_museum_of_attempts(here, capsys, settings):
    write(**{"max_frames": 2, **settings})
    status, out, err = anim(capsys, "run", "film.json", "--engine", "passthrough", "--out", "inside", "--no-video")
    assert status in (0, 2), err
    assert not any("should not have happened" in line for line in err)
    assert {path.name for path in here.iterdir()} <= {"film.json", "inside"}
    assert all((here / line).parent == here / "inside" for line in out)
    assert not (here.parent / "hacked").exists()


def test_plan_marks_prompts_after_the_end(here, capsys):
    prompts = {"0": "a", "11": "b", "max_f": "c", "12": "d", "2*max_f": "e"}
    (here / "late.json").write_text(json.dumps({"anim_version": "x", "max_frames": 12, "prompts": prompts}))
    assert main(["plan", "late.json"]) == 0
    listed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("prompt at")]
    marked = ["12 (after the last frame, 11): d", "2*max_f (after the last frame, 11): e"]
    assert listed == [f"prompt at {line}" for line in ("0: a", "11: b", "max_f: c", *marked)]


def test_plan(here, capsys):
    write(zoom="0:(1), 5:(2)", prompts={"0": "a --neg x", "3": "b"}, prompt_blend="linear", max_frames=6, classic=False)
    status, out, _ = anim(capsys, "plan", "film.json")
    assert status == 0
    assert out[0] == "6 frames at 15 a second, 0.4 s, 64x48"
    assert any(line.startswith("zoom") and "1 .. 2" in line for line in out)
    _, out, _ = anim(capsys, "plan", "film.json", "--frame", "1")
    row = dict(line.split(maxsplit=1) for line in out if len(line.split()) > 1)
    assert (row["painted"], row["zoom"], row["seed"]) == ("False", "1.2", "7")
    assert row["prompt"] == "0.667 × a + 0.333 × b"
    _, out, _ = anim(capsys, "plan", "film.json", "--csv")
    assert len(out) == 7
    assert out[0].startswith("frame,seconds,painted,seed,prompt,negative,")


HOSTILE = "\x1b]0;pwn\x07\x1b[31m=cmd|'/c calc'!A0 \u202e\x9b \u3000\u6f22"
SHOWN = "\\x1b]0;pwn\\x07\\x1b[31m=cmd|'/c calc'!A0 \\u202e\\x9b \u3000\u6f22"


@pytest.mark.parametrize("more", [(), ("--frame", "0"), ("--csv",)])
def test_what_a_terminal_would_obey_is_shown(here, capsys, more):
    status, out, _ = anim(capsys, "plan", write(prompts={"0": HOSTILE}), *more)
    assert status == 0
    assert SHOWN in "\n".join(out)
    assert not set("\x1b\x07\u202e\x9b") & set("".join(out))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", " =1+1", "x\n=1"])
def test_a_spreadsheet_runs_no_prompt(here, capsys, text):
    _, out, _ = anim(capsys, "plan", write(prompts={"0": text}, max_frames=1), "--csv")
    (row,) = csv.DictReader(out)
    assert row["prompt"].lstrip()[0] not in "=+-@"
    assert row["zoom"][0].isdigit()


def test_explain_tells_the_order(here, capsys):
    _, out, _ = anim(capsys, "explain", write())
    assert [line.split()[:2] for line in out if line.startswith(("move", "prepare"))] == [
        ["move", "camera_2d"],
        ["prepare", "color_coherence"],
        ["prepare", "sharpen"],
        ["prepare", "noise"],
    ]


def test_plot_draws_the_curves(here, capsys):
    pytest.importorskip("matplotlib")
    from lib_anim.images.frame import read_picture

    status, out, _ = anim(capsys, "plot", write(zoom="0:(1), 5:(2)"), "-o", "c.png")
    assert (status, out) == (0, ["c.png"])
    assert read_picture(here / "c.png").std() > 10


def test_preview_leaves_out_what_is_for_the_model(here, capsys):
    status, out, _ = anim(capsys, "preview", write(freeu_enabled=True))
    assert (status, out) == (0, ["output/film"])
    assert json.loads((here / "output/film/summary.json").read_text())["engine"] == "preview"


def test_stitch_makes_the_video_anew(here, capsys):
    anim(capsys, "run", write(), "--engine", "passthrough", "--no-video")
    status, out, err = anim(capsys, "stitch", "output/film")
    assert (status, out) == (0, ["output/film/film.mp4"])
    assert "6 frames" in err[-1]


def test_as_a_program(here):
    write()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    for arguments, status in [(["--version"], 0), (["check", "film.json"], 0), (["check", "none.json"], 2), ([], 2)]:
        done = subprocess.run([sys.executable, "-m", "lib_anim", *arguments], capture_output=True, env=environment, check=False)
        assert done.returncode == status
