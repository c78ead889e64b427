"""ControlNet units in the WebUI around us, over stand-ins of the three ControlNets that there are."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from lib_anim.engines.base import Control
from lib_anim.engines.webui import engine as webui_engine
from lib_anim.engines.webui.engine import WebuiEngine
from lib_anim.errors import EngineError, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.images.frame import write_png
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.engines.test_webui_engine import SIZE, asked
from tests.helpers import settings
from tests.webui_controlnet import HOSTS, MODEL, add_controlnet
from tests.webui_host import webui


@pytest.fixture(params=HOSTS)
def kind(request):
    return request.param


@pytest.fixture
def host(kind):
    with webui(HOSTS[kind]) as host:
        yield host


def grey(level):
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def control(kind, level=200, **changes):
    return replace(Control(MODEL[kind], grey(level)), **changes)


def painted(**changes):
    return WebuiEngine().sample(asked(**changes)).frame.astype(float)


def slots(host, script):
    return host.jobs[-1].script_args[script.args_from : script.args_to]


@pytest.mark.parametrize("init", [None, grey(60)])
def test_weights_from_0_to_1_show_in_the_pictures(host, kind, init):
    add_controlnet(host, kind)
    how = {} if init is None else {"init": init, "denoise": 0.5}
    off = [np.abs(painted(controls=(control(kind, weight=weight),), **how) - 200).mean() for weight in (0.2, 0.5, 0.8, 1.0)]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 1.0 < 10.0 < off[0]


def test_its_slots_are_filled_and_no_other_ones(host, kind):
    script = add_controlnet(host, kind, slots=4)
    painted(init=grey(9), denoise=0.5, controls=(control(kind, weight=0.7, start=0.1, end=0.6),))
    first, *rest = slots(host, script)
    assert (first["enabled"], first["weight"], first["guidance_start"], first["guidance_end"]) == (True, 0.7, 0.1, 0.6)
    assert rest == [{"enabled": False}] * 3
    args = list(host.jobs[-1].script_args)
    assert args[: script.args_from] == [0, "theirs 0", "theirs 1"]
    assert args[script.args_to :] == ["theirs 6"]


def test_without_units_it_stays_out(host, kind):
    script = add_controlnet(host, kind)
    painted(init=grey(9), denoise=0.5)
    assert slots(host, script) == [f"theirs {n}" for n in (2, 3, 4)]
    assert not hasattr(host.jobs[-1], "guided")


@pytest.mark.parametrize("masked", [False, True])
def test_a_black_picture_guides_too(host, kind, masked):
    add_controlnet(host, kind)
    half = np.zeros((SIZE[1], SIZE[0]), np.float32)
    half[:, :32] = 1.0
    frame = painted(controls=(control(kind, level=0, weight=0.9, mask=half if masked else None),))
    assert frame[:, :32].max() < 25
    assert (frame[:, 32:].mean() > 60) == masked


def test_units_add_up_and_their_maps_are_no_pictures(host, kind):
    add_controlnet(host, kind)
    sampled = painted(controls=(control(kind, 250), control(kind, 10, weight=0.5)))
    assert abs(sampled.mean() - 130) < 2
    assert not any(unit["save_detected_map"] for unit in host.jobs[-1].script_args[3:5])


def test_a_preprocessor_of_the_host_gets_the_picture_and_its_numbers(host, kind):
    script = add_controlnet(host, kind)
    options = {"processor_res": 384, "threshold_a": -1, "pixel_perfect": True}
    painted(init=grey(9), denoise=0.5, controls=(control(kind, module="depth_midas", options=options),))
    unit = slots(host, script)[0]
    assert (unit["module"], unit["processor_res"], unit["threshold_a"], unit["pixel_perfect"]) == ("depth_midas", 384, -1, True)


@pytest.mark.parametrize("broken", [{"model": "no such"}, {"module": "no such"}])
def test_a_unit_that_did_nothing_is_an_error_or_a_note(host, kind, broken, capsys):
    add_controlnet(host, kind)
    with pytest.raises(EngineError, match=r"did not guide the picture .*: the WebUI's log says why; --allow-missing"):
        WebuiEngine().sample(asked(controls=(control(kind, **broken),)))
    sampled = WebuiEngine().sample(asked(controls=(control(kind, required=False, **broken),)))
    assert sampled.notes == {"controlnet": "did not guide"}
    capsys.readouterr()


def test_a_unit_that_guided_before_does_not_speak_for_the_next(host, kind, capsys):
    add_controlnet(host, kind)
    painted(controls=(control(kind),))
    with pytest.raises(EngineError, match="did not guide"):
        painted(controls=(control(kind), control(kind, model="no such")))
    capsys.readouterr()


def test_what_the_host_has_is_read_from_its_script(host, kind):
    assert "controlnet" not in webui_engine.capabilities()
    add_controlnet(host, kind, slots=2)
    found = webui_engine.capabilities()
    assert "controlnet" in found
    assert (found.controls[0], found.control_units) == (MODEL[kind], 2)
    assert {"canny", "depth_midas"} < set(found.preprocessors)


def test_without_a_page_the_scripts_are_built_when_they_are_needed(host, kind, monkeypatch):
    runner, built = sys.modules["modules.scripts"].scripts_img2img, []

    def create_ui():
        built.append(add_controlnet(host, kind))
        runner.scripts = built

    monkeypatch.setitem(sys.modules, "modules.ui", types.SimpleNamespace(create_ui=create_ui))
    assert "controlnet" not in webui_engine.capabilities()
    sys.modules["modules.shared"].cmd_opts.nowebui = True
    assert "controlnet" in webui_engine.capabilities()
    painted(controls=(control(kind),))
    assert len(built) == 1


def film(tmp_path, **changes):
    write_png(tmp_path / "map.png", grey(200))
    units = {"cn_1_enabled": True, "cn_1_model": MODEL["forge"], "cn_1_vid_path": str(tmp_path / "map.png")}
    return settings(**{"max_frames": 5, **units, **changes})


def open_film(tmp_path, allow_missing=False, **changes):
    tools = Tools(webui_engine.capabilities())
    return open_shot(film(tmp_path, **changes), tools=tools, allow_missing=allow_missing)


def test_a_film_is_guided_frame_by_frame(host, kind, tmp_path):
    add_controlnet(host, kind)
    shot = open_film(tmp_path, cn_1_weight="0:(0.1), 4:(1)")
    frames = [rendered.frame.astype(float) for rendered in render(Reel(shot), WebuiEngine())]
    off = [np.abs(frame - 200).mean() for frame in frames]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 1.0 < 20.0 < off[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"cn_1_model": "control_canny"},
            r"cn_1_model: there is no ControlNet 'control_canny'; did you mean 'control_v11p_sd15",
        ),
        (
            {"cn_1_module": "depth_midsa"},
            r"cn_1_module: this engine has no pre-processor 'depth_midsa'; did you mean 'depth_midas'",
        ),
        (
            {f"cn_{n}_{name}": value for n in (2, 3) for name, value in (("enabled", True), ("source", "Moved picture"))}
            | {f"cn_{n}_model": MODEL["forge"] for n in (2, 3)},
            r"cn_3_enabled: the WebUI has 2 ControlNet units, and the film needs 3; raise their number",
        ),
    ],
)
def test_what_the_host_lacks_is_said_before_the_film(host, kind, tmp_path, changes, words):
    add_controlnet(host, kind, slots=2)
    with pytest.raises(SettingsError, match=words):
        open_film(tmp_path, **changes)
    shot = open_film(tmp_path, allow_missing=True, **changes)
    assert any(note.startswith("left out: cn_") for note in shot.notes)
    list(render(Reel(shot), WebuiEngine()))


def test_a_reference_picture_goes_through_its_units(host, kind, tmp_path):
    script = add_controlnet(host, kind)
    shot = open_film(
        tmp_path,
        cn_1_module="ip-adapter_clip_sd15",
        cn_1_model="ip-adapter_sd15",
        cn_1_weight="0:(0.5)",
        cn_1_guidance_end="0:(0.4)",
    )
    list(render(Reel(shot), WebuiEngine()))
    unit = slots(host, script)[0]
    assert (unit["module"], unit["model"].partition(" [")[0]) == ("ip-adapter_clip_sd15", "ip-adapter_sd15")
    assert (unit["weight"], unit["guidance_end"], unit["processor_res"]) == (0.5, 0.4, -1)


def test_a_module_that_needs_no_model(host, kind, tmp_path):
    script = add_controlnet(host, kind)
    shot = open_film(tmp_path, cn_1_module="reference_only", cn_1_model="None", cn_1_processor_res=64)
    list(render(Reel(shot), WebuiEngine()))
    unit = slots(host, script)[0]
    assert (unit["module"], unit["model"], unit["processor_res"]) == ("reference_only", "None", -1)


def test_no_controlnet_is_said_with_what_to_install(host, tmp_path):
    with pytest.raises(SettingsError, match=r"cn_1_enabled: the WebUI has no ControlNet; AUTOMATIC1111 needs the extension"):
        open_film(tmp_path)
    assert open_film(tmp_path, allow_missing=True).plan.timeline.n_frames == 5


def test_the_scripts_of_the_host_stay_as_they_are(host, kind):
    add_controlnet(host, kind)
    painted(controls=(control(kind),))
    runner = sys.modules["modules.scripts"].scripts_txt2img
    assert [script.title() for script in runner.alwayson_scripts] == ["ControlNet"]
