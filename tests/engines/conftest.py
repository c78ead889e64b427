"""A WebUI around us; and a WebUI's interface over HTTP, with the engine that talks to it."""

import pytest


@pytest.fixture(params=["a1111", "forge"])
def host(request):
    from tests.webui_host import webui

    with webui(request.param) as host:
        yield host


@pytest.fixture
def server():
    from tests.webui_server import webui_server

    with webui_server() as server:
        yield server


@pytest.fixture
def engine(server):
    pytest.importorskip("httpx")
    from lib_anim.engines.webui.api import WebuiApiEngine

    engine = WebuiApiEngine(server.url, retry_s=3.0)
    yield engine
    engine.close()
