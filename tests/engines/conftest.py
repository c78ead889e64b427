"""A WebUI's interface over HTTP, and the engine that talks to it."""

import pytest


@pytest.fixture
def server():
    from tests.webui_server import webui_server

    with webui_server() as server:
        yield server


@pytest.fixture
def engine(server):
    from lib_anim.engines.webui.api import WebuiApiEngine

    engine = WebuiApiEngine(server.url, retry_s=3.0)
    yield engine
    engine.close()
