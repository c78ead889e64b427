"""Noise levels of the WebUIs' schedulers. Numbers only.

A spacing is an array of n+1 noise levels (sigma, relative to the picture's standard deviation), falling to 0; img2img runs the
tail of it. Formulas: Karras et al. 2022 (arXiv:2206.00364) eq. 5 for Karras; Lee et al. 2024 (arXiv:2407.12173)
for Beta; Sabour et al. 2024 (arXiv:2404.14507) for Align Your Steps; the others have even steps in time, in log sigma, or in
arctan(sigma).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from lib_anim.engines.strength import Levels

_ALIGN_YOUR_STEPS = {
    "sd": (14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029),
    "sdxl": (14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.380, 0.234, 0.113, 0.029),
}


# the scheduler that "Automatic" means in a WebUI; for all other samplers it is Uniform
_OWN_SCHEDULER = {
    **dict.fromkeys(("DPM++ 2M", "DPM++ SDE", "DPM2", "DPM2 a"), "Karras"),
    **dict.fromkeys(("DPM++ 2M SDE", "DPM++ 2M SDE Heun"), "Exponential"),
}


def own_scheduler(sampler: str, scheduler: str) -> str:
    """Resolve "Automatic" to the scheduler that a WebUI uses for `sampler`."""
    return _OWN_SCHEDULER.get(sampler, "Uniform") if scheduler == "Automatic" else scheduler


def model_sigmas(alphas_cumprod: Levels) -> Levels:
    """Return the noise level of every training step, rising: sqrt((1 - ᾱ) / ᾱ)."""
    alphas = np.asarray(alphas_cumprod, np.float64)
    return np.sqrt((1.0 - alphas) / alphas)


def sigma_to_t(sigmas: Levels, levels: Levels) -> Levels:
    """Return the fractional training steps of noise levels, interpolated in log sigma; 0 for level 0."""
    tiny = float(sigmas[0])
    return np.interp(np.log(np.maximum(levels, tiny)), np.log(sigmas), np.arange(len(sigmas)))


def spaced(scheduler: str, steps: int, sigmas: Levels, *, sdxl: bool = False) -> Levels:
    """Return the noise levels of `steps` steps of a WebUI scheduler, for a model with `sigmas`: (steps + 1,) float64."""
    make = _SCHEDULERS.get(scheduler, _uniform)
    levels = _align_your_steps(steps, sdxl) if scheduler == "Align Your Steps" else make(steps, sigmas)
    return np.append(levels, 0.0)


def _at(sigmas: Levels, t: Levels) -> Levels:
    return np.exp(np.interp(t, np.arange(len(sigmas)), np.log(sigmas)))


def _uniform(n: int, sigmas: Levels) -> Levels:
    return _at(sigmas, np.linspace(len(sigmas) - 1, 0, n))


def _sgm_uniform(n: int, sigmas: Levels) -> Levels:
    return _at(sigmas, np.linspace(len(sigmas) - 1, 0, n + 1)[:-1])


def _karras(n: int, sigmas: Levels) -> Levels:
    rho = 7.0
    low, high = sigmas[0] ** (1 / rho), sigmas[-1] ** (1 / rho)
    levels: Levels = (high + np.linspace(0, 1, n) * (low - high)) ** rho
    return levels


def _exponential(n: int, sigmas: Levels) -> Levels:
    return np.exp(np.linspace(np.log(sigmas[-1]), np.log(sigmas[0]), n))


def _kl_optimal(n: int, sigmas: Levels) -> Levels:
    share = np.arange(n) / n
    levels: Levels = np.tan(share * np.arctan(sigmas[0]) + (1.0 - share) * np.arctan(sigmas[-1]))
    return levels


def _simple(n: int, sigmas: Levels) -> Levels:
    return sigmas[[-(1 + int(k * len(sigmas) / n)) for k in range(n)]]


def _ddim(n: int, sigmas: Levels) -> Levels:
    return sigmas[1 :: max(len(sigmas) // n, 1)][::-1][-n:]


def _beta(n: int, sigmas: Levels) -> Levels:
    levels: Levels = sigmas[0] + _beta_shares(n) * (sigmas[-1] - sigmas[0])
    return levels


@lru_cache(64)
def _beta_shares(n: int) -> Levels:
    """Return the quantiles of the beta distribution at even steps, falling from 1 to 0: the costly part."""
    from scipy.stats import beta  # comes with the diffusers extra

    shares: Levels = beta.ppf(1.0 - np.linspace(0, 1, n), 0.6, 0.6)
    return shares


def _align_your_steps(n: int, sdxl: bool) -> Levels:
    known = np.log(_ALIGN_YOUR_STEPS["sdxl" if sdxl else "sd"])
    return np.exp(np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(known)), known))


_SCHEDULERS: MappingProxyType[str, Callable[[int, Levels], Levels]] = MappingProxyType(
    {
        "Uniform": _uniform,
        "Karras": _karras,
        "Exponential": _exponential,
        "Polyexponential": _exponential,  # identical with the WebUI's rho of 1
        "SGM Uniform": _sgm_uniform,
        "KL Optimal": _kl_optimal,
        "Simple": _simple,
        "Normal": _uniform,
        "DDIM": _ddim,
        "Beta": _beta,
    }
)
