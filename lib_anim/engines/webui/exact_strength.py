"""Exact strength in the host WebUI.

A host's samplers ask a job's `sampler_noise_scheduler_override` for the noise levels of all steps, and img2img begins at one of
them: the first, if the job has as many steps as are made and denoise 1. Samplers that count training steps do not ask (in
AUTOMATIC1111 DDIM, DDIM CFG++, PLMS and UniPC); with them the host counts steps as ever.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.strength import FINE, WEBUI, Levels, exact_levels, executed_steps

_PROBE = np.array([4.0, 2.0, 1.0, 0.0])


def words() -> set[str]:
    """Return the word of Capabilities for exact strength, if the host has samplers that take levels."""
    try:
        kind = importlib.import_module("modules.sd_samplers_kdiffusion").KDiffusionSampler
    except (ImportError, AttributeError):
        return set()
    return {"strength_steps"} if hasattr(kind, "get_sigmas") else set()


def stepwise_samplers() -> tuple[str, ...]:
    """Return the host's samplers that count training steps."""
    try:
        found = importlib.import_module("modules.sd_samplers_timesteps").samplers_data_timesteps
    except (ImportError, AttributeError):
        return ()
    return tuple(one.name for one in found)


class ExactStrength:
    """Gives jobs the levels of exact strength. Each sampler is probed once with each scheduler, with a known ladder."""

    def __init__(self) -> None:
        self._obeying: dict[tuple[str, str], bool] = {}
        self._ladders: dict[tuple[object, ...], Levels] = {}

    def notes(self, request: SampleRequest) -> Mapping[str, object]:
        """Return a note for the journal if a picture was painted with the host's count of steps in place of exact strength."""
        return {"strength_steps": WEBUI} if _wants(request) and not self._obeying.get(_kind(request)) else {}

    def apply(self, job: Any, request: SampleRequest) -> None:
        """Give a job its levels, if its sampler takes them. Called when the model is loaded."""
        if not _wants(request):
            return
        if _kind(request) not in self._obeying:
            self._obeying[_kind(request)] = _obeys(job)
        if self._obeying[_kind(request)]:
            count = executed_steps(request.strength_steps, request.steps, request.denoise)
            job.steps, job.denoising_strength = count, 1.0
            _hand_over(job, count, lambda: job.sampler, lambda sampler: self._levels(job, sampler, count, request.denoise))

    def _levels(self, job: Any, sampler: Any, count: int, denoise: float) -> Levels:
        """Return the levels of a job. The host's ladders are kept for each model, sampler and scheduler."""
        table = _array(sampler.model_wrap.sigmas)
        kind = (job.sampler_name, job.scheduler, job.width, job.height, *table[[0, len(table) // 2, -1]])

        def ladder(steps: int) -> Levels:
            if (*kind, steps) not in self._ladders:
                self._ladders[(*kind, steps)] = _host_levels(job, sampler, steps)
            return self._ladders[(*kind, steps)]

        return exact_levels(denoise, count, table, ladder)


def _wants(request: SampleRequest) -> bool:
    return request.strength_steps != WEBUI and request.init is not None


def _kind(request: SampleRequest) -> tuple[str, str]:
    return request.sampler, request.scheduler


def _obeys(job: Any) -> bool:
    """Return whether a job's sampler runs the levels that it is given, and its scheduler has a curve to follow."""
    before = getattr(job, "sampler_noise_scheduler_override", None)
    try:
        sampler = importlib.import_module("modules.sd_samplers").create_sampler(job.sampler_name, job.sd_model)
        _hand_over(job, len(_PROBE) - 1, lambda: sampler, lambda _: _PROBE)
        _host_levels(job, sampler, FINE)
        return np.array_equal(_array(sampler.get_sigmas(job, len(_PROBE) - 1)), _PROBE)
    except Exception:  # the host's and its extensions' samplers can fail in any way; the host's own steps are always possible
        return False
    finally:
        job.sampler_noise_scheduler_override = before


def _hand_over(job: Any, count: int, sampler_of: Callable[[], Any], levels_of: Callable[[Any], Levels]) -> None:
    """Set what the host asks for the levels of `count` steps; it is asked when the sampler is made."""

    def asked(steps: int) -> Any:
        sampler = sampler_of()
        levels = levels_of(sampler)
        # hosts that will discard the last level but one ask for a step more
        padded = np.insert(levels, count, [levels[-2]] * (steps - count))
        return sampler.model_wrap.sigmas.new_tensor(padded.tolist())

    job.sampler_noise_scheduler_override = asked


def _host_levels(job: Any, sampler: Any, steps: int) -> Levels:
    """Return the levels that the host itself chooses for a job of so many steps."""
    ours, job.sampler_noise_scheduler_override = job.sampler_noise_scheduler_override, None
    try:
        return _array(sampler.get_sigmas(job, steps))
    finally:
        job.sampler_noise_scheduler_override = ours


def _array(tensor: Any) -> Levels:
    return np.array(tensor.tolist(), np.float64)
