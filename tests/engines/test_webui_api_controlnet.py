"""ControlNet units over HTTP, against stand-ins of the answers of AUTOMATIC1111 with its extension and of Forge Neo."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("httpx")

from lib_anim.engines.base import Control, SampleRequest
from lib_anim.errors import EngineError, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.images.frame import write_png
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import settings
from tests.webui_server import Server, picture, webui_server

SIZE = (64, 48)
MODEL = {"a1111": "canny [d14c016b]", "neo": "canny"}
REQUEST = SampleRequest(0, SIZE, (("a cat", 1.0),), seed=3, steps=4, sampler="Euler", scheduler="Karras")


class WithControlNet(Server):
    """Units are read from their slots; one whose model is not there does nothing, and nothing is said."""

    def __init__(self, kind, slots=2):
        super().__init__()
        self.kind, self.slots, self.broken = kind, slots, False
        self.lists |= {
            "/controlnet/model_list": {"model_list": ["None", MODEL[kind], "ip-adapter_sd15 [6a3f6166]"]},
            "/controlnet/module_list": {
                "module_list": ["none" if kind == "a1111" else "None", "depth_midas", "ip-adapter_clip_sd15"]
            },
            "script-info": [{"name": "controlnet", "is_img2img": True, "args": [{"label": ""}] * slots}],
        }
        if kind == "a1111":
            self.lists |= {"/controlnet/version": {"version": 3}}

    def paint(self, task, job):
        values = super().paint(task, job).astype(float)
        units = job.get("alwayson_scripts", {}).get("controlnet", {}).get("args", [])
        assert len(units) <= self.slots
        self.maps = []
        for unit in units:
            if not unit.get("enabled", self.kind == "neo") or self.broken:
                continue
            image = picture(unit["image"])
            mask = unit.get("effective_region_mask" if self.kind == "a1111" else "mask_image")
            region = 1.0 if mask is None else picture(mask)[..., :1] / 255.0
            if self.kind == "neo" and (image < 5).all():
                raise AssertionError("an empty canvas")
            if unit["save_detected_map"]:
                self.maps += [image] if self.kind == "a1111" or mask is None else [image, picture(mask)]
            values = values * (1.0 - unit["weight"] * region) + image * unit["weight"] * region
        return values.astype(np.uint8)


@pytest.fixture(params=MODEL)
def server(request):
    with webui_server(kind=lambda: WithControlNet(request.param)) as server:
        yield server


def grey(level):
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def control(server, level=200, **changes):
    return replace(Control(MODEL[server.kind], grey(level)), **changes)


def units(server):
    return server.jobs[-1][1]["alwayson_scripts"]["controlnet"]["args"]


@pytest.mark.parametrize("init", [None, grey(60)])
def test_weights_from_0_to_1_show_in_the_pictures(server, engine, init):
    request = replace(REQUEST, init=init, denoise=0.5)
    frames = [engine.sample(replace(request, controls=(control(server, weight=w),))).frame for w in (0.2, 0.5, 0.8, 1.0)]
    off = [np.abs(frame.astype(float) - 200).mean() for frame in frames]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 2.0 < 10.0 < off[0]


def test_only_the_first_picture_asks_for_maps(server, engine):
    for _ in range(2):
        engine.sample(replace(REQUEST, controls=(control(server),)))
    (first, second) = [job["alwayson_scripts"]["controlnet"]["args"] for _, job in server.jobs]
    assert [unit.get("save_detected_map") for unit in first] == [True, None]
    assert [unit.get("save_detected_map") for unit in second] == [False, None]
    assert second[1] == {"enabled": False}
    assert ["control_net_no_detectmap" in job["override_settings"] for _, job in server.jobs] == [True, False]


def test_a_picture_for_all_frames_is_made_a_text_once(server, engine):
    still = control(server)
    for one in (still, replace(still, weight=0.5), control(server, level=90), still):
        engine.sample(replace(REQUEST, controls=(one,)))
    first, second, other, last = (job["alwayson_scripts"]["controlnet"]["args"][0]["image"] for _, job in server.jobs)
    assert first == second == last != other
    assert picture(other).mean() == 90


def test_without_units_nothing_is_sent(server, engine):
    engine.sample(REQUEST)
    assert "alwayson_scripts" not in server.jobs[-1][1]


@pytest.mark.parametrize("level", [0, 220])
def test_a_mask_keeps_the_guidance_within_it(server, engine, level):
    half = np.zeros((SIZE[1], SIZE[0]), np.float32)
    half[:, :32] = 1.0
    frame = engine.sample(replace(REQUEST, controls=(control(server, level, mask=half),))).frame.astype(float)
    assert np.abs(frame[:, :32] - level).mean() < 2
    assert np.abs(frame[:, 32:] - level).mean() > 60


def test_a_preprocessor_of_the_webui(server, engine):
    engine.sample(replace(REQUEST, controls=(control(server, module="depth_midas", options={"processor_res": 384}),)))
    assert (units(server)[0]["module"], units(server)[0]["processor_res"]) == ("depth_midas", 384)


def test_a_unit_that_did_nothing_is_an_error_or_a_note(server, engine):
    server.broken = True
    with pytest.raises(EngineError, match=r"ControlNet did not guide the picture \(canny"):
        engine.sample(replace(REQUEST, controls=(control(server),)))
    sampled = engine.sample(replace(REQUEST, controls=(control(server, required=False),)))
    assert sampled.notes == {"controlnet": "did not guide"}


@pytest.mark.parametrize(
    ("lists", "count"),
    [
        ({"script-info": [{"name": "ControlNet", "is_img2img": True, "args": [{}] * 5}]}, 5),
        ({"script-info": [], "/controlnet/settings": {"control_net_unit_count": 4}}, 4),
        ({"script-info": [{"name": "controlnet", "is_img2img": False, "args": [{}] * 5}]}, 3),
        ({"script-info": [], "/controlnet/settings": ["odd"]}, 3),
    ],
)
def test_how_many_units_there_are(server, engine, lists, count):
    server.lists |= lists
    assert engine.capabilities.control_units == count


@pytest.mark.parametrize("odd", [[], {"model_list": "odd"}, {"model_list": []}, None])
def test_no_controlnet(server, engine, odd):
    server.lists["/controlnet/model_list"] = odd
    assert "controlnet" not in engine.capabilities
    with pytest.raises(SettingsError, match="cn_1_enabled: the WebUI has no ControlNet; AUTOMATIC1111 needs the extension"):
        open_shot(settings(cn_1_enabled=True, cn_1_model="canny"), tools=Tools(engine.capabilities))


def test_a_film_is_guided_frame_by_frame(server, engine, tmp_path):
    write_png(tmp_path / "map.png", grey(200))
    film = settings(
        cn_1_enabled=True, cn_1_model="canny", cn_1_vid_path=str(tmp_path / "map.png"), cn_1_weight="0:(0.1), 5:(1)"
    )
    shot = open_shot(film, tools=Tools(engine.capabilities))
    frames = [rendered.frame.astype(float) for rendered in render(Reel(shot), engine)]
    off = [np.abs(frame - 200).mean() for frame in frames]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 2.0 < 20.0 < off[0]


def test_a_reference_picture_goes_through_its_units(server, engine, tmp_path):
    write_png(tmp_path / "map.png", grey(200))
    how = {"cn_1_module": "ip-adapter_clip_sd15", "cn_1_model": "ip-adapter_sd15", "cn_1_weight": "0:(0.5)"}
    film = settings(max_frames=2, cn_1_enabled=True, cn_1_vid_path=str(tmp_path / "map.png"), **how)
    list(render(Reel(open_shot(film, tools=Tools(engine.capabilities))), engine))
    unit = units(server)[0]
    assert (unit["module"], unit["model"], unit["weight"]) == ("ip-adapter_clip_sd15", "ip-adapter_sd15 [6a3f6166]", 0.5)
