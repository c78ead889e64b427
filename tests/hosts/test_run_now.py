"""`--anim-run-now` inside a WebUI: flags, what is said before the WebUI is up, exit statuses."""

import argparse
import json
import runpy
import signal
import subprocess
import sys
import threading
import types
from pathlib import Path

import pytest
from PIL import Image

from lib_anim.engines.webui import script_values
from lib_anim.hosts import run_now
from lib_anim.hosts import webui as webui_host
from lib_anim.hosts.run_now import RunNow, command_line
from tests.webui_host import failing_at, webui

ROOT = Path(__file__).parents[2]
SMALL = {"W": 64, "H": 48, "max_frames": 3, "diffusion_cadence": 1, "seed": 7, "batch_name": "film"}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield tmp_path
    for number, handler in before.items():
        signal.signal(number, handler)


def write(name="film.json", **settings):
    Path(name).write_text(json.dumps({**SMALL, **settings}), encoding="utf-8")
    return name


def flags(*arguments):
    """What the host's own parser makes of a command line, with our flags added as the host adds them."""
    parser = argparse.ArgumentParser()
    runpy.run_path(str(ROOT / "preload.py"))["preload"](parser)
    return parser.parse_args([str(argument) for argument in arguments])


def runs(*arguments):
    """Everything a WebUI does with these flags: the exit status, or None if it stays up."""
    left = []
    now = RunNow(flags(*arguments), leave=left.append)
    if thread := now.start():
        thread.join(60)
        assert not thread.is_alive()
    return left[0] if left else None


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ([], None),
        (["--anim-run-now", "a.json"], ["run", "a.json", "--engine", "webui"]),
        (["--anim-run-now", "a.json", "--anim-run-now", "b.txt"], ["run", "a.json", "b.txt", "--engine", "webui"]),
        (["--anim-run-now", "a.json, b.json"], ["run", "a.json", "b.json", "--engine", "webui"]),
        (["--anim-resume", "output/film"], ["run", "--engine", "webui", "--resume", "output/film"]),
        (
            ["--anim-run-now", "a.json", "--anim-resume", "auto", "--anim-out", "out", "--anim-status", "s.json"],
            ["run", "a.json", "--engine", "webui", "--out", "out", "--resume", "auto", "--status", "s.json"],
        ),
        (
            ["--anim-run-now", "a.json", "--anim-set", "seed=3", "--anim-set", "W=512"],
            ["run", "a.json", "--engine", "webui", "--set", "seed=3", "--set", "W=512"],
        ),
    ],
)
def test_flags_are_a_command_line(here, arguments, command):
    assert command_line(flags(*arguments)) == command


def test_the_ffmpeg_of_the_webui_s_settings_is_used():
    assert command_line(flags("--anim-run-now", "a.json"), "/my/ffmpeg")[-2:] == ["--ffmpeg", "/my/ffmpeg"]
    assert command_line(flags(), "/my/ffmpeg") is None


def test_a_folder_is_its_settings_files_by_name(here):
    for name in ("b.json", "a.txt", "picture.png"):
        write(name)
    assert command_line(flags("--anim-run-now", here))[1:3] == [str(here / "a.txt"), str(here / "b.json")]


def test_a_file_with_a_comma_in_its_name_is_one_file(here):
    assert command_line(flags("--anim-run-now", write("rain, steam.json")))[1] == "rain, steam.json"


@pytest.mark.parametrize("arguments", [["--anim-run-now"], ["--anim-run-now", " "], ["--anim-resume", "auto"]])
def test_no_file_gets_an_answer(here, capsys, arguments):
    assert runs(*arguments, "--anim-terminate-after-run-now") == 2
    assert "write --anim-run-now film.json" in capsys.readouterr().err


def test_without_flags_nothing_happens(here, capsys):
    assert runs() is None
    assert runs("--anim-terminate-after-run-now") is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_film_from_start_to_exit_status(here, kind):
    with webui(kind) as host:
        assert runs("--anim-run-now", write(), "--anim-terminate-after-run-now", "--anim-status", "status.json") == 0
        assert len(host.jobs) == 3
    assert len(list(Path("output/film/frames").iterdir())) == 3
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == "done"
    assert json.loads(Path("status.json").read_text())["state"] == "done"


def test_the_webui_stays_up_without_the_flag_that_ends_it(here):
    with webui():
        assert runs("--anim-run-now", write()) is None
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == "done"


