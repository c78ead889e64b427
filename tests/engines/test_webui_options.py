"""Our page among a WebUI's settings: what is offered where, and that it counts."""

import sys
import types

import pytest

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.cache import Engines
from lib_anim.engines.catalog import ANY
from lib_anim.engines.choice import choose
from lib_anim.engines.webui import options as host_options
from lib_anim.engines.webui import script_values
from lib_anim.hosts import webui as webui_host
from tests.webui_host import webui


class Info:
    """shared.OptionInfo of AUTOMATIC1111 1.10, as far as it is used."""

    def __init__(self, default=None, label="", component=None, component_args=None, section=None, restrict_api=False):
        self.default, self.label, self.section, self.restrict_api, self.said = default, label, section, restrict_api, []
        self.component, self.component_args = component, component_args

    def info(self, text):
        self.said.append(text)
        return self

    def needs_restart(self):
        self.said.append("restart")
        return self


class OldInfo:
    """One that knows less."""

    def __init__(self, default=None, label="", component=None, section=None):
        self.default, self.label, self.section = default, label, section


@pytest.fixture
def host(monkeypatch):
    with webui() as host:
        shared = sys.modules["modules.shared"]
        shared.OptionInfo = Info
        host.opts.add_option = lambda key, info: (
            host.opts.data_labels.update({key: info}),
            host.opts.data.setdefault(key, info.default),
        )
        host.flags = shared.cmd_opts
        monkeypatch.setitem(sys.modules, "gradio", types.SimpleNamespace(Radio="radio"))
        monkeypatch.setattr(webui_host, "_state", {})
        yield host


def offered(host):
    host_options.offer()
    return {key: info for key, info in host.opts.data_labels.items() if key.startswith("anim_")}


def test_what_is_offered(host):
    infos = offered(host)
    models = ("anim_flow_model", "anim_depth_model", "anim_mask_model", "anim_interpolation_model")
    texts = dict.fromkeys(("anim_out", "anim_ffmpeg", "anim_let_through", *models), "")
    assert {key: info.default for key, info in infos.items()} == {
        **texts,
        "anim_polite": True,
        "anim_video_quality": "Normal",
        "anim_fetch": False,
    }
    assert {info.section for info in infos.values()} == {("anim", "Anim")}
    assert [key for key, info in infos.items() if info.restrict_api] == [
        "anim_out",
        "anim_ffmpeg",
        *models,
        "anim_fetch",
    ]
    assert [key for key, info in infos.items() if "restart" in info.said] == ["anim_out"]
    quality = infos.pop("anim_video_quality")
    assert (quality.component, quality.component_args) == ("radio", {"choices": ["Small file", "Normal", "Best"]})
    assert {info.component for info in infos.values()} == {None}  # a host makes a text or a switch from the default


LOCAL = {"anim_ffmpeg", "anim_flow_model", "anim_depth_model", "anim_mask_model", "anim_interpolation_model", "anim_fetch"}


@pytest.mark.parametrize(
    ("flags", "gone"),
    [
        ({}, set()),
        ({"server_name": "127.0.0.1"}, set()),
        ({"listen": True}, LOCAL),
        ({"share": True}, LOCAL),
        ({"ngrok": "key"}, LOCAL),
        ({"server_name": "0.0.0.0"}, LOCAL),
        ({"listen": True, "enable_insecure_extension_access": True}, set()),
        ({"hide_ui_dir_config": True}, {"anim_out"}),
    ],
)
def test_what_others_could_misuse_is_neither_offered_nor_read_where_they_reach(host, flags, gone):
    host.flags.__dict__.update(flags)
    texts = (*(LOCAL - {"anim_fetch"}), "anim_out", "anim_let_through")
    host.opts.data.update(dict.fromkeys(texts, "x"))
    host.opts.data["anim_fetch"] = True
    assert set(offered(host)) == {option.key for option in host_options.OPTIONS} - gone
    assert {option.key for option in host_options.OPTIONS if not host_options.value(option)} == gone


def test_a_host_that_knows_less_offers_what_it_can(host):
    sys.modules["modules.shared"].OptionInfo = OldInfo
    assert set(offered(host)) == {option.key for option in host_options.OPTIONS}


