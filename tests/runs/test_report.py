"""Measurements against published numbers and films whose faults are known; the report of a run."""

import json

import numpy as np
import pytest

from lib_anim.cli import main
from lib_anim.images.metrics import Follower, delta_e, flicker, light_fields, look
from lib_anim.images.test_card import test_card as card
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.report import report
from lib_anim.settings.settings import parse

SIZE = (160, 120)

# Sharma, Wu, Dalal 2005, table 1
CIEDE2000 = """
50.0000 2.6772 -79.7751   50.0000 0.0000 -82.7485   2.0425
50.0000 3.1571 -77.2803   50.0000 0.0000 -82.7485   2.8615
50.0000 2.8361 -74.0200   50.0000 0.0000 -82.7485   3.4412
50.0000 -1.3802 -84.2814  50.0000 0.0000 -82.7485   1.0000
50.0000 -1.1848 -84.8006  50.0000 0.0000 -82.7485   1.0000
50.0000 -0.9009 -85.5211  50.0000 0.0000 -82.7485   1.0000
50.0000 0.0000 0.0000     50.0000 -1.0000 2.0000    2.3669
50.0000 -1.0000 2.0000    50.0000 0.0000 0.0000     2.3669
50.0000 2.4900 -0.0010    50.0000 -2.4900 0.0009    7.1792
50.0000 2.4900 -0.0010    50.0000 -2.4900 0.0011    7.2195
50.0000 -0.0010 2.4900    50.0000 0.0009 -2.4900    4.8045
50.0000 -0.0010 2.4900    50.0000 0.0011 -2.4900    4.7461
50.0000 2.5000 0.0000     50.0000 0.0000 -2.5000    4.3065
50.0000 2.5000 0.0000     73.0000 25.0000 -18.0000  27.1492
50.0000 2.5000 0.0000     61.0000 -5.0000 29.0000   22.8977
50.0000 2.5000 0.0000     56.0000 -27.0000 -3.0000  31.9030
50.0000 2.5000 0.0000     58.0000 24.0000 15.0000   19.4535
50.0000 2.5000 0.0000     50.0000 3.1736 0.5854     1.0000
60.2574 -34.0099 36.2677  60.4626 -34.1751 39.4387  1.2644
63.0109 -31.0961 -5.8663  62.8187 -29.7946 -4.0864  1.2630
2.0776 0.0795 -1.1350     0.9033 -0.0636 -0.5514    0.9082
"""


@pytest.mark.parametrize("row", CIEDE2000.strip().splitlines())
def test_colour_differences_are_the_published_ones(row):
    numbers = np.array([float(word) for word in row.split()])
    assert delta_e(numbers[:3], numbers[3:6]) == pytest.approx(numbers[6], abs=5e-5)
    assert delta_e(numbers[3:6], numbers[:3]) == pytest.approx(numbers[6], abs=5e-5)


def clouds(seed=0):
    """A smooth lopsided picture, larger than a frame."""
    import cv2

    rng = np.random.default_rng(seed)
    rough = cv2.resize(rng.integers(0, 255, (40, 50, 3)).astype(np.float32), (500, 400), interpolation=cv2.INTER_CUBIC)
    return np.clip(rough, 0, 255).astype(np.uint8)


def window(picture, x, y=100):
    return np.ascontiguousarray(picture[y : y + SIZE[1], x : x + SIZE[0]])


def test_motion_alone_is_no_error():
    picture, follow = clouds(), Follower()
    moved = follow(window(picture, 100), window(picture, 106, 98))
    still = follow(window(picture, 100), window(picture, 100))
    assert moved.error < 2.0 < np.abs(window(picture, 100).astype(int) - window(picture, 106, 98)).mean() / 5
    assert 0.85 < moved.seen < 1.0  # what came in over the border is left out
    assert (still.error, still.same) == (0.0, True)


@pytest.mark.parametrize("spread", [4.0, 8.0, 16.0])
def test_what_changes_beside_the_motion_is_the_error(spread):
    """Gaussian noise of a spread s differs by s * sqrt(2 / pi) in the mean."""
    picture, rng = clouds(), np.random.default_rng(1)
    base = np.clip(window(picture, 106), 60, 195)
    noisy = np.clip(base + rng.normal(0, spread, base.shape), 0, 255).astype(np.uint8)
    measured = Follower()(np.clip(window(picture, 100), 60, 195), noisy)
    assert measured.error == pytest.approx(spread * np.sqrt(2 / np.pi), rel=0.25, abs=1.0)


