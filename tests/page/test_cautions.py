"""What is said before a film is painted: warnings, help for samplers, the text around a fault."""

import pytest

from lib_anim.features.open import make_shot
from lib_anim.messages import NOWHERE, Place
from lib_anim.page.cautions import about_sampler, cautions, painted
from lib_anim.page.essentials import to_settings
from lib_anim.page.excerpts import excerpt
from lib_anim.page.presets import PRESETS
from lib_anim.plan.plan import make_plan
from lib_anim.settings.samplers import SAMPLERS
from lib_anim.settings.settings import parse


def warned(**settings):
    calm = {"seed": 1, "sampler": "Euler", "max_frames": 10, "steps": 20, "diffusion_cadence": 1}
    written = {"anim_version": "x", **calm, "strength_schedule": "0:(0.6)", **settings}
    return cautions(make_shot(make_plan(parse(written)), allow_missing=True))


@pytest.mark.parametrize(
    ("strength", "steps", "done", "exact", "real"),
    [
        (0.62, 20, 8, 8, 20),
        (0.0, 20, 20, 20, 20),
        (0.8, 15, 3, 3, 15),
        (0.99, 10, 1, 1, 10),
        (0.38, 4, 3, 2, 4),
        (1, 4, 0, 0, 0),
    ],
)
def test_steps_that_strength_leaves(strength, steps, done, exact, real):
    ways = {"webui": done, "exact": exact, "real": real}
    for way, expected in ways.items():
        count = {"strength_steps": "webui" if way == "webui" else "exact", "steps_are_real": way == "real"}
        written = {"anim_version": "x", "max_frames": 2, "steps": steps, "strength_schedule": strength, **count}
        _, over_a_picture = painted(make_plan(parse({**written, "diffusion_cadence": 1})))
        assert over_a_picture.done == expected


@pytest.mark.parametrize(
    ("settings", "frame", "done"),
    [
        ({"strength_schedule": "0:(0.6), 6:(0.9), 7:(0.6)", "diffusion_cadence": 2}, 6, 2),
        ({"strength_schedule": "0:(0.6), 4:(0.6), 5:(0.9), 6:(0.6)", "diffusion_cadence": 2}, None, None),  # not painted there
        ({"strength_schedule": "0:(1)"}, None, None),  # carried over, on purpose
        ({"strength_schedule": "0:(0.9), 1:(0.6)"}, None, None),  # the first picture is painted from nothing
        ({"steps": 4, "strength_schedule": "0:(0)"}, None, None),  # all the steps that there are
        ({"enable_steps_scheduling": True, "steps_schedule": "0:(20), 3:(5), 4:(20)"}, 3, 3),
    ],
)
def test_too_few_steps_are_told_with_the_frame(settings, frame, done):
    told = [one["values"] for one in warned(**settings)]
    assert [(one["frame"], one["done"]) for one in told] == ([] if frame is None else [(frame, done)])


@pytest.mark.parametrize(
    ("sampler", "restless"),
    [
        *((name, True) for name in ("Euler a", "DPM++ SDE", "DPM++ 2M SDE", "DPM2 a", "DPM++ 2S a", "LCM", "euler ancestral")),
        *((name, False) for name in ("Euler", "DPM++ 2M", "Heun", "DDIM", "UniPC", "LMS")),
    ],
)
def test_samplers_that_flicker(sampler, restless):
    assert bool(warned(sampler=sampler)) is restless


def test_every_sampler_has_its_line_of_help():
    assert [name for name in SAMPLERS if not about_sampler(name)] == []
    assert about_sampler("DPM++ 2M SDE") != about_sampler("DPM++ 2M") != about_sampler("Euler a")
    assert about_sampler("no such") == ""


@pytest.mark.parametrize("name", ["euler_a", "k_euler_a", "Euler A Karras", "Euler a CFG++", "euler_ancestral", "dpmpp_2s_a"])
def test_no_ancestral_sampler_is_called_calm(name):
    assert about_sampler(name) == about_sampler("Euler a") != about_sampler("Euler")


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("quality", ["normal", "best"])
def test_the_page_does_not_warn_of_its_own_films(preset, quality):
    made = to_settings({"movement": preset, "steadiness": PRESETS[preset].steadiness, "quality": quality, "scenes": "a"})
    assert warned(**{**made, "seed": 1}) == []


@pytest.mark.parametrize(
    ("text", "place", "found"),
    [
        ("0:(1), 6:(1.5*q)", Place(keyframe="6", column=15), ("0:(1), 6:(1.5*", "q", ")")),
        ("0:(sinn(t))", Place(keyframe="0", column=4), ("0:(", "sinn", "(t))")),
        ("0:(1", Place(column=5), ("0:(1", "", "")),
        ({"0": "a", "9": "b `t+`"}, Place(keyframe="9", column=6), ("b `t+", "`", "")),
        ('{"0": "a `x`"}', Place(keyframe="0", column=4), ("a `", "x", "`")),
        ("a cat\n2s `q` dog", Place(line=2, column=5), ("2s `", "q", "` dog")),
        ("x" * 50 + "+" + "y" * 50, Place(column=51), ("…" + "x" * 28, "+", "y" * 28 + "…")),
    ],
)
def test_the_text_around_a_place(text, place, found):
    assert tuple(excerpt(text, place).values()) == found


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a", NOWHERE),
        ("a", Place(frame=3)),
        ("a", Place(column=9)),
        (None, Place(column=1)),
        ({"0": "a"}, Place(keyframe="3", column=1)),
    ],
)
def test_where_there_is_no_such_place_there_is_no_excerpt(text, place):
    assert excerpt(text, place) is None
