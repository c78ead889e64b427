"""Pictures that are sampled together: each joins the loop at the noise level of its own denoise, and within its own mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.strength import executed_steps
from lib_anim.images.masks import fitted

if TYPE_CHECKING:
    import torch

    from lib_anim.engines.diffusers.conditioning import Guided
    from lib_anim.engines.diffusers.controlnets import Guide
    from lib_anim.engines.diffusers.schedulers import PreparedScheduler


@dataclass(frozen=True, eq=False)
class Batch:
    """Requests of one size, and for each of them: its first noise, the latent that it is painted over (0 without one), both
    (n, channels, h, w), and the generator of further noise.

    `released` (n, 1, h, w) is the number of calls after which a latent pixel is the loop's, None if it always is.
    """

    requests: Sequence[SampleRequest]
    noise: torch.Tensor
    clean: torch.Tensor
    generators: list[torch.Generator]
    released: torch.Tensor | None

    def begin(self, scheduler: PreparedScheduler) -> torch.Tensor:
        """Return the latents before the first call: noise, and noised pictures."""
        import torch

        over = [request.init is not None for request in self.requests]
        if all(over):
            return scheduler.add_noise(self.clean, self.noise, 0)
        if not any(over):
            return scheduler.begin(self.noise)
        mask = torch.tensor(over, device=self.noise.device)[:, None, None, None]
        return torch.where(mask, scheduler.add_noise(self.clean, self.noise, 0), scheduler.begin(self.noise))

    def hold(self, scheduler: PreparedScheduler, calls: int, latents: torch.Tensor) -> torch.Tensor:
        """Return the latents after so many calls, with noised pictures where pixels are not released yet."""
        import torch

        if self.released is None:
            return latents
        return torch.where(self.released <= calls, latents, scheduler.add_noise(self.clean, self.noise, calls))


@dataclass(frozen=True, eq=False)
class ModelStep:
    """One call of the model in the sampling loop, for n pictures: its `number` and `time`, the `latents` (n, channels, h, w) in
    the model's scale, and for each picture its request, its encoded prompts, and what guides it then."""

    number: int
    time: torch.Tensor
    latents: torch.Tensor
    requests: Sequence[SampleRequest]
    guided: Sequence[Guided]
    guides: Sequence[Sequence[Guide]]

    def of(self, pictures: list[int]) -> ModelStep:
        """Return the same call for some of the pictures."""
        requests = [self.requests[k] for k in pictures]
        guided, guides = [self.guided[k] for k in pictures], [self.guides[k] for k in pictures]
        return ModelStep(self.number, self.time, self.latents[pictures], requests, guided, guides)


def steps_of(request: SampleRequest) -> int:
    """Return the steps that a picture is painted with."""
    if request.init is None:
        return request.steps
    return executed_steps(request.strength_steps, request.steps, request.denoise)


def release_calls(requests: Sequence[SampleRequest], first: Sequence[int], calls: int) -> torch.Tensor | None:
    """Return `Batch.released`; `first` are the calls before which the pictures join.

    For a mask of 0.5 that is after half of the calls from there on; for a picture that stands, and a mask of 0, never.
    """
    import torch

    if all(request.mask is None and not request.stands and not begun for request, begun in zip(requests, first, strict=True)):
        return None
    each = [_released(request, begun, calls) for request, begun in zip(requests, first, strict=True)]
    return torch.from_numpy(np.stack(each).astype(np.float32))[:, None]


def _released(request: SampleRequest, first: int, calls: int) -> np.ndarray:
    shape = request.size[0] // 8, request.size[1] // 8
    if request.stands:
        return np.full(shape[::-1], calls + 1.0)
    if request.mask is None or request.init is None:
        return np.full(shape[::-1], first + 1.0)
    small = fitted(request.mask.astype(np.float32), shape)
    late = first + np.maximum(np.ceil((1.0 - small) * (calls - first)), 1.0)
    return np.where(small > 0.0, late, calls + 1.0)
