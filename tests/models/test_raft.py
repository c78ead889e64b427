"""RAFT in ONNX files: how exports differ, what is refused, and the films that follow them."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from lib_anim.__main__ import main
from lib_anim.engines.catalog import PREVIEW
from lib_anim.errors import ModelError, SettingsError
from lib_anim.models import raft as module
from lib_anim.models.raft import raft
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from lib_anim.shot.reel import Reel, render
from tests.flow_network import LEVELS, UNIT, write_endless_network, write_network
from tests.helpers import Painter, english, problems_of, shot
from tests.images.test_flow import far, film, ground

KEYS = ("optical_flow_cadence", "optical_flow_redo_generation")


@pytest.fixture
def network(tmp_path):
    """Writes a network's file, gives its path."""
    pytest.importorskip("onnxruntime", reason="RAFT runs on onnxruntime")
    pytest.importorskip("onnx", reason="the networks of these tests are made with onnx")
    return lambda **more: write_network(tmp_path / "сеть.onnx", **more)


def shifted(width, height, dx, dy):
    """Two pictures, the second shifted by (dx, dy)."""
    return (ground()[40 + y : 40 + y + height, 40 + x : 40 + x + width].copy() for x, y in ((0, 0), (-dx, -dy)))


def middle(flow):
    height, width = flow.shape[:2]
    return flow[height // 4 : -height // 4, width // 4 : -width // 4].reshape(-1, 2).mean(axis=0)


@pytest.mark.parametrize("takes", [LEVELS, UNIT])
@pytest.mark.parametrize("size", [("H", "W"), (128, 192), (64, 352)])
@pytest.mark.parametrize("outputs", [("flow_low", "flow"), ("flow",), ("flow", "flow_low"), ("flow_low",)])
def test_every_kind_of_export_follows_a_shift(network, takes, size, outputs):
    flow = raft(network(takes=takes, size=size, outputs=outputs))(*shifted(163, 121, 4, -2))
    assert (flow.shape, flow.dtype) == ((121, 163, 2), np.float32)
    assert middle(flow) == pytest.approx((4, -2), abs=1.1)


@pytest.mark.parametrize(("size", "measured"), [((40, 60), (128, 128)), ((121, 163), (128, 168)), ((512, 2048), (192, 768))])
def test_sizes_that_networks_can_take(network, monkeypatch, size, measured):
    """Multiples of 8 and 128 at the least; what is larger than a memory can hold is measured smaller."""
    flow, seen = raft(network()), []
    monkeypatch.setattr(module._Network, "_predict", lambda _, two: seen.extend(two) or np.zeros((16, 16, 2), np.float32))
    assert flow(*np.zeros((2, *size, 3), np.uint8)).shape == (*size, 2)
    assert {one.shape for one in seen} == {(*measured, 3)}


def test_of_several_flows_the_last_of_the_finest_counts():
    shapes = [(1, 2, 4, 6), (1, 2, 8, 12), (3, 1, 2, 8, 12), (1, 2)]

    pytest.importorskip("onnxruntime", reason="its options limit each run")

    class Session:
        def run(self, *_):
            return [np.full(shape, k, np.float32) for k, shape in enumerate(shapes)]

        def get_inputs(self):
            return []

    assert np.array_equal(module._Network("x", Session(), None, 1.0, 0.0)._predict([]), np.full((8, 12, 2), 2.0))


def test_half_precision(network):
    flow = raft(network(inputs="float16[1,3,H,W] one, float16[1,3,H,W] other"))
    assert middle(flow(*shifted(160, 128, 4, -2))) == pytest.approx((4, -2), abs=1.1)


def test_threads_and_loads_agree_to_the_bit(network):
    path, pictures = network(), list(shifted(200, 160, 3, 1))
    with ThreadPoolExecutor(4) as pool:
        flows = list(pool.map(lambda _: raft(path)(*pictures), range(4)))
    module._load.cache_clear()
    assert all(np.array_equal(flow, raft(path)(*pictures)) for flow in flows)


def test_a_file_is_loaded_once_until_it_changes(network):
    flow = raft(path := network())
    assert raft(path) is flow
    assert raft(network(size=(96, 160))).size == (160, 96)


# -- what is refused ------------------------------------------------------------------------------------------------------

TAKES = "takes {}; a flow network takes two pictures of float32 [1, 3, H, W]"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ({"inputs": "float[1,3,8,8] one, float[1,3,8,8] other, float[1] rounds"}, "takes tensor(float) [1, 3, 8, 8], tensor"),
        ({"inputs": "float[1,8,8,3] one, float[1,8,8,3] other"}, TAKES.format(", ".join(2 * ["tensor(float) [1, 8, 8, 3]"]))),
        ({"inputs": "float[2,3,8,8] one, float[2,3,8,8] other"}, TAKES.format(", ".join(2 * ["tensor(float) [2, 3, 8, 8]"]))),
        ({"inputs": "double[1,3,8,8] one, double[1,3,8,8] other"}, "takes tensor(double) [1, 3, 8, 8], tensor(double) "),
        ({"inputs": "float[1,3,96,W] one, float[1,3,96,W] other"}, "cannot be run: "),
        ({"outputs": ("det",)}, "gives [1, 1, 192, 256]; a flow network gives [1, 2, H, W]"),
        ({"takes": (1000.0, 2000.0)}, "no flow network: it does not see that a picture is shifted by (5, -3) pixels"),
        (None, "not an ONNX file that onnxruntime can run: "),
    ],
)
def test_files_that_are_no_flow_network(network, tmp_path, made, words):
    path = network(**made or {})
    if made is None:
        (tmp_path / "сеть.onnx").write_bytes(b"no model at all")
    with pytest.raises(SettingsError) as error:
        shot(optical_flow_cadence="RAFT", optical_flow_redo_generation="RAFT", flow_model=path)
    (problem,) = problems_of(error)  # though two features ask for it
    assert problem.startswith(f"flow_model: сеть.onnx: {words}")
    assert problem.endswith("; write the path of an ONNX file of RAFT, or leave it empty")