def test_a_host_without_options_of_others_breaks_nothing(host):
    del sys.modules["modules.shared"].OptionInfo
    assert offered(host) == {}
    host.opts.data["anim_out"] = None
    assert (host_options.value(host_options.OUT), host_options.let_through()) == ("", [])


@pytest.mark.parametrize(
    ("option", "said", "meant"),
    [
        (host_options.OUT, " a folder ", "a folder"),
        (host_options.OUT, None, ""),
        (host_options.OUT, 3, ""),
        (host_options.POLITE, False, False),
        (host_options.POLITE, "no", True),
        (host_options.QUALITY, "Best", "Best"),
        (host_options.QUALITY, "Perfect", "Normal"),
    ],
)
def test_what_is_said_and_what_that_means(host, option, said, meant):
    host.opts.data[option.key] = said
    assert host_options.value(option) == meant


@pytest.mark.parametrize(
    ("quality", "settings"), [("Small file", {"ffmpeg_crf": 24}), ("Normal", {}), ("Best", {"ffmpeg_crf": 12}), (None, {})]
)
def test_three_words_for_x264s_quality(host, quality, settings):
    host.opts.data["anim_video_quality"] = quality
    assert host_options.defaults() == settings


def test_the_raft_file_of_the_tabs_films(host):
    host.opts.data["anim_flow_model"] = " a/raft.onnx "
    assert host_options.defaults() == {"flow_model": "a/raft.onnx"}


def of_the_tab():
    return webui_host.ENGINE.load()


def of_the_flags():
    return Engines().get(choose(ANY, motion_preview=False))


@pytest.mark.parametrize("engine_of", [of_the_tab, of_the_flags])
@pytest.mark.parametrize(("polite", "held"), [(None, False), (True, False), (False, True)])
def test_a_film_keeps_the_webui_to_itself_where_politeness_is_off(host, engine_of, polite, held):
    host.opts.data["anim_polite"] = polite
    engine = engine_of()
    engine.sample(SampleRequest(0, (64, 48)))
    assert host.lock.locked() == held


def test_they_count(host, tmp_path):
    host.opts.data |= {"anim_out": f" {tmp_path} ", "anim_let_through": " ADetailer, ,ControlNet", "anim_ffmpeg": "/my/ffmpeg"}
    engine = webui_host.ENGINE.load()
    assert engine._let_through == {"adetailer", "controlnet"}
    service = webui_host._service()
    try:
        assert service.out == tmp_path
        assert service.jobs._ffmpeg() == "/my/ffmpeg"
        host.opts.data["anim_ffmpeg"] = ""  # changed while the WebUI runs
        assert service.jobs._ffmpeg() is None
    finally:
        service.close()
    host.flags.anim_out = "elsewhere"
    assert str(webui_host._out()) == "elsewhere"


def test_a_webui_without_a_checkpoint_says_so_at_once(host):
    assert webui_host.ENGINE.cautions() == []
    sys.modules["modules.sd_models"].checkpoints_list = {}
    assert [one["text"] for one in webui_host.ENGINE.cautions()] == [host_options.NO_CHECKPOINT]


def test_a_script_that_is_not_there_is_told_by_its_name(host):
    class There:
        def title(self):
            return "ADetailer"

    There.args_from = There.args_to = None
    sys.modules["modules.scripts"].scripts_img2img.alwayson_scripts.append(There())
    host.opts.data["anim_let_through"] = "adetailer, ControlNot"
    assert webui_host.ENGINE.cautions() == [{"text": host_options.NO_SCRIPT, "values": {"name": "ControlNot"}}]
    [script] = webui_host.ENGINE.capabilities().scripts
    assert script.remark == script_values.AT_START.format(name="ADetailer")


def test_the_page_is_registered_where_the_host_has_settings_pages(host, monkeypatch):
    hung = []
    callbacks = types.ModuleType("modules.script_callbacks")
    callbacks.on_ui_tabs = callbacks.on_app_started = lambda work: None
    monkeypatch.setitem(sys.modules, "modules.script_callbacks", callbacks)
    webui_host.register("root")
    callbacks.on_ui_settings = hung.append
    webui_host.register("root")
    assert hung == [host_options.offer]