@pytest.mark.parametrize(
    ("settings", "arguments", "said"),
    [
        ({"zoom": "0:(1.02+)"}, [], "zoom"),
        ({}, ["--anim-set", "zom=1"], "--anim-set zom"),
        ({}, ["--anim-set", "seed"], "is not KEY=VALUE"),
    ],
)
def test_a_fault_is_said_before_a_checkpoint_is_loaded(here, capsys, settings, arguments, said):
    with webui() as host:
        now = RunNow(flags("--anim-run-now", write(**settings), *arguments))
        assert not now.wanted
        assert now.start() is None
        assert host.jobs == []
        assert runs("--anim-run-now", "film.json", *arguments, "--anim-terminate-after-run-now") == 2
    assert said in capsys.readouterr().err
    assert not Path("output").exists()


def test_a_missing_file_is_status_2(here, capsys):
    assert runs("--anim-run-now", "nowhere.json", "--anim-terminate-after-run-now") == 2
    assert "nowhere.json" in capsys.readouterr().err


def test_no_checkpoint_is_status_2(here, capsys):
    with webui():
        sys.modules["modules.sd_models"].checkpoints_list = {}
        assert runs("--anim-run-now", write(), "--anim-terminate-after-run-now") == 2
    assert "models/Stable-diffusion" in capsys.readouterr().err
    assert not Path("output").exists()


def test_a_failure_of_the_host_is_status_1_with_what_was_painted(here, capsys):
    with webui() as host, failing_at(host, 3, "the card is gone"):
        assert runs("--anim-run-now", write(), "--anim-terminate-after-run-now") == 1
    assert "the card is gone" in capsys.readouterr().err
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == "failed"
    assert len(list(Path("output/film/frames").iterdir())) == 2


def test_a_second_start_does_nothing(here):
    """The host calls back again whenever its page is reloaded."""
    with webui() as host:
        now = RunNow(flags("--anim-run-now", write()))
        now.start().join(60)
        assert now.start() is None
        assert len(host.jobs) == 3


ENDINGS = [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]


def begun_elsewhere(now):
    """The run of a WebUI that starts it in a thread of its own, as Forge does."""
    begun = []
    starter = threading.Thread(target=lambda: begun.append(now.start()))
    starter.start()
    starter.join(60)
    return begun[0]


@pytest.mark.parametrize(("number", "status", "said"), ENDINGS)
def test_a_signal_ends_the_run_tidily(here, number, status, said):
    left = []
    with webui("forge") as host:
        good, painting, heard = host.paint, threading.Event(), threading.Event()

        def paint(job):
            painting.set()
            assert heard.wait(60)
            return good(job)

        host.paint = paint
        now = RunNow(flags("--anim-run-now", write(), "--anim-terminate-after-run-now"), leave=left.append)
        thread = begun_elsewhere(now)
        assert painting.wait(60)
        signal.raise_signal(number)
        heard.set()
        thread.join(60)
        assert len(host.jobs) == 1
    assert left == [status]
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == said


@pytest.mark.parametrize(("number", "status", "said"), ENDINGS)
def test_a_signal_before_the_run_and_a_second_one_end_the_process(here, number, status, said):
    left = []
    with webui("forge") as host:
        good, painting, heard = host.paint, threading.Event(), threading.Event()

        def paint(job):
            painting.set()
            assert heard.wait(60)
            return good(job)

        host.paint = paint
        now = RunNow(flags("--anim-run-now", write(), "--anim-terminate-after-run-now"), leave=left.append)
        signal.raise_signal(number)
        assert left == [status]
        thread = begun_elsewhere(now)
        assert painting.wait(60)
        signal.raise_signal(number)
        assert left == [status]
        signal.raise_signal(number)
        assert left == [status, status]
        heard.set()
        thread.join(60)


def test_after_the_run_a_signal_is_the_webuis_again(here):
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    with webui():
        now = RunNow(flags("--anim-run-now", write()))
        signal.raise_signal(signal.SIGINT)
        assert heard == [True]
        now.start().join(60)
        signal.raise_signal(signal.SIGINT)
    assert heard == [True, True]
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == "done"


def test_resume_auto_goes_on_and_then_has_nothing_to_do(here):
    arguments = ["--anim-run-now", write(), "--anim-resume", "auto", "--anim-terminate-after-run-now"]
    with webui() as host:
        with failing_at(host, 2):
            assert runs(*arguments) == 1
        assert runs(*arguments) == 0
        painted = len(host.jobs)
        assert runs(*arguments) == 0
        assert len(host.jobs) == painted
    assert len(list(Path("output/film/frames").iterdir())) == 3