@pytest.fixture
def endless(tmp_path):
    """A network without an end, and settings that name it."""
    pytest.importorskip("onnxruntime", reason="RAFT runs on onnxruntime")
    write_endless_network(tmp_path / "endless.onnx")
    film = {"max_frames": 3, "diffusion_cadence": 3, "optical_flow_cadence": "RAFT", "flow_model": "endless.onnx"}
    (tmp_path / "film.json").write_text(json.dumps(film))
    return tmp_path / "endless.onnx"


def test_a_network_without_an_end_is_refused_and_tried_once(endless, monkeypatch):
    monkeypatch.setattr(module, "_TRIAL_S", 4.0)
    for _ in range(2):
        with pytest.raises(SettingsError) as error:
            shot(optical_flow_cadence="RAFT", flow_model=str(endless))
        (problem,) = problems_of(error)
        assert problem.startswith("flow_model: endless.onnx: cannot be run: it did not end within 4 seconds; write the path")
        monkeypatch.setattr(module, "try_network", None)


def test_a_run_on_pictures_of_a_film_is_limited_too(endless, monkeypatch):
    monkeypatch.setattr(module, "_RUN_S", 0.2)
    with pytest.raises(ModelError, match=r"endless\.onnx: cannot be run: .*terminate flag"):
        module._networks(str(endless))[0](*np.zeros((2, 128, 128, 3), np.uint8))


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_check_ends_on_sigterm_while_a_network_is_tried(endless):
    command = [sys.executable, "-m", "lib_anim", "check", "film.json"]
    with subprocess.Popen(command, cwd=endless.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as check:
        time.sleep(3)
        assert check.poll() is None
        check.terminate()
        assert check.wait(10) != 0


def test_a_file_that_goes_is_told():
    with pytest.raises(ModelError, match=r"^/none.onnx: there is no such file"):
        raft("/none.onnx")


# -- what stands in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("path", "lack"), [("", "flow_model names no file of it"), ("/none.onnx", "there is no file /none.onnx")]
)
def test_without_a_file_dis_stands_in_and_that_is_said(key, path, lack):
    assert shot(**{key: "RAFT", "flow_model": path}).notes == (f"{key}: DIS Medium stands in for RAFT: {lack}",)


def test_without_the_extra_dis_stands_in_and_that_is_said(tmp_path, monkeypatch):
    (tmp_path / "raft.onnx").touch()
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    (note,) = shot(optical_flow_cadence="RAFT", flow_model=str(tmp_path / "raft.onnx")).notes
    assert note.startswith("optical_flow_cadence: DIS Medium stands in for RAFT: it needs onnxruntime: pip install ")


def test_a_file_that_nobody_asks_for_is_not_looked_at():
    assert shot(optical_flow_cadence="DIS Fast", flow_model="/none.onnx").notes == ()


# -- films ----------------------------------------------------------------------------------------------------------------


def test_between_frames_are_nearer_to_the_truth_than_a_dissolve(network):
    truth, plain, followed = film("None", cadence=1), film("None", cadence=2), film("RAFT", cadence=2, flow_model=network())
    error = [np.mean([far(a, b) for a, b in zip(film_, truth, strict=True)]) for film_ in (plain, followed)]
    assert error[1] < 0.8 * error[0], error


def test_flow_redo_goes_by_it(network):
    start, second = ground()[100:196, 100:228], ground()[100:196, 96:224]
    painter = Painter(lambda request: start if request.init is None else second)
    one = shot(W=128, H=96, max_frames=2, optical_flow_redo_generation="RAFT", flow_model=network())
    list(render(Reel(one), painter))
    assert [steps.does for name, steps in one.features if name == "flow_redo"] == ["RAFT of сеть.onnx"]
    third = ground()[100:196, 92:220]
    moved = painter.requests[2].init
    assert far(moved[24:-24, 24:-24], third[24:-24, 24:-24]) < 0.5 * far(second[24:-24, 24:-24], third[24:-24, 24:-24])


# -- the page -------------------------------------------------------------------------------------------------------------


def test_the_pages_host_names_the_file(tmp_path):
    """Films have its path, so that they are resumed with it; forms and what a page loads do not."""
    service = Service(tmp_path, PREVIEW, defaults=lambda: {"flow_model": "/none.onnx"})
    asked = Form({}, {"optical_flow_cadence": "RAFT"})
    saved = service.save(asked)
    assert json.loads(saved)["flow_model"] == "/none.onnx"
    assert "flow_model" not in service.validate(asked)["values"]
    assert "flow_model" not in service.load(saved.encode(), "film.json")["changes"]
    assert "flow_model" not in service.rewrite(asked, saved)["changes"]
    assert "optical_flow_cadence: DIS Medium stands in for RAFT: there is no file /none.onnx" in [
        english(note) for note in service.validate(asked)["notes"]
    ]
    service.close()


def test_anim_ui_takes_the_file(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("lib_anim.page.server.serve", lambda service, *_: seen.append(service.save(Form({}, {}))))
    monkeypatch.chdir(tmp_path)
    assert main(["ui", "--engine", "preview", "--flow-model", "raft.onnx"]) == 0
    assert json.loads(seen[0])["flow_model"] == str(tmp_path / "raft.onnx")
