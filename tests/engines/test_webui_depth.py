"""Depth by the annotators of the WebUI around us, over stand-ins of the three ControlNets that there are."""

import sys
import threading

import numpy as np
import pytest

from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.webui.controlnet_units import annotator
from lib_anim.engines.webui.queue_turns import Turns
from lib_anim.errors import ModelError
from lib_anim.features.open import make_shot
from lib_anim.plan.plan import make_plan
from lib_anim.shot.steps import Tools
from tests.helpers import settings
from tests.webui_controlnet import HOSTS, add_controlnet
from tests.webui_host import webui

WEBUI = EngineSpec("webui")
IN_3D = {"animation_mode": "3D", "translation_z": "0:(3)", "depth_algorithm": "depth_midas"}


@pytest.fixture(params=HOSTS)
def kind(request):
    return request.param


@pytest.fixture
def host(kind):
    with webui(HOSTS[kind]) as host:
        yield host


@pytest.fixture
def midas(host, kind):
    add_controlnet(host, kind)
    found = annotator(sys.modules["modules.scripts"], "depth_midas")
    found.__init__()  # that of Forge and of Neo is one object
    return found


def red_card():
    frame = np.zeros((64, 96, 3), np.uint8)
    frame[16:48, 24:72, 0] = 255
    return frame


def test_an_annotator_sees_what_is_near_at_the_size_of_the_picture(midas):
    seen = WEBUI.depth("depth_midas").see(red_card())
    assert seen.shape == (64, 96)
    assert seen[20:44, 28:68].min() > 0.95
    assert seen[:12].max() < 0.05
    assert (midas.calls, midas.unloaded) == ([512], 1)


@pytest.mark.parametrize("name", ["canny", "depth_nothing", "Midas-3-Hybrid", "", "none"])
def test_others_than_its_depth_annotators_are_none(host, kind, midas, name):
    assert WEBUI.depth(name) is None


def test_without_a_controlnet_there_is_none(host):
    assert WEBUI.depth("depth_midas") is None


@pytest.mark.parametrize("engine", ["preview", "diffusers", "webui-api"])
def test_other_engines_have_none_of_their_own(engine):
    assert EngineSpec(engine).depth("depth_midas") is None


def test_no_other_job_of_the_host_runs_meanwhile(host, midas):
    held = []
    midas.during = lambda: held.append(host.lock.locked())
    WEBUI.depth("depth_midas").see(red_card())
    assert held == [True]
    assert not host.lock.locked()


def test_a_film_that_holds_the_queue_does_not_wait_for_itself(host, midas):
    turns = Turns(host.lock, polite=False)
    with turns.picture():
        pass
    assert host.lock.locked()
    WEBUI.depth("depth_midas").see(red_card())
    assert host.lock.locked()
    turns.end()
    assert not host.lock.locked()


def test_another_film_waits_until_the_queue_is_free(host, midas):
    turns = Turns(host.lock, polite=False)
    with turns.picture():
        pass
    other = threading.Thread(target=WEBUI.depth("depth_midas").see, args=(red_card(),))
    other.start()
    other.join(0.2)
    assert other.is_alive()
    turns.end()
    other.join(20)
    assert midas.calls == [512]


@pytest.mark.parametrize("fault", [RuntimeError("out of memory"), OSError("no network"), KeyError("x")])
def test_an_annotator_that_fails_is_said(host, midas, fault):
    def fail():
        raise fault

    midas.during = fail
    with pytest.raises(ModelError, match=r"depth_midas: cannot be run: .*(memory|network|x)"):
        WEBUI.depth("depth_midas").see(red_card())
    assert not host.lock.locked()


def test_a_film_in_3d_takes_the_one_that_it_names(host, midas):
    made = make_shot(make_plan(settings(**IN_3D)), Tools(depth=WEBUI.depth))
    camera = dict(made.features)["camera_3d"]
    assert "scene of depth estimated by depth_midas of the WebUI" in camera.does
    assert not any("stands in" in str(note) for note in camera.notes)