@pytest.mark.parametrize("ends", [["--anim-terminate-after-run-now"], []])
@pytest.mark.parametrize(("number", "status", "said"), ENDINGS)
def test_a_signal_to_a_webui_without_a_page_ends_run_and_process_tidily(here, number, status, said, ends):
    """uvicorn takes the handlers of signals for itself when it begins to serve, after the run has begun."""
    pytest.importorskip("uvicorn", reason="WebUIs serve by uvicorn")
    film = str(here / write(max_frames=60))
    command = ["uvicorn", "--anim-run-now", film, "--anim-out", str(here / "output"), *ends]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.webui_process", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert any(line.strip() == "painting" for line in process.stdout)
    process.send_signal(number)
    assert process.wait(60) == status
    summary = json.loads(Path("output/film/summary.json").read_text())
    assert summary["status"] == said
    assert summary["frames"] == len(list(Path("output/film/frames").iterdir())) > 0
    assert Path("output/film/film.mp4").stat().st_size > 0


def test_a_process_that_ends_by_itself_lets_the_run_end_tidily_before(here):
    film = str(here / write(max_frames=60))
    command = ["return", "--anim-run-now", film, "--anim-out", str(here / "output")]
    done = subprocess.run([sys.executable, "-m", "tests.webui_process", *command], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 143
    assert json.loads(Path("output/film/summary.json").read_text())["status"] == "terminated"


def test_films_go_where_those_of_the_tab_go():
    assert command_line(flags("--anim-run-now", "a.json"), out="/tab")[-2:] == ["--out", "/tab"]
    assert command_line(flags("--anim-run-now", "a.json", "--anim-out", "/mine"), out="/tab")[-2:] == ["--out", "/mine"]


@pytest.mark.parametrize(
    ("settings", "arguments", "status"),
    [({"freeu_enabled": True}, [], 2), ({"freeu_enabled": True}, ["--anim-allow-missing"], 0)],
)
def test_what_is_not_there_is_left_out_where_that_is_asked_for(here, capsys, settings, arguments, status):
    with webui():
        assert runs("--anim-run-now", write(**settings), "--anim-terminate-after-run-now", *arguments) == status
    assert "or go on without it: --anim-allow-missing" in capsys.readouterr().err  # said in any case


@pytest.mark.parametrize(
    ("text", "here_it_is"),
    [
        ("--set zom: there is no such setting", "--anim-set zom: there is no such setting"),
        ("or go on without it: --allow-missing", "or go on without it: --anim-allow-missing"),
        ("or allow it: --fetch", "or allow it: --anim-fetch"),
        ("anim run --resume DIR goes on later", "--anim-resume DIR goes on later"),
        ("write --anim-set, or --settle, or ---set", "write --anim-set, or --settle, or ---set"),
    ],
)
def test_remedies_name_the_flags_of_a_webui(text, here_it_is):
    assert run_now._in_flags_of_a_webui(text) == here_it_is


def test_an_error_of_the_host_leaves_its_traceback_in_the_log_and_in_the_journal(here, capsys):
    with webui() as host:

        def broken_card(job):
            raise RuntimeError("the card is gone")

        host.paint = broken_card
        assert runs("--anim-run-now", write(), "--anim-terminate-after-run-now") == 1
    assert "in broken_card" in capsys.readouterr().err
    (end,) = lines("end")
    assert "in broken_card" in end["traceback"]


# -- the model -----------------------------------------------------------------------------------------------------------

OURS, THEIRS = "model.safetensors [abc]", "anime/other.ckpt [def]"
PROMPTS = {"prompts": {"0": "a cat <lora:zen:1>"}}


def stopped_halfway(host):
    """A film whose second picture failed."""
    with failing_at(host, 2):
        assert runs("--anim-run-now", write(**PROMPTS), "--anim-terminate-after-run-now") == 1


def lines(event):
    journal = Path("output/film/journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, journal) if line["event"] == event]


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_what_painted_is_written_down(here, kind):
    with webui(kind):
        assert runs("--anim-run-now", write(**PROMPTS), "--anim-terminate-after-run-now") == 0
    (told,) = lines("painter")
    assert (told["engine"], told["checkpoint"], told["checkpoint_hash"]) == ("webui", "model", "abc")
    assert told["loras"] == {"zen": "0123456789ab"}
    assert told["host"].endswith(" v1.10.1")
    assert told["options"]["sd_model_checkpoint"] == OURS
    settings = json.loads(Path("output/film/settings.json").read_text())
    assert (settings["sd_model_name"], settings["sd_model_hash"]) == ("model", "abc")
    assert settings["sd_lora_hashes"] == {"zen": "0123456789ab"}
    assert settings["painted_by"] == told["host"]


def test_painted_frames_say_what_painted_them(here):
    prompts = {"prompts": {"0": "a cat", "2": "a dog --neg fur"}}
    with webui("a1111"):
        assert (
            runs("--anim-run-now", write(max_frames=5, diffusion_cadence=2, **prompts), "--anim-terminate-after-run-now") == 0
        )
    told = [Image.open(path).info.get("parameters") for path in sorted(Path("output/film/frames").iterdir())]
    assert [bool(text) for text in told] == [True, False, True, False, True]
    assert told[0].startswith("a cat\nSteps: 25, Sampler: Euler a, Schedule type: Automatic, CFG scale: ")
    assert told[2].startswith("a dog\nNegative prompt: fur\nSteps: 25, ")
    assert "Size: 64x48, Model hash: abc, Model: model, Denoising strength: 0.35, Version: v1.10.1" in told[2]


@pytest.mark.parametrize("kind", ["a1111", "forge"])
def test_a_run_is_gone_on_with_by_its_own_model(here, kind):
    with webui(kind) as host:
        stopped_halfway(host)
        host.choose("sd_model_checkpoint", THEIRS)
        host.everybody_is_served()
        assert runs("--anim-resume", "output/film", "--anim-terminate-after-run-now") == 0
        assert {one[0] for one in host.painted_by} == {OURS}
        assert host.opts.data["sd_model_checkpoint"] == THEIRS
    assert len(lines("painter")) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda host: host.checkpoints.pop(OURS), "the checkpoint was 'model', which is not there"),
        (lambda host: host.rename(OURS, "model.safetensors [99]"), "the checkpoint 'model' was abc and is 99, another file"),
        (lambda host: host.loras.remove("zen"), "the LoRA 'zen' is not there"),
    ],
)
def test_a_model_that_is_gone_is_said_and_another_only_taken_when_asked_for(here, capsys, change, said):
    with webui("a1111") as host:
        stopped_halfway(host)
        host.choose("sd_model_checkpoint", THEIRS)
        host.everybody_is_served()
        change(host)
        painted = len(host.jobs)
        resume = ["--anim-resume", "output/film", "--anim-terminate-after-run-now"]
    with webui("a1111") as host:
        host.opts.data["sd_model_checkpoint"] = THEIRS
        change(host)
        assert runs(*resume) == 2
        assert said in capsys.readouterr().err
        assert len(host.jobs) == 0
        assert runs(*resume, "--anim-other-model") == 0
        assert {one[0] for one in host.painted_by} == {THEIRS}
    assert painted == 2
    assert [line["checkpoint"] for line in lines("painter")] == ["model", "other"]
    assert json.loads(Path("output/film/settings.json").read_text())["sd_model_name"] == "other"


