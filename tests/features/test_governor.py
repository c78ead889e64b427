"""The drift governor: looks are brought where they should be, and films stay there however the painter pulls."""

import json

import cv2
import numpy as np
import pytest

from lib_anim.images.metrics import Look, lab, look
from lib_anim.images.stabilize import held
from lib_anim.runs.film import film
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.report import report
from lib_anim.shot.reel import Reel, render
from tests.helpers import Painter, shot

SIZE = (96, 64)


def clouds(size=SIZE, seed=3):
    """A picture of coarse and fine parts in colours, without black or white to be cut off."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(-45, 45, (5, 7, 3)), size, interpolation=cv2.INTER_CUBIC)
    fine = rng.normal(0, 4, (size[1], size[0], 1))
    return np.clip(coarse + fine + (130, 118, 104), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "factors",  # lightness + L, a + a, b + b; contrast, saturation, detail times
    [
        (0, 0, 0, 1, 1, 1),
        (5, 0, 0, 1, 1, 1),
        (-4, 3, -6, 1, 1, 1),
        (0, 0, 0, 0.8, 1, 1),
        (0, 0, 0, 1.2, 1, 1.2),
        (0, 0, 0, 1, 1, 1.4),
        (0, 0, 0, 1, 1, 0.7),
        (2, -1, 3, 0.9, 1, 1.3),
    ],
)
def test_a_frame_gets_the_look_that_is_wanted(factors):
    picture = clouds()
    now = np.array(look(picture))
    wanted = Look(*(now[:3] + factors[:3]), *(now[3:] * factors[3:]))
    whole, half = (np.array(look(held(picture, wanted, share)[0])) for share in (1.0, 0.5))
    # whole levels are 0.4 of L; spread of light has its fine part in it, so more detail is a little more spread
    assert whole[:3] == pytest.approx(wanted[:3], abs=0.25)
    assert whole[[3, 5]] == pytest.approx(np.array(wanted)[[3, 5]], rel=0.07)
    assert half[:3] == pytest.approx((now[:3] + wanted[:3]) / 2, abs=0.25)
    assert half[[3, 5]] == pytest.approx(np.sqrt(now * wanted)[[3, 5]], rel=0.07)


def test_colour_is_stretched_about_grey():
    picture = clouds()
    faded = held(
        picture,
        look(picture)._replace(saturation=look(picture).saturation * 0.8, a=0.8 * look(picture).a, b=0.8 * look(picture).b),
        1.0,
    )[0]
    assert look(faded).saturation == pytest.approx(0.8 * look(picture).saturation, rel=0.02)
    assert lab(faded)[..., 1:] == pytest.approx(0.8 * lab(picture)[..., 1:], abs=1.0)


@pytest.mark.parametrize(("wanted", "most"), [(9.0, 1.5), (1 / 9, 1 / 1.5)])
def test_a_correction_has_bounds(wanted, most):
    picture = clouds()
    now = look(picture)
    correction = held(picture, now._replace(contrast=now.contrast * wanted), 1.0)[1]
    assert correction.contrast == pytest.approx(most)


def test_nothing_is_made_of_nothing():
    empty = np.full((SIZE[1], SIZE[0], 3), 90, np.uint8)
    frame, correction = held(empty, look(clouds()), 1.0)
    assert np.ptp(frame.reshape(-1, 3), axis=0).max() == 0  # another grey, and still one colour
    assert correction[3:] == (1.0, 1.0, 1.0)
    assert np.abs(held(clouds(), look(clouds()), 0.7)[0].astype(int) - clouds()).max() <= 1


FADES = 0.9


def fading(request):
    """A painter under which light flattens about its mean by a tenth with every picture, and darkens."""
    if request.init is None:
        return clouds(request.size)
    light = lab(request.init)
    mean = light[..., 0].mean()
    light[..., 0] = (light[..., 0] - mean) * FADES + mean - 2.0
    return np.clip(np.rint(cv2.cvtColor(light, cv2.COLOR_LAB2RGB) * 255), 0, 255).astype(np.uint8)


def looks(n_frames, painter=fading, **changes):
    frames = render(Reel(shot(W=SIZE[0], H=SIZE[1], max_frames=n_frames, **changes)), Painter(painter))
    return np.array([look(rendered.frame) for rendered in frames])


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_a_film_settles_where_the_formula_says(share):
    first, *_, last = looks(40, governor_schedule=f"0:({share})")
    assert last[3] / first[3] == pytest.approx(FADES ** ((1 - share) / share), rel=0.06)
    assert last[0] - first[0] == pytest.approx(-2.0 * (1 - share) / share, rel=0.15, abs=0.4)


def test_without_it_the_film_fades():
    first, *_, last = looks(40)
    assert last[3] < 0.1 * first[3]
    assert last[0] < first[0] - 15


def test_more_detail_can_be_asked_for():
    def copying(request):
        return clouds(request.size) if request.init is None else request.init

    soft, same, crisp = (
        looks(30, copying, governor_schedule="0:(0.5)", governor_detail_schedule=f"0:({wanted})") for wanted in (0.8, 1, 1.3)
    )
    for film_looks, wanted in ((soft, 0.8), (same, 1.0), (crisp, 1.3)):
        assert film_looks[0] == pytest.approx(same[0])  # the first picture is as it was painted
        assert film_looks[-1, 5] / film_looks[0, 5] == pytest.approx(wanted, rel=0.1)


def test_another_scene_has_a_look_of_its_own():
    def painter(request):
        night = request.prompts[0][0] == "night"
        return clouds(request.size) // 2 if night else clouds(request.size)

    told = {"governor_schedule": "0:(0.9)", "prompts": {"0": "day", "10": "night"}}
    film_looks = looks(30, painter, **told)
    day, night = look(clouds()), look(clouds() // 2)
    assert film_looks[:10, 0] == pytest.approx(day.lightness, abs=0.2)
    assert film_looks[12:, 0] == pytest.approx(night.lightness, abs=0.5)
    assert film_looks[12:, 3] == pytest.approx(night.contrast, rel=0.05)


def test_a_scene_that_comes_back_has_its_look_again():
    def painter(request):
        """Day and night as told; when day comes back it is painted too dark."""
        dark = {"day": 1.0 if request.index < 20 else 0.8, "night": 0.5}
        share = sum(weight * dark[text] for text, weight in request.prompts)
        return np.rint(clouds(request.size) * share).astype(np.uint8)

    told = {"governor_schedule": "0:(0.9)", "prompts": {"0": "day", "5": "night", "30": "night", "40": "day"}}
    film_looks = looks(44, painter, prompt_blend="linear", **told)
    day, night = look(clouds()), look(clouds() // 2)
    assert film_looks[29, 0] == pytest.approx(night.lightness, abs=0.5)
    assert film_looks[35, 0] == pytest.approx((day.lightness + night.lightness) / 2, abs=1.0)
    assert film_looks[40:, 0] == pytest.approx(day.lightness, abs=1.5)  # a tenth of what the painter is off


def test_switched_on_in_the_middle_it_keeps_what_there_is_then():
    size = {"W": SIZE[0], "H": SIZE[1], "max_frames": 30}
    free, painter = Reel(shot(**size)), Painter(fading)
    for _ in range(4):
        list(free.take(painter.sample_take(free.ask())))
    held_on = Reel(shot(**size, governor_schedule="0:(0.8)"))
    held_on.restore(free.state())
    film_looks = np.array([look(rendered.frame) for rendered in render(held_on, painter)])
    assert film_looks[-1, 3] / film_looks[0, 3] == pytest.approx(FADES ** (0.2 / 0.8), rel=0.06)


def test_what_was_corrected_is_in_the_journal_and_in_the_report(tmp_path):
    made = shot(W=SIZE[0], H=SIZE[1], max_frames=6, governor_schedule="0:(0.5)")
    folder = RunFolder.create(tmp_path, "film", made.plan.settings)
    film(made, Painter(fading), folder, video=False)
    corrections = [line["notes"]["governor"] for line in folder.journal() if line["event"] == "painted"]
    assert corrections[0] == {"lightness": 0, "a": 0, "b": 0, "contrast": 1, "saturation": 1, "detail": 1}
    assert [one["contrast"] for one in corrections[1:]] == pytest.approx([1.05, 1.07, 1.08, 1.09, 1.1], abs=0.03)
    steering = report(folder).steering
    assert steering["governor: contrast"] == [(k, one["contrast"]) for k, one in enumerate(corrections)]
    assert set(steering) == {f"governor: {name}" for name in Look._fields}
    json.dumps(steering)
    folder.close()
