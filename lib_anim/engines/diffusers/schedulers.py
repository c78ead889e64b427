"""The WebUIs' samplers as diffusers' schedulers with our own noise levels (`sigmas.py`).

diffusers' img2img runs int(steps·strength) steps of levels that its scheduler chooses. A WebUI runs one more, with levels
that depend on sampler and scheduler. Here a scheduler gets exactly the levels to run and starts at the first of them, so that
multistep samplers have a correct history. The levels of exact strength (`strength.py`) are run by all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.diffusers.sigmas import model_sigmas, own_scheduler, sigma_to_t, spaced
from lib_anim.engines.strength import WEBUI, Levels, exact_levels

if TYPE_CHECKING:
    import torch

    from lib_anim.engines.base import SampleRequest


@dataclass(frozen=True)
class _Kind:
    """A diffusers class by name, its options, and how its noise levels are set.

    "levels": our levels. "twice": our levels, all but the first and last repeated (two model calls a step). "flags": the
    class computes them, chosen by a flag. "times": it takes training steps instead of levels.
    """

    name: str
    levels: str
    options: Mapping[str, object]


def _kind(name: str, levels: str, **options: object) -> _Kind:
    return _Kind(name, levels, MappingProxyType(options))


_EVEN = "SGM Uniform"  # even steps in time, for the samplers that take training steps
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
class PreparedScheduler:
    """A diffusers scheduler ready to run: one model call for each of `times`, which the scheduler knows as `own_times`."""

    scheduler: Any
    times: torch.Tensor
    own_times: torch.Tensor
    kind: _Kind

    def begin(self, noise: torch.Tensor) -> torch.Tensor:
        """Return the first latent of txt2img from unit noise."""
        return noise if self.kind.levels == "times" else self.add_noise(noise * 0.0, noise, 0)

    def add_noise(self, clean: torch.Tensor, noise: torch.Tensor, call: int) -> torch.Tensor:
        """Add the noise that a clean latent has before `call`; after the last call that is none."""
        if call >= len(self.times):
            return clean
        return self.scheduler.add_noise(clean, noise, self.own_times[call : call + 1])

    def step(
        self, output: torch.Tensor, call: int, latents: torch.Tensor, generators: list[torch.Generator], eta_ddim: float = 0.0
    ) -> torch.Tensor:
        """Return the latents after a model call that returned `output`, each with noise of its own generator; `eta_ddim` is
        DDIM's share of fresh noise."""
        extra: dict[str, object] = {"generator": generators} if self.kind.name in _TAKES_GENERATOR else {}
        if self.kind.name == "DDIMScheduler":
            extra["eta"] = eta_ddim
        return self.scheduler.step(output, self.own_times[call], latents, return_dict=False, **extra)[0]

    def first_call(self, request: SampleRequest, steps: int, most: int) -> int:
        """Return the call before which a picture joins others that are painted with `most` steps, at the level of its denoise.

        With A1111's step count it is painted in its last `steps`, else from the level that is nearest.
        """
        if request.init is None or (request.strength_steps == WEBUI and steps >= most):
            return 0
        order = getattr(self.scheduler, "order", 1)
        if request.strength_steps == WEBUI:
            return max(len(self.times) - (steps * order - (order - 1)), 0)  # the last step makes one call
        wanted = request.denoise * (len(self.scheduler.betas) - 1)
        distances = (self.times[::order].double() - wanted).abs()
        return int(distances.argmin()) * order

    def scale_input(self, latent: torch.Tensor, call: int) -> torch.Tensor:
        """Scale a latent to the model's input."""
        return self.scheduler.scale_model_input(latent, self.own_times[call])


_TAKES_GENERATOR = frozenset(
    {
        *("DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler", "EulerAncestralDiscreteScheduler"),
        *("KDPM2AncestralDiscreteScheduler", "DDIMScheduler", "LCMScheduler", "EulerDiscreteScheduler"),
    }
)


