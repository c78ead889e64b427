"""The WebUIs' samplers as diffusers' schedulers, driven over noise levels of our own (`spacing.py`).

diffusers' img2img runs int(steps·strength) steps of levels that the scheduler chooses; a WebUI runs one more, of levels
that belong to sampler and scheduler together. Here a scheduler is given exactly the levels it is to run, and starts at the
first of them, so that its memory of former steps is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.diffusers.sigmas import model_sigmas, own_scheduler, sigma_to_t, spaced

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class _Kind:
    """A diffusers class by name, its options, and how its levels are set.

    "levels": our levels as they are. "twice": each but the first and last twice (two model calls a step). "flags": the
    class makes them itself. "times": no levels; it walks over training steps.
    """

    name: str
    levels: str
    options: Mapping[str, object]


def _kind(name: str, levels: str, **options: object) -> _Kind:
    return _Kind(name, levels, MappingProxyType(options))


_FLAGS = {"Karras": "use_karras_sigmas", "Exponential": "use_exponential_sigmas", "Beta": "use_beta_sigmas"}

KINDS = MappingProxyType(
    {
        "DPM++ 2M": _kind("DPMSolverMultistepScheduler", "levels", algorithm_type="dpmsolver++"),
        "DPM++ SDE": _kind("DPMSolverSinglestepScheduler", "levels", algorithm_type="dpmsolver++", lower_order_final=True),
        "DPM++ 2M SDE": _kind("DPMSolverMultistepScheduler", "levels", algorithm_type="sde-dpmsolver++"),
        "DPM++ 2M SDE Heun": _kind(
            "DPMSolverMultistepScheduler", "levels", algorithm_type="sde-dpmsolver++", solver_type="heun"
        ),
        "Euler a": _kind("EulerAncestralDiscreteScheduler", "levels"),
        "Euler": _kind("EulerDiscreteScheduler", "levels"),
        "LMS": _kind("LMSDiscreteScheduler", "levels"),
        "Heun": _kind("HeunDiscreteScheduler", "twice"),
        "DPM2": _kind("KDPM2DiscreteScheduler", "flags"),
        "DPM2 a": _kind("KDPM2AncestralDiscreteScheduler", "flags"),
        "DDIM": _kind("DDIMScheduler", "times"),
        "PLMS": _kind("PNDMScheduler", "times", skip_prk_steps=True),
        "UniPC": _kind("UniPCMultistepScheduler", "levels"),
        "LCM": _kind("LCMScheduler", "times"),
    }
)


@dataclass(frozen=True)
class Ladder:
    """A diffusers scheduler ready to run: one call of the model for each of `times`."""

    scheduler: Any
    times: torch.Tensor
    kind: _Kind

    def begin(self, noise: torch.Tensor) -> torch.Tensor:
        """Where painting from nothing begins."""
        return noise if self.kind.levels == "times" else self.noised(noise * 0.0, noise, 0)

    def noised(self, clean: torch.Tensor, noise: torch.Tensor, call: int) -> torch.Tensor:
        """A clean latent with the noise it has before a call; after the last call it has none."""
        if call >= len(self.times):
            return clean
        return self.scheduler.add_noise(clean, noise, self.times[call : call + 1])

    def step(
        self, output: torch.Tensor, call: int, latent: torch.Tensor, generator: torch.Generator, eta_ddim: float = 0.0
    ) -> torch.Tensor:
        """The latent after a call of the model that gave `output`; `eta_ddim` is DDIM's share of fresh noise."""
        extra: dict[str, object] = {"generator": generator} if self.kind.name in _TAKES_GENERATOR else {}
        if self.kind.name == "DDIMScheduler":
            extra["eta"] = eta_ddim
        return self.scheduler.step(output, self.times[call], latent, return_dict=False, **extra)[0]

    def scaled(self, latent: torch.Tensor, call: int) -> torch.Tensor:
        """The latent as the model wants to see it."""
        return self.scheduler.scale_model_input(latent, self.times[call])


_TAKES_GENERATOR = frozenset(
    {
        *("DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "EulerAncestralDiscreteScheduler"),
        *("KDPM2AncestralDiscreteScheduler", "DDIMScheduler", "LCMScheduler", "EulerDiscreteScheduler"),
    }
)


def ladder(
    sampler: str, spacing: str, steps: int, executed: int, config: Mapping[str, object], *, sdxl: bool = False
) -> Ladder:
    """The last `executed` of `steps` steps by WebUI names, for a model whose scheduler has `config`."""
    import diffusers
    import torch

    kind, spacing = KINDS[sampler], own_scheduler(sampler, spacing)
    scheduler = _scheduler(diffusers, kind, spacing, config)
    if kind.levels == "times":
        return Ladder(scheduler, _training_steps(scheduler, kind, steps, executed), kind)
    if kind.levels == "flags":
        scheduler.set_timesteps(steps)
        start = (steps - executed) * scheduler.order
        scheduler.set_begin_index(start)
        return Ladder(scheduler, scheduler.timesteps[start:], kind)
    sigmas = model_sigmas(scheduler.alphas_cumprod.numpy())
    levels = spaced(spacing, steps, sigmas, sdxl=sdxl)[steps - executed :]
    times = sigma_to_t(sigmas, levels[:-1])
    if kind.levels == "twice":
        levels = np.concatenate([levels[:1], np.repeat(levels[1:-1], 2), levels[-1:]])
        times = np.concatenate([times[:1], np.repeat(times[1:], 2)])
    scheduler.set_timesteps(executed)
    scheduler.sigmas = torch.tensor(levels, dtype=torch.float32)
    scheduler.timesteps = torch.tensor(times, dtype=torch.float32)
    scheduler.set_begin_index(0)
    return Ladder(scheduler, scheduler.timesteps, kind)


def _scheduler(diffusers: Any, kind: _Kind, spacing: str, config: Mapping[str, object]) -> Any:
    options = dict(kind.options)
    if kind.levels == "flags" and spacing in _FLAGS:
        options[_FLAGS[spacing]] = True
    if kind.levels == "times":
        options |= {"timestep_spacing": "leading", "steps_offset": 1, "clip_sample": False, "set_alpha_to_one": False}
    else:
        options |= {"timestep_spacing": "linspace", "final_sigmas_type": "zero"}
    kept = (
        *("beta_start", "beta_end", "beta_schedule", "trained_betas", "num_train_timesteps", "prediction_type"),
        "rescale_betas_zero_snr",
    )
    base = {key: config[key] for key in kept if config.get(key) is not None}
    return getattr(diffusers, kind.name).from_config({**base, **options})


def _training_steps(scheduler: Any, kind: _Kind, steps: int, executed: int) -> torch.Tensor:
    """The training steps to walk over, falling; those of LCM are its own."""
    import torch

    scheduler.set_timesteps(steps)
    if kind.name == "LCMScheduler":
        return scheduler.timesteps[len(scheduler.timesteps) - executed :]
    total = scheduler.config.num_train_timesteps
    # as a WebUI has them: where the division is not even there is one more than was asked for
    times = torch.arange(0, total, max(total // steps, 1)).add(1).clamp(max=total - 1).flip(0)
    times = times if executed >= steps else times[-executed:]
    if kind.name == "PNDMScheduler":  # PLMS asks twice at its second step, also when it starts late
        return torch.cat([times[:1], times[1:2], times[1:]])
    return times
