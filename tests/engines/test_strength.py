"""Step counts and exact noise levels: by formula, against diffusers' own schedulers, on known models, on the bundled one."""

import dataclasses
from itertools import pairwise

import diffusers
import numpy as np
import pytest
import torch

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.checkpoint import BUNDLED
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.sigmas import model_sigmas, sigma_to_t, spaced
from lib_anim.engines.strength import exact_levels, executed_steps, starting_level
from lib_anim.settings.samplers import SCHEDULERS

TRAINED = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
SIGMAS = model_sigmas(np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2))
FLOW = np.arange(1, 1001) / 1000


def shifted(sigmas, shift):
    """The noise levels of a flow model that is shifted to more noise: Esser et al. 2024 (arXiv:2403.03206), eq. 23."""
    return shift * sigmas / (1 + (shift - 1) * sigmas)


def ladder(name, sigmas=SIGMAS):
    return lambda steps: spaced(name, steps, sigmas)


@pytest.mark.parametrize(
    ("steps", "denoise", "webui", "exact"),
    [
        (25, 0.35, 9, 9),
        (25, 0.5, 13, 12),
        (25, 0.1, 3, 2),
        (25, 0.01, 1, 1),
        (25, 1e-9, 1, 1),
        (25, 1.0, 25, 25),
        (20, 0.15, 4, 3),
        (4, 0.62, 3, 2),
        (4, 0.3, 2, 1),
        (1, 1.0, 1, 1),
        (1, 0.5, 1, 1),
    ],
)
def test_step_counts(steps, denoise, webui, exact):
    assert executed_steps("webui", steps, denoise) == webui
    assert executed_steps("exact", steps, denoise) == exact
    assert executed_steps("real", steps, denoise) == steps


@pytest.mark.parametrize(("denoise", "step"), [(1.0, 999), (0.5, 499.5), (0.38, 379.62), (0.001, 1), (1e-9, 1)])
def test_the_first_level_is_that_of_the_share_of_training_steps(denoise, step):
    level = starting_level(denoise, SIGMAS)
    below, above = np.log(SIGMAS[int(step)]), np.log(SIGMAS[min(int(step) + 1, 999)])
    assert np.log(level) == pytest.approx(below + (step - int(step)) * (above - below), abs=1e-6)


@pytest.mark.parametrize("shift", [1, 3, 7])
@pytest.mark.parametrize("denoise", [0.05, 0.23, 0.25, 0.38, 0.62, 1.0])
def test_the_first_level_of_a_flow_model_is_denoise(denoise, shift):
    assert starting_level(denoise, shifted(FLOW, shift)) == pytest.approx(denoise, abs=0.01)


@pytest.mark.parametrize("count", [1, 2, 3, 20, 100])
@pytest.mark.parametrize("denoise", [1e-9, 0.001, 0.004, 0.01, 0.05, 0.3, 0.97, 1.0])
@pytest.mark.parametrize("name", SCHEDULERS[1:])
def test_levels_fall_from_the_first_to_none(name, denoise, count):
    levels = exact_levels(denoise, count, SIGMAS, ladder(name))
    assert levels.shape == (count + 1,)
    assert levels[0] == pytest.approx(starting_level(denoise, SIGMAS))
    assert levels[-1] == 0.0
    assert (np.diff(levels.astype(np.float32)) < 0).all()  # as samplers get them


@pytest.mark.parametrize("steps", [1, 4, 20, 50])
@pytest.mark.parametrize("name", [name for name in SCHEDULERS[1:] if name != "DDIM"])  # which begins below all noise
def test_denoise_1_is_the_schedulers_own_ladder(name, steps):
    assert exact_levels(1.0, steps, SIGMAS, ladder(name)) == pytest.approx(spaced(name, steps, SIGMAS), rel=1e-3)


@pytest.mark.parametrize("count", [2, 5, 20])
@pytest.mark.parametrize("denoise", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("name", "flag"), [("Karras", "use_karras_sigmas"), ("Exponential", "use_exponential_sigmas")])
def test_the_rule_is_that_of_diffusers_between_the_same_ends(name, flag, denoise, count):
    theirs = diffusers.EulerDiscreteScheduler(**TRAINED, **{flag: True})
    convert = theirs._convert_to_karras if name == "Karras" else theirs._convert_to_exponential
    expected = convert(in_sigmas=torch.tensor([starting_level(denoise, SIGMAS), SIGMAS[0]]), num_inference_steps=count)
    assert exact_levels(denoise, count, SIGMAS, ladder(name))[:-1] == pytest.approx(np.asarray(expected), rel=2e-3)


@pytest.mark.parametrize("count", [2, 5, 20])
@pytest.mark.parametrize("denoise", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("name", "end"), [("Uniform", True), ("SGM Uniform", False)])
def test_even_steps_are_those_of_diffusers_model_that_was_trained_so_far(name, end, denoise, count):
    """diffusers' linspace and trailing spacing, for a model whose last training step is the one where exact strength begins."""
    trained = round(999 * denoise) + 1
    theirs = diffusers.EulerDiscreteScheduler(**TRAINED, timestep_spacing="linspace" if end else "trailing")
    theirs.register_to_config(num_train_timesteps=trained)
    theirs.set_timesteps(count)
    levels = exact_levels((trained - 1) / 999, count, SIGMAS, ladder(name))
    expected = sigma_to_t(SIGMAS, theirs.sigmas.numpy().astype(float)[:-1])
    assert sigma_to_t(SIGMAS, levels[:-1]) == pytest.approx(expected, abs=1.0)