def prepare_scheduler(
    sampler: str,
    spacing: str,
    steps: int,
    executed: int,
    config: Mapping[str, object],
    *,
    sdxl: bool = False,
    denoise: float | None = None,
) -> PreparedScheduler:
    """Prepare the last `executed` of `steps` steps, or with `denoise` the `executed` steps of that exact strength.

    Names are the WebUI's; `config` is that of the model's scheduler.
    """
    import diffusers

    kind, spacing = KINDS[sampler], own_scheduler(sampler, spacing)
    scheduler = _scheduler(diffusers, kind, spacing, config)
    sigmas = model_sigmas(scheduler.alphas_cumprod.numpy())
    if denoise is not None:
        rule = _EVEN if kind.levels == "times" else spacing
        levels = exact_levels(denoise, executed, sigmas, lambda n: spaced(rule, n, sigmas, sdxl=sdxl))
        return _EXACT[kind.levels](scheduler, kind, levels, sigmas)
    if kind.levels == "times":
        times = _training_steps(scheduler, kind, steps, executed)
        return PreparedScheduler(scheduler, times, times, kind)
    if kind.levels == "flags":
        scheduler.set_timesteps(steps)
        return _begun_at(scheduler, kind, (steps - executed) * scheduler.order)
    return _with_levels(scheduler, kind, spaced(spacing, steps, sigmas, sdxl=sdxl)[steps - executed :], sigmas)


def _with_levels(scheduler: Any, kind: _Kind, levels: Levels, sigmas: Levels) -> PreparedScheduler:
    """Give a scheduler its levels in place of those that it chooses."""
    import torch

    scheduler.set_timesteps(len(levels) - 1)
    times = sigma_to_t(sigmas, levels[:-1])
    if kind.levels == "twice":
        levels = np.concatenate([levels[:1], np.repeat(levels[1:-1], 2), levels[-1:]])
        times = np.concatenate([times[:1], np.repeat(times[1:], 2)])
    scheduler.sigmas = torch.tensor(levels, dtype=torch.float32)
    scheduler.timesteps = torch.tensor(times, dtype=torch.float32)
    return _begun_at(scheduler, kind, 0)


def _with_flag(scheduler: Any, kind: _Kind, levels: Levels, sigmas: Levels) -> PreparedScheduler:
    """Give a scheduler its levels as those of Karras's rule; it adds the levels between them."""
    scheduler.register_to_config(use_karras_sigmas=True, use_exponential_sigmas=False, use_beta_sigmas=False)
    scheduler._convert_to_karras = lambda in_sigmas, num_inference_steps: levels[:-1]
    scheduler.set_timesteps(len(levels) - 1)
    return _begun_at(scheduler, kind, 0)


def _with_table(scheduler: Any, kind: _Kind, levels: Levels, sigmas: Levels) -> PreparedScheduler:
    """Give a scheduler that counts training steps a model's table in which its steps meet the levels."""
    import torch

    count = len(levels) - 1
    stride = scheduler.config.num_train_timesteps // count
    alphas = np.repeat(1.0 / (1.0 + levels[-2::-1] ** 2), stride)  # at stride, 2·stride, …, count·stride
    scheduler.set_timesteps(count)
    scheduler.alphas_cumprod = torch.tensor(np.append(scheduler.alphas_cumprod[0], alphas), dtype=torch.float32)
    scheduler.timesteps = stride * torch.arange(count, 0, -1)
    times = torch.tensor(sigma_to_t(sigmas, levels[:-1]), dtype=torch.float32)
    return PreparedScheduler(scheduler, _called(kind, times), _called(kind, scheduler.timesteps), kind)


_EXACT: Mapping[str, Callable[[Any, _Kind, Levels, Levels], PreparedScheduler]] = MappingProxyType(
    {"levels": _with_levels, "twice": _with_levels, "flags": _with_flag, "times": _with_table}
)


def _begun_at(scheduler: Any, kind: _Kind, start: int) -> PreparedScheduler:
    """Let a scheduler begin at the model call `start`."""
    scheduler.set_begin_index(start)
    times = scheduler.timesteps[start:]
    return PreparedScheduler(scheduler, times, times, kind)


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
    """Return the training steps of the executed steps, falling; LCM computes its own."""
    import torch

    scheduler.set_timesteps(steps)
    if kind.name == "LCMScheduler":
        return scheduler.timesteps[len(scheduler.timesteps) - executed :]
    total = scheduler.config.num_train_timesteps
    # as in a WebUI: one step more than requested where the division has a remainder
    times = torch.arange(0, total, max(total // steps, 1)).add(1).clamp(max=total - 1).flip(0)
    return _called(kind, times if executed >= steps else times[-executed:])


def _called(kind: _Kind, times: torch.Tensor) -> torch.Tensor:
    """Return the times of the model calls: PLMS calls the model twice at its second step, also after a late start."""
    import torch

    return torch.cat([times[:1], times[1:2], times[1:]]) if kind.name == "PNDMScheduler" else times
