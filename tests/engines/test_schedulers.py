"""Spacings against their formulas, and every sampler on a model that is known exactly."""

import numpy as np
import pytest
import torch

from lib_anim.engines.diffusers.schedulers import KINDS, prepare_scheduler
from lib_anim.engines.diffusers.sigmas import model_sigmas, sigma_to_t, spaced
from lib_anim.engines.strength import starting_level
from lib_anim.settings.samplers import SCHEDULERS

CONFIG = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
}
ALPHAS = np.cumprod(1 - np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2)
SIGMAS = model_sigmas(ALPHAS)


@pytest.mark.parametrize("steps", [1, 2, 7, 20, 50])
@pytest.mark.parametrize("name", SCHEDULERS[1:])
def test_spacings_fall_from_the_most_noise_to_none(name, steps):
    levels = spaced(name, steps, SIGMAS)
    assert levels.shape == (steps + 1,)
    assert levels[-1] == 0.0
    assert (np.diff(levels) < 0).all()
    if name != "DDIM":
        assert levels[0] == pytest.approx(SIGMAS[-1], rel=0.001)


def test_spacings_by_hand():
    low, high = SIGMAS[0], SIGMAS[-1]
    assert (low, high) == pytest.approx((0.0292, 14.6146), abs=1e-4)
    karras = [(high ** (1 / 7) + k / 4 * (low ** (1 / 7) - high ** (1 / 7))) ** 7 for k in range(5)]
    assert spaced("Karras", 5, SIGMAS)[:-1] == pytest.approx(karras)
    assert spaced("Exponential", 3, SIGMAS)[1] == pytest.approx((low * high) ** 0.5)
    assert spaced("Uniform", 3, SIGMAS)[1] == pytest.approx((SIGMAS[499] * SIGMAS[500]) ** 0.5)
    assert spaced("Simple", 4, SIGMAS)[:-1] == pytest.approx(SIGMAS[[999, 749, 499, 249]])
    assert spaced("Align Your Steps", 11, SIGMAS)[3] == pytest.approx(2.697)
    assert spaced("Align Your Steps", 11, SIGMAS, sdxl=True)[3] == pytest.approx(2.181)
    assert spaced("KL Optimal", 2, SIGMAS)[1] == pytest.approx(np.tan((np.arctan(low) + np.arctan(high)) / 2))


def test_levels_and_training_steps_are_each_others_inverse():
    t = np.array([0.0, 0.5, 10.0, 500.25, 999.0])
    levels = np.exp(np.interp(t, np.arange(1000), np.log(SIGMAS)))
    assert sigma_to_t(SIGMAS, levels) == pytest.approx(t, abs=1e-6)


MEAN, SPREAD = 0.7, 0.5


def exact_noise(latent, t):
    """The expected noise of latents whose clean values are normal with MEAN and SPREAD: the model that is known exactly."""
    sigma = float(np.exp(np.interp(float(t), np.arange(1000), np.log(SIGMAS))))
    alpha = 1 / np.sqrt(1 + sigma**2)
    noise = sigma * alpha
    return (latent - alpha * MEAN) * noise / (alpha**2 * SPREAD**2 + noise**2)


def sampled(sampler, spacing, steps, executed, seed=1, denoise=None):
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, 4, 64, 64, generator=generator)
    clean = MEAN + SPREAD * torch.randn(1, 4, 64, 64, generator=generator)
    prepared = prepare_scheduler(sampler, spacing, steps, executed, CONFIG, denoise=denoise)
    latent = prepared.begin(noise) if executed == steps and denoise is None else prepared.add_noise(clean, noise, 0)
    for call, t in enumerate(prepared.times):
        output = exact_noise(prepared.scale_input(latent, call), t).float()
        latent = prepared.step(output, call, latent, [generator])
    return latent, len(prepared.times)


@pytest.mark.parametrize(("steps", "executed"), [(20, 20), (20, 9), (20, 1)])
@pytest.mark.parametrize("sampler", KINDS)
def test_every_sampler_arrives_where_it_should(sampler, steps, executed):
    latent, calls = sampled(sampler, "Karras", steps, executed)
    assert latent.mean().item() == pytest.approx(MEAN, abs=0.05)
    # ancestral noise and LCM's own kind of step shrink the spread; nothing may lose or multiply it
    assert 0.55 * SPREAD < latent.std().item() < 1.15 * SPREAD
    twice = sampler in ("Heun", "DPM2", "DPM2 a")
    assert calls == (2 * executed - 1 if twice else executed + (sampler == "PLMS" and executed > 1))


@pytest.mark.parametrize(("executed", "denoise"), [(1, 0.3), (2, 0.5), (10, 0.5), (4, 1.0), (20, 0.3), (20, 0.001)])
@pytest.mark.parametrize("sampler", KINDS)
def test_every_sampler_arrives_with_exact_strength_too(sampler, executed, denoise):
    latent, calls = sampled(sampler, "Automatic", 20, executed, denoise=denoise)
    assert latent.mean().item() == pytest.approx(MEAN, abs=0.07)
    if executed == 1:  # it lands on the expected picture, which has less spread the more noise there was
        assert latent.std().item() > 0.9 * SPREAD**2 / (SPREAD**2 + starting_level(denoise, SIGMAS) ** 2) ** 0.5
    if executed >= 10:  # samplers of second order overshoot in few steps
        assert 0.55 * SPREAD < latent.std().item() < 1.15 * SPREAD
    twice = sampler in ("Heun", "DPM2", "DPM2 a")
    assert calls == (2 * executed - 1 if twice else executed + (sampler == "PLMS" and executed > 1))