@pytest.mark.parametrize("shift", [1, 3, 7])
@pytest.mark.parametrize("denoise", [0.2, 0.25, 0.38, 0.62, 0.77])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_flow_model_of_known_velocity_starts_at_the_asked_share_and_arrives(count, denoise, shift):
    """diffusers' own flow scheduler runs the levels; what it mixes in is found from the latent."""
    sigmas = shifted(FLOW, shift)
    levels = exact_levels(denoise, count, sigmas, ladder("Simple", sigmas))
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    scheduler.set_timesteps(sigmas=levels[:-1])
    picture, noise = torch.randn((2, 1, 4, 16, 16), generator=torch.Generator().manual_seed(1))
    latent = scheduler.scale_noise(picture, scheduler.timesteps[:1], noise)
    share = ((latent - picture) * (noise - picture)).sum() / ((noise - picture) ** 2).sum()
    assert share.item() == pytest.approx(denoise, abs=0.01)
    for time in scheduler.timesteps:
        latent = scheduler.step(noise - picture, time, latent, return_dict=False)[0]
    assert torch.allclose(latent, picture, atol=1e-5)


@pytest.mark.parametrize("more", [1, 2, 7])
def test_a_scheduler_that_makes_more_steps_than_it_is_asked_for_gives_its_last_ones(more):
    """As the hosts' DDIM scheduler, where the training steps do not divide evenly."""
    levels = exact_levels(0.5, 4, SIGMAS, lambda steps: spaced("SGM Uniform", steps + more, SIGMAS))
    assert len(levels) == 5
    assert levels[0] == starting_level(0.5, SIGMAS)
    assert (np.diff(levels) < 0).all()


@pytest.mark.parametrize("odd", [[5.0, 5.0, 5.0, 5.0], [1.0, 3.0, 2.0, 4.0], [14.0, 13.0, 12.0, 11.0]])
def test_a_ladder_that_does_not_fall_or_ends_too_high_is_replaced_by_even_steps(odd):
    levels = exact_levels(0.3, 3, SIGMAS, lambda steps: np.append(np.resize(odd, steps), 0.0))
    start = starting_level(0.3, SIGMAS)
    assert levels == pytest.approx([start, start * 0.5**0.5, start * 0.5, 0.0])


# -- the bundled model ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine():
    return DiffusersEngine.load(BUNDLED, device="cpu")


@pytest.fixture(scope="module")
def over(engine):
    """A request over a picture that the model painted before."""
    first = SampleRequest(
        0, (128, 128), (("a red circle on a blue background", 1.0),), seed=5, steps=20, cfg_scale=4.0, sampler="Euler"
    )
    return dataclasses.replace(first, init=engine.sample(first).frame, seed=9)


def distances(engine, over, strength_steps, steps, denoises, **changes):
    """The mean distance of painted pictures to what they are painted over, in levels."""
    asked = dataclasses.replace(over, strength_steps=strength_steps, steps=steps, **changes)
    painted = (engine.sample(dataclasses.replace(asked, denoise=denoise)).frame for denoise in denoises)
    return [float(np.abs(frame.astype(float) - over.init).mean()) for frame in painted]


STRENGTHS = [k / 100 for k in range(30, 61, 6)]


@pytest.mark.once
@pytest.mark.parametrize("sampler", ["Euler", "Euler a", "DPM++ 2M", "LCM"])
def test_few_steps_have_a_strength_for_every_denoise(engine, over, sampler):
    exact = distances(engine, over, "exact", 4, STRENGTHS, sampler=sampler)
    assert all(before < after for before, after in pairwise(exact)), exact
    webui = distances(engine, over, "webui", 4, STRENGTHS, sampler=sampler)
    assert len(set(webui)) == 2  # a staircase: denoise below 0.5, and from there on


@pytest.mark.once
def test_all_steps_are_made_where_they_are_real(engine, over):
    real = distances(engine, over, "real", 4, STRENGTHS)
    assert all(before < after for before, after in pairwise(real)), real
    notes = [engine.sample(dataclasses.replace(over, strength_steps=way, steps=4, denoise=0.3)).notes for way in WAYS]
    assert notes == [{"steps_run": 2}, {"steps_run": 1}, {"steps_run": 4}]


WAYS = ("webui", "exact", "real")


@pytest.mark.once
@pytest.mark.parametrize("denoise", [0.2, 0.5])
def test_many_steps_look_the_same_both_ways(engine, over, denoise):
    both = [engine.sample(dataclasses.replace(over, denoise=denoise, strength_steps=way)).frame for way in WAYS[:2]]
    assert np.abs(both[0].astype(float) - both[1]).mean() < 2.0


@pytest.mark.parametrize("way", WAYS)
def test_the_ends_of_denoise(engine, over, way):
    asked = dataclasses.replace(over, strength_steps=way, steps=4)
    assert engine.sample(dataclasses.replace(asked, denoise=0.0)).frame is over.init
    whole = engine.sample(dataclasses.replace(asked, denoise=1.0))
    assert whole.notes == {"steps_run": 4}
    by_webui = engine.sample(dataclasses.replace(asked, denoise=1.0, strength_steps="webui")).frame
    assert np.abs(whole.frame.astype(float) - by_webui).max() <= 1


def test_pictures_from_nothing_do_not_know_of_it(engine, over):
    both = [engine.sample(dataclasses.replace(over, init=None, steps=4, strength_steps=way)).frame for way in WAYS]
    assert np.array_equal(both[0], both[1])
    assert np.array_equal(both[0], both[2])
