"""Shared by all tests: one thread for OpenCV and torch (OpenMP collapses on busy machines), and letter-grid frames."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ["ANIM_CONFIG"] = tempfile.mkdtemp(prefix="anim-tests-")  # what signs runs is made for the tests alone

import cv2
import pytest

from tests.web import web_server

cv2.setNumThreads(1)
atexit.register(shutil.rmtree, os.environ["ANIM_CONFIG"], ignore_errors=True)

_OF_THE_PAINTER = [
    *("engines/test_diffusers.py", "engines/test_schedulers.py", "engines/test_tiny_model.py"),
    *("engines/test_controlnets.py", "engines/test_ip_adapters.py", "engines/test_unions.py", "engines/test_strength.py"),
    "engines/test_clip.py",
    *("tools/test_tiny_model.py", "tools/test_tiny_nets.py", "tools/test_tiny_depth.py", "tools/test_tiny_motion.py"),
]
_FOLDER = Path(__file__).parent
collect_ignore = [] if find_spec("diffusers") else _OF_THE_PAINTER  # the core is also tested where no torch is


def pytest_collection_modifyitems(items):
    """Mark the painter's tests, so that they can be chosen alone where its libraries are others."""
    for item in items:
        if item.path.relative_to(_FOLDER).as_posix() in _OF_THE_PAINTER:
            item.add_marker("painter")


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
