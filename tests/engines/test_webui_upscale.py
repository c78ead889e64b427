"""Upscalers of the WebUI around us."""

import sys
import types

import numpy as np
import pytest

from lib_anim.engines.catalog import EngineSpec
from lib_anim.errors import ModelError
from tests.webui_host import webui

WEBUI = EngineSpec("webui")


@pytest.fixture
def host(monkeypatch):
    with webui("a1111") as host:
        host.held = []

        def upscale(picture, scale, path):
            host.held.append((host.lock.locked(), path))
            if path == "broken":
                raise RuntimeError("no weights")
            return picture.resize((int(picture.width * scale), int(picture.height * scale)))

        scaler = types.SimpleNamespace(upscale=upscale)
        known = [types.SimpleNamespace(name=f"{one} 4x", data_path=one, scale=4, scaler=scaler) for one in ("good", "broken")]
        monkeypatch.setattr(sys.modules["modules.shared"], "sd_upscalers", known, raising=False)
        yield host


def test_one_enlarges_while_no_other_job_runs(host):
    found = WEBUI.upscaler("good 4x")
    assert (found.name, found.scale) == ("good 4x", 4)
    assert found.enlarge(np.zeros((24, 40, 3), np.uint8)).shape == (96, 160, 3)
    assert host.held == [(True, "good")]
    assert not host.lock.locked()


def test_one_that_fails_is_said(host):
    with pytest.raises(ModelError, match=r"broken 4x: cannot be run: no weights"):
        WEBUI.upscaler("broken 4x").enlarge(np.zeros((24, 40, 3), np.uint8))


def test_others_are_none(host):
    assert WEBUI.upscaler("Latent") is None
    assert EngineSpec("preview").upscaler("good 4x") is None