def test_a_fade_is_no_flicker_and_a_flash_is():
    base = card(SIZE).astype(np.float32) * 0.5
    fade = [light_fields((base + k * 6).astype(np.uint8)) for k in range(3)]
    flash = [light_fields((base + k).astype(np.uint8)) for k in (0, 10, 0)]
    assert flicker(*fade) < 0.5
    assert flicker(*flash) == pytest.approx(10.0, abs=0.6)


def test_a_look_in_numbers():
    grey = np.full((40, 60, 3), 119, np.uint8)
    assert look(grey)[:3] == pytest.approx((50.0, 0.0, 0.0), abs=0.2)
    assert look(grey).contrast == pytest.approx(0.0, abs=1e-3)
    sharp = card(SIZE)
    soft = np.asarray(__import__("cv2").GaussianBlur(sharp, (0, 0), 2.0))
    assert look(soft).detail < 0.5 * look(sharp).detail
    washed = (sharp * 0.5 + 60).astype(np.uint8)
    assert look(washed).contrast < 0.7 * look(sharp).contrast
    assert look(washed).saturation < 0.7 * look(sharp).saturation


# -- runs -----------------------------------------------------------------------------------------------------------------


def film(out, name, frames):
    folder = RunFolder.create(out, name, parse({"W": 160, "H": 120}))
    for index, frame in enumerate(frames):
        folder.write_frame(index, frame)
    folder.close()
    return folder.path


def steady(n=12):
    picture = np.clip(clouds(), 40, 215)
    return [window(picture, 100 + 2 * k) for k in range(n)]


def shaky(n=12):
    """The same film that flickers, loses its colours, and stands still once."""
    frames = []
    for k, frame in enumerate(steady(n)):
        grey = frame.mean(axis=2, keepdims=True)
        pale = grey + (frame - grey) * (1 - k / n)
        frames.append(np.clip(pale + (8 if k % 2 else 0), 0, 255).astype(np.uint8))
    frames[5] = frames[4]
    return frames


def totals(path):
    folder = RunFolder.open(path)
    found = report(folder).totals
    folder.close()
    return found


def test_a_report_tells_a_steady_film_from_a_shaky_one(tmp_path):
    good, bad = totals(film(tmp_path, "good", steady())), totals(film(tmp_path, "bad", shaky()))
    assert good["frames"] == bad["frames"] == 12
    assert bad["error"] > 2 * good["error"]
    assert bad["flicker"] > 4 * good["flicker"]
    assert bad["saturation"] < 0.6 < 0.9 < good["saturation"] < 1.1
    assert (good["duplicates"], bad["duplicates"]) == (0, 1)


def test_two_runs_side_by_side(tmp_path, capsys):
    pytest.importorskip("matplotlib")
    good, bad = film(tmp_path, "good", steady()), film(tmp_path, "bad", shaky())
    assert main(["report", str(good), str(bad), "-o", str(tmp_path / "both.png")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["good", "bad", "second/first"]
    assert [line.split()[0] for line in lines[1:4]] == ["frames", "error", "flicker"]
    assert lines[-1] == str(tmp_path / "both.png")
    saved = json.loads((good / "report.json").read_text())
    assert len(saved["curves"]["error"]) == 11
    assert len(saved["curves"]["flicker"]) == 10
    assert saved["curves"]["drift"][0] < 1.0
    assert (tmp_path / "both.png").stat().st_size > 10_000


def test_the_engines_share_comes_from_the_journal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "film.json").write_text('{"W": 64, "H": 64, "max_frames": 5, "batch_name": "film"}')
    assert main(["run", "film.json", "--engine", "preview", "--no-video"]) == 0
    assert 0.0 < totals(tmp_path / "output/film")["engine_share"] < 1.0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: [str(path / "nowhere")], "nowhere: there is no run"),
        (lambda path: [str(film(path, "short", steady(2)))], "2 frames; a report needs three at least"),
        (lambda path: ["a", "b", "c"], "takes one run, or two to compare"),
    ],
)
def test_bad_input(tmp_path, capsys, make, words):
    assert main(["report", *make(tmp_path)]) == 2
    assert words in capsys.readouterr().err
