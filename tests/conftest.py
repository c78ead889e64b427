"""Shared by all tests: one thread for OpenCV and torch (OpenMP collapses on busy machines), and letter-grid frames."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["ANIM_CONFIG"] = tempfile.mkdtemp(prefix="anim-tests-")  # what signs runs is made for the tests alone

import cv2
import pytest

from tests.web import web_server

cv2.setNumThreads(1)

_OF_THE_PAINTER = [
    *("engines/test_diffusers.py", "engines/test_schedulers.py", "engines/test_tiny_model.py"),
    *("engines/test_controlnets.py", "engines/test_ip_adapters.py", "engines/test_unions.py", "engines/test_strength.py"),
    "engines/test_clip.py",
    *("tools/test_tiny_model.py", "tools/test_tiny_nets.py", "tools/test_tiny_depth.py"),
]
collect_ignore = [] if find_spec("diffusers") else _OF_THE_PAINTER  # the core is also tested where no torch is


@pytest.fixture(autouse=True, scope="session")
def _one_torch_thread():
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@pytest.fixture
def web(monkeypatch):
    """A web server on this machine, reached without a proxy."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with web_server() as web:
        yield web
