"""Strength: which denoise and which count of steps a request asks for, and what is said where a WebUI's count stands in."""

import numpy as np
import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.engines.diffusers.engine import CAPABILITIES as DIFFUSERS
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.preview import Preview
from lib_anim.settings.settings import parse
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import Painter, noisy, shot

EXACT = {"strength_steps": "exact"}
HOST = Capabilities(words=frozenset({"strength_steps"}), stepwise=("DDIM", "PLMS"))
A_WEBUI_COUNTS = "strength_steps: this engine counts steps as a WebUI does; webui stands in for exact"
NO_LEVELS = "strength_steps: {} takes no noise levels here; webui stands in for exact where it paints"


def requests(capabilities=DIFFUSERS, **changes):
    painter = Painter(noisy)
    list(render(Reel(shot(Tools(capabilities), max_frames=3, **changes)), painter))
    return painter.requests


def notes(capabilities, **changes):
    return [note for note in shot(Tools(capabilities), max_frames=3, **changes).notes if str(note).startswith("strength_steps")]


@pytest.mark.parametrize(
    ("changes", "way"),
    [
        ({}, "webui"),
        ({"strength_steps": "webui", "steps_are_real": True}, "webui"),
        (EXACT, "exact"),
        ({**EXACT, "steps_are_real": True}, "real"),
        ({**EXACT, "classic": True}, "webui"),
        ({**EXACT, "steps_are_real": True, "classic": True}, "webui"),
    ],
)
def test_how_steps_follow_from_denoise(changes, way):
    assert {request.strength_steps for request in requests(**changes)} == {way}


def test_an_engine_that_cannot_is_not_asked():
    assert {request.strength_steps for request in requests(Capabilities(), **EXACT)} == {"webui"}


@pytest.mark.parametrize(
    ("capabilities", "changes", "said"),
    [
        (DIFFUSERS, EXACT, []),
        (Capabilities(), EXACT, [A_WEBUI_COUNTS]),
        (Capabilities(), {}, []),
        (Preview.capabilities, EXACT, []),
        (HOST, {**EXACT, "sampler": "Euler a"}, []),
        (HOST, {**EXACT, "sampler": "ddim"}, [NO_LEVELS.format("DDIM")]),
        (HOST, {"sampler": "DDIM"}, []),
        (
            HOST,
            {**EXACT, "enable_sampler_scheduling": True, "sampler_schedule": '0: ("Euler"), 1: ("PLMS")'},
            [NO_LEVELS.format("PLMS")],
        ),
    ],
)
def test_what_is_said_where_a_webuis_count_stands_in(capabilities, changes, said):
    assert notes(capabilities, **changes) == said


@pytest.mark.parametrize("file", [{"steps": 4}, {"anim_version": "0.1.0", "steps": 4}])
def test_files_without_it_count_as_a_webui_does(file):
    assert parse(file)["strength_steps"] == "webui"


def test_keyframed_strength_is_exact_at_every_frame():
    asked = requests(**EXACT, steps=4, strength_schedule="0:(0.7), 2:(0.5)")
    assert [request.denoise for request in asked] == pytest.approx([1.0, 0.4, 0.5])


def test_a_resumed_film_is_the_same():
    pytest.importorskip("diffusers")
    engine = DiffusersEngine.load(BUNDLED, device="cpu")
    changes = {**EXACT, "W": 128, "H": 128, "max_frames": 3, "steps": 4, "seed": 5, "strength_schedule": "0:(0.6), 2:(0.3)"}
    film = [rendered.frame for rendered in render(Reel(shot(Tools(DIFFUSERS), **changes)), engine)]
    first, second = Reel(shot(Tools(DIFFUSERS), **changes)), Reel(shot(Tools(DIFFUSERS), **changes))
    for _ in range(2):
        list(first.take(engine.sample_take(first.ask())))
    second.restore(first.state())
    rest = [rendered.frame for rendered in render(second, engine)]
    assert len(rest) == 1
    assert np.array_equal(rest[0], film[2])
