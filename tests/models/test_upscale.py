"""Upscalers in files: what they make of pictures, and what is refused before a film."""

import pickle

import numpy as np
import pytest

from lib_anim.errors import ModelError, SettingsError
from lib_anim.models import upscale
from lib_anim.models.upscale import open_upscaler
from tests.helpers import shot

SCALE = 2


def noisy_frame(width, height):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


def weights(torch, spread=0.0, scale=SCALE, channels=3):
    """Return those of a small Real-ESRGAN Compact; with a spread of 0 it repeats pixels."""
    torch.manual_seed(0)
    planes = [(channels, 4), (4, 4), (4, 4), (4, channels * scale * scale)]
    found = {}
    for n, (before, after) in enumerate(planes):
        found[f"body.{2 * n}.weight"] = spread * torch.randn(after, before, 3, 3)
        found[f"body.{2 * n}.bias"] = torch.zeros(after)
        if n < len(planes) - 1:
            found[f"body.{2 * n + 1}.weight"] = torch.full((after,), 0.2)
    return found


@pytest.fixture
def file(tmp_path):
    """Writes an upscaler, gives its path."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("spandrel")
    from safetensors.torch import save_file

    def write(name="compact.safetensors", **how):
        path = tmp_path / name
        if path.suffix == ".safetensors":
            save_file(weights(torch, **how), path)
        else:
            torch.save({"params_ema": weights(torch, **how)}, path)
        return str(path)

    return write


@pytest.mark.parametrize("name", ["compact.safetensors", "compact.pth"])
def test_a_file_is_run(file, name):
    found = open_upscaler(file(name))
    assert (found.name, found.scale) == (name, SCALE)
    frame = noisy_frame(40, 24)
    assert np.array_equal(found.enlarge(frame), frame.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


def test_tiles_leave_no_seams(file, monkeypatch):
    enlarge = open_upscaler(file(spread=0.2)).enlarge
    frame = noisy_frame(150, 90)
    whole = enlarge(frame)
    monkeypatch.setattr(upscale, "_TILE", 40)
    assert whole.shape == (180, 300, 3)
    assert np.abs(enlarge(frame).astype(int) - whole).max() <= 1
    assert not np.array_equal(whole, frame.repeat(SCALE, axis=0).repeat(SCALE, axis=1))


@pytest.mark.parametrize(
    ("how", "words"),
    [({"channels": 1}, "no network that enlarges pictures"), ({"spread": float("nan")}, "gives no numbers")],
)
def test_networks_of_another_kind_are_refused_before_the_film(file, how, words):
    path = file(**how)
    with pytest.raises(ModelError, match=words):
        open_upscaler(path)
    with pytest.raises(SettingsError, match=rf"upscale_model: .*{words}"):
        shot(hires=True, W=128, H=128, upscale_model=path)


def test_a_pickle_that_would_call_something_is_not_read(file, tmp_path):
    file()

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "called"), "w"))

    path = tmp_path / "trap.pth"
    path.write_bytes(pickle.dumps({"params": Trap()}))
    with pytest.raises(ModelError, match=r"trap\.pth: cannot be run"):
        open_upscaler(str(path))
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [("nothing.pth", "there is no file"), ("text.txt", "no file of an upscaler"), ("text.pth", "cannot be run")],
)
def test_a_path_that_is_no_upscaler_is_refused(tmp_path, name, words):
    pytest.importorskip("spandrel")
    (tmp_path / "text.txt").write_text("no")
    (tmp_path / "text.pth").write_text("no")
    with pytest.raises(ModelError, match=words):
        open_upscaler(str(tmp_path / name))


def test_without_its_library_the_command_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(upscale, "find_spec", lambda name: None if name == "spandrel" else object())
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"x")
    with pytest.raises(ModelError, match=r"it needs spandrel: pip install .*upscale"):
        open_upscaler(str(path))