@pytest.mark.parametrize("denoise", [0.05, 0.3, 0.31, 0.62, 1.0])
@pytest.mark.parametrize("sampler", KINDS)
def test_every_sampler_begins_at_the_exact_level(sampler, denoise):
    """The noise that is added, and the training step that the model is told, are those of denoise."""
    prepared = prepare_scheduler(sampler, "Automatic", 4, 2, CONFIG, denoise=denoise)
    clean, noise = torch.full((1, 4, 8, 8), 2.0), torch.ones(1, 4, 8, 8)
    added, pure = prepared.add_noise(clean, noise, 0).mean().item(), prepared.add_noise(clean * 0, noise, 0).mean().item()
    assert 2.0 * pure / (added - pure) == pytest.approx(starting_level(denoise, SIGMAS), rel=1e-4)
    assert prepared.times[0].item() == pytest.approx(999 * denoise, abs=0.51)  # DPM2 is told whole training steps


@pytest.mark.parametrize(
    ("sampler", "steps", "executed", "times"),
    [
        ("DDIM", 5, 5, [801, 601, 401, 201, 1]),
        ("DDIM", 6, 6, [997, 831, 665, 499, 333, 167, 1]),
        ("DDIM", 6, 3, [333, 167, 1]),
        ("PLMS", 4, 4, [751, 501, 501, 251, 1]),
        ("PLMS", 3, 3, [999, 667, 667, 334, 1]),
    ],
)
def test_the_training_steps_are_those_of_a_webui(sampler, steps, executed, times):
    """`range(0, 1000, 1000 // steps)` plus one: where it does not divide evenly there is one step more."""
    assert prepare_scheduler(sampler, "Automatic", steps, executed, CONFIG).times.tolist() == times


@pytest.mark.parametrize("sampler", KINDS)
def test_the_seed_decides(sampler):
    one, _ = sampled(sampler, "Karras", 8, 8)
    again, _ = sampled(sampler, "Karras", 8, 8)
    other, _ = sampled(sampler, "Karras", 8, 8, seed=2)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("name", SCHEDULERS[1:])
@pytest.mark.parametrize("sampler", ["Euler", "DPM++ 2M", "UniPC"])
def test_any_scheduler_with_any_sampler(sampler, name):
    latent, _ = sampled(sampler, name, 24, 24)
    assert latent.mean().item() == pytest.approx(MEAN, abs=0.08)
    assert 0.7 * SPREAD < latent.std().item() < 1.3 * SPREAD


def test_noised_ends_clean_and_begins_noisy():
    prepared = prepare_scheduler("Euler", "Karras", 10, 4, CONFIG)
    clean, noise = torch.full((1, 4, 8, 8), 2.0), torch.ones(1, 4, 8, 8)
    levels = spaced("Karras", 10, SIGMAS)[6:]
    assert prepared.add_noise(clean, noise, 0).mean().item() == pytest.approx(2.0 + levels[0], rel=1e-5)
    assert torch.equal(prepared.add_noise(clean, noise, 4), clean)


@pytest.mark.parametrize(
    ("sampler", "spacing"), [("DPM++ 2M", "Karras"), ("DPM++ 2M SDE", "Exponential"), ("Euler a", "Uniform")]
)
def test_automatic_is_the_samplers_own_scheduler(sampler, spacing):
    automatic, named = (prepare_scheduler(sampler, name, 9, 9, CONFIG).scheduler.sigmas for name in ("Automatic", spacing))
    assert torch.equal(automatic, named)


def test_v_prediction_is_kept():
    prepared = prepare_scheduler("Euler", "Karras", 5, 5, {**CONFIG, "prediction_type": "v_prediction"})
    assert prepared.scheduler.config.prediction_type == "v_prediction"


@pytest.mark.parametrize("eta", [0.0, 0.3, 1.0])
def test_a_step_of_ddim_is_the_papers(eta):
    """Song et al. 2020 (arXiv:2010.02502), formulas (12) and (16)."""
    prepared = prepare_scheduler("DDIM", "Automatic", 5, 5, CONFIG)
    latent, output = torch.randn((2, 1, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    fresh = torch.randn(latent.shape, generator=torch.Generator().manual_seed(9))
    now, before = ALPHAS[601], ALPHAS[401]
    sigma = eta * np.sqrt((1 - before) / (1 - now)) * np.sqrt(1 - now / before)
    clean = (latent - np.sqrt(1 - now) * output) / np.sqrt(now)
    expected = np.sqrt(before) * clean + np.sqrt(1 - before - sigma**2) * output + sigma * fresh
    stepped = prepared.step(output, 1, latent, [torch.Generator().manual_seed(9)], eta)
    assert stepped.numpy() == pytest.approx(expected.numpy(), abs=2e-5)


def test_eta_of_ddim_is_nothing_to_others():
    runs = [prepare_scheduler("Euler a", "Automatic", 5, 5, CONFIG) for _ in range(2)]
    latent, output = torch.randn((2, 1, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    one, other = (
        prepared.step(output, 0, prepared.add_noise(latent, output, 0), [torch.Generator().manual_seed(9)], eta)
        for prepared, eta in zip(runs, (0.0, 1.0), strict=True)
    )
    assert torch.equal(one, other)