# -- registering with the WebUI -----------------------------------------------------------------------------------------


@pytest.fixture
def scripts(monkeypatch):
    """The two host modules that `scripts/anim.py` talks to, and what it hung into them."""
    hung = {"tabs": [], "started": []}
    callbacks = types.ModuleType("modules.script_callbacks")
    callbacks.on_ui_tabs, callbacks.on_app_started = hung["tabs"].append, hung["started"].append
    with webui():
        sys.modules["modules"].script_callbacks = callbacks
        sys.modules["modules.scripts"].basedir = lambda: str(ROOT)
        sys.modules["modules"].scripts = sys.modules["modules.scripts"]
        sys.modules["modules.shared"].cmd_opts = flags()
        monkeypatch.setitem(sys.modules, "modules.script_callbacks", callbacks)
        yield hung


def test_a_failing_import_leaves_the_webui_standing_and_says_why(scripts, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "lib_anim.hosts.webui", None)
    monkeypatch.delattr("lib_anim.hosts.webui", raising=False)  # there when another test imported it
    runpy.run_path(str(ROOT / "scripts/anim.py"))
    assert len(scripts["tabs"]) == 1
    assert "the tab cannot be shown" in capsys.readouterr().err


def test_values_of_scripts_are_kept_from_jobs_of_img2img(scripts, monkeypatch):
    monkeypatch.setattr(webui_host, "_state", {})
    monkeypatch.setattr(script_values, "_last", {})
    sys.modules["modules.scripts"].AlwaysVisible = object()
    keeper = runpy.run_path(str(ROOT / "scripts/anim.py"))["LastValues"]()
    assert keeper.show(True) is sys.modules["modules.scripts"].AlwaysVisible
    detailer = types.SimpleNamespace(title=lambda: "ADetailer", args_from=1, args_to=3)
    runner = types.SimpleNamespace(alwayson_scripts=[detailer])
    for name, is_api, known in (("Txt2Img", False, {}), ("Img2Img", True, {}), ("Img2Img", False, {"adetailer": (True, 0.3)})):
        job = type(name, (), {"is_api": is_api, "scripts": runner, "script_args": (0, True, 0.3)})()
        keeper.process(job)
        assert script_values._last == known


def test_the_flags_cost_the_start_nothing():
    """preload.py runs before everything else in the WebUI, so it imports nothing at all."""
    code = f"import sys; old = set(sys.modules); exec(open({str(ROOT / 'preload.py')!r}).read()); print(set(sys.modules) - old)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
