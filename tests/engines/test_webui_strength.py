"""Exact strength in the WebUI around us: what its samplers run, over a stand-in of two kinds."""

import dataclasses
import sys
from itertools import pairwise

import numpy as np
import pytest

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.strength import starting_level
from lib_anim.engines.webui.engine import WebuiEngine, capabilities
from lib_anim.images.test_card import test_card as card
from lib_anim.shot.reel import Reel, render
from lib_anim.shot.steps import Tools
from tests.helpers import shot

SIZE = (64, 48)


def asked(**changes):
    base = SampleRequest(0, SIZE, seed=3, steps=4, sampler="Euler", init=card(SIZE), denoise=0.5, strength_steps="exact")
    return dataclasses.replace(base, **changes)


def run(host, **changes):
    """The levels that the host runs for a request."""
    WebuiEngine().sample(asked(**changes))
    return host.run[-1]


def test_the_host_runs_the_levels_of_denoise(host):
    first = [run(host, denoise=denoise)[0] for denoise in (0.3, 0.32, 0.34, 0.62)]
    assert first == pytest.approx([starting_level(denoise, host.sigmas) for denoise in (0.3, 0.32, 0.34, 0.62)], rel=1e-5)
    assert len({run(host, denoise=denoise, strength_steps="webui")[0] for denoise in (0.3, 0.32, 0.34)}) == 1


@pytest.mark.parametrize("sampler", ["Euler", "Special"])  # Special discards the last level but one
@pytest.mark.parametrize(
    ("way", "steps", "denoise", "count"),
    [("exact", 4, 0.3, 1), ("exact", 4, 0.62, 2), ("exact", 20, 0.5, 10), ("real", 4, 0.3, 4), ("real", 20, 0.05, 20)],
)
def test_it_runs_them_all_and_no_others(host, sampler, way, steps, denoise, count):
    levels = run(host, sampler=sampler, strength_steps=way, steps=steps, denoise=denoise)
    assert len(levels) == count + 1
    assert levels[-1] == 0.0
    assert all(before > after for before, after in pairwise(levels))


def test_denoise_1_is_the_hosts_own_ladder(host):
    assert run(host, denoise=1.0) == pytest.approx(run(host, denoise=1.0, strength_steps="webui"), rel=1e-5)


@pytest.mark.parametrize("shift", [1, 3, 7])
@pytest.mark.parametrize("denoise", [0.23, 0.25, 0.38, 0.62])
def test_a_flow_model_starts_at_the_asked_share(host, denoise, shift):
    even = np.arange(1, 1001) / 1000
    host.sigmas = shift * even / (1 + (shift - 1) * even)
    assert run(host, denoise=denoise)[0] == pytest.approx(denoise, abs=0.01)


def test_a_sampler_is_probed_once(host):
    engine = WebuiEngine()
    for _ in range(3):
        engine.sample(asked())
    engine.sample(asked(sampler="DPM++ 2M"))
    assert host.made == ["Euler", "Euler", "Euler", "Euler", "DPM++ 2M", "DPM++ 2M"]  # the first of each is the probe's


def test_the_hosts_ladders_are_asked_for_once(host, monkeypatch):
    steps = []
    kind = sys.modules["modules.sd_samplers_kdiffusion"].KDiffusionSampler
    real = kind.get_sigmas
    monkeypatch.setattr(kind, "get_sigmas", lambda self, p, n: steps.append(n) or real(self, p, n))
    engine = WebuiEngine()
    for denoise in (0.5, 0.52, 0.54):
        engine.sample(asked(denoise=denoise))
    assert len(steps) == 2 + 3 + 2  # the probe, what the host runs, and two ladders


@pytest.mark.parametrize("sampler", ["DDIM", "Euler"])
def test_a_sampler_that_takes_no_levels_counts_as_ever(host, sampler, monkeypatch):
    kind = sys.modules["modules.sd_samplers_kdiffusion"].KDiffusionSampler
    real = kind.get_sigmas

    def deaf(self, p, steps):
        p.sampler_noise_scheduler_override = None
        return real(self, p, steps)

    monkeypatch.setattr(kind, "get_sigmas", deaf)
    sampled = WebuiEngine().sample(asked(sampler=sampler))
    assert sampled.notes == {"strength_steps": "webui"}
    job = host.jobs[-1]
    assert (job.steps, job.denoising_strength, job.sampler_noise_scheduler_override) == (4, 0.5, None)


def test_a_sampler_that_cannot_be_made_for_the_probe_counts_as_ever(host, monkeypatch):
    monkeypatch.delattr(sys.modules["modules.sd_samplers"], "create_sampler")
    assert WebuiEngine().sample(asked()).notes == {"strength_steps": "webui"}


def test_a_scheduler_that_cannot_draw_its_curve_counts_as_ever(host, monkeypatch):
    kind = sys.modules["modules.sd_samplers_kdiffusion"].KDiffusionSampler
    real = kind.get_sigmas

    def short(self, p, steps):
        if steps > 10:
            raise IndexError("only ten steps")
        return real(self, p, steps)

    monkeypatch.setattr(kind, "get_sigmas", short)
    assert WebuiEngine().sample(asked()).notes == {"strength_steps": "webui"}
    assert host.jobs[-1].steps == 4


@pytest.mark.parametrize("changes", [{"strength_steps": "webui"}, {"init": None}])
def test_it_is_nothing_to_other_pictures(host, changes):
    assert WebuiEngine().sample(asked(**changes)).notes == {}
    assert host.jobs[-1].steps == 4
    assert host.jobs[-1].sampler_noise_scheduler_override is None
    assert host.made == ["Euler"]


def test_the_host_says_which_samplers_take_no_levels(host, monkeypatch):
    assert "strength_steps" in capabilities()
    assert capabilities().stepwise == ("DDIM",)
    for name in ("sd_samplers_kdiffusion", "sd_samplers_timesteps"):
        monkeypatch.delitem(sys.modules, f"modules.{name}")
    assert "strength_steps" not in capabilities()
    assert capabilities().stepwise == ()


def test_a_film_with_keyframed_strength_runs_each_strength(host):
    film = shot(
        tools=Tools(capabilities()),
        max_frames=4,
        steps=4,
        sampler="Euler",
        strength_steps="exact",
        strength_schedule="0:(0.7), 3:(0.4)",
    )
    list(render(Reel(film), WebuiEngine()))
    expected = [starting_level(denoise, host.sigmas) for denoise in (0.4, 0.5, 0.6)]
    assert [levels[0] for levels in host.run] == pytest.approx(expected, rel=1e-5)
