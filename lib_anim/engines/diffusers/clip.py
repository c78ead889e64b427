"""The engine that paints clips: a checkpoint of the diffusers engine whose UNet has a motion module.

The pictures of a take are one batch of the same sampling loop as single pictures. At each step the model sees all of them, or
one context of them after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib_anim.engines.base import Answer, SampleRequest, unpainted
from lib_anim.engines.clips import Clip, Contexts
from lib_anim.engines.diffusers import engine as images
from lib_anim.engines.diffusers.batch import Batch, ModelStep
from lib_anim.engines.diffusers.conditioning import Condition, Guided, stack
from lib_anim.engines.diffusers.contexts import contexts_of, free_noise_order, weights_of
from lib_anim.engines.diffusers.controlnets import Guide, ModelCall, Unit
from lib_anim.engines.diffusers.free_init import renewed
from lib_anim.engines.diffusers.motion import install
from lib_anim.errors import EngineError
from lib_anim.images.frame import Frame

if TYPE_CHECKING:
    import torch

    from lib_anim.engines.diffusers.schedulers import PreparedScheduler

USUAL = Clip(16, 4)
CAPABILITIES = replace(images.CAPABILITIES, words=images.CAPABILITIES.words | {"clip_length"}, clip=USUAL)


@dataclass(frozen=True, eq=False)
class Told:
    """What n pictures are told by k prompts each: `tokens` (k, n, length, width), for SDXL `pooled` (k, n, width), `weights`
    (k, n, 1, 1, 1); `scale` (n, 1, 1, 1) is their CFG scale. The first prompt of all is the negative one, of weight 0.
    """

    tokens: torch.Tensor
    pooled: torch.Tensor | None
    weights: torch.Tensor
    scale: torch.Tensor

    def of(self, pictures: list[int]) -> Told:
        """Return the same for some of the pictures."""
        pooled = None if self.pooled is None else self.pooled[:, pictures]
        return Told(self.tokens[:, pictures], pooled, self.weights[:, pictures], self.scale[pictures])

    def prompts(self, first: int, stop: int) -> Told:
        """Return the same for some of the prompts."""
        pooled = None if self.pooled is None else self.pooled[first:stop]
        return Told(self.tokens[first:stop], pooled, self.weights[first:stop], self.scale)

    @property
    def unguided(self) -> bool:
        """Whether the negative prompt has no effect."""
        return len(self.tokens) == 2 and bool((self.scale == 1.0).all())


class ClipEngine(images.DiffusersEngine):
    """Paints takes of several pictures with a motion module."""

    capabilities = CAPABILITIES

    @classmethod
    def load_with(cls, module: str, model: str | Path, *, allow_pickle: bool = False, **options: Any) -> ClipEngine:
        """Load a checkpoint and a motion module; options are those of DiffusersEngine.load. Raises ModelError."""
        prepare = partial(install, name=module, model=Path(model), allow_pickle=allow_pickle)
        engine = cls.load(model, allow_pickle=allow_pickle, prepare=prepare, **options)
        if engine._one_by_one:
            engine._pipe.unet.enable_forward_chunking()
        return engine

    @property
    def longest(self) -> int:
        """How many pictures the module can look over."""
        return int(self._pipe.unet.config.motion_max_seq_length)

    def paint_take(self, take: Sequence[SampleRequest]) -> tuple[Answer, ...]:
        """Paint the pictures of a take together, those of another size, as in the first pass of hires fix, by themselves."""
        answers: dict[int, Answer] = {k: unpainted(request) for k, request in enumerate(take) if request.stands}
        for size in dict.fromkeys(request.size for request in take if not request.stands):
            places = [place for place, request in enumerate(take) if request.size == size]
            answers.update(zip(places, self.paint_together(_alike([take[place] for place in places])), strict=True))
        return tuple(answers[place] for place in range(len(take)))

    def _draw(self, requests: Sequence[SampleRequest], generators: Sequence[torch.Generator]) -> torch.Tensor:
        """Draw the first noises; with FreeNoise those after a context are earlier ones in another order."""
        import torch

        noises, rule = super()._draw(requests, generators), self._rule(requests[0])
        if not requests[0].clip.free_noise:
            return noises
        step, own = rule.length - rule.shared, torch.Generator("cpu").manual_seed(requests[0].seed)
        shuffles = [torch.randperm(step, generator=own).tolist() for _ in range(rule.length, len(noises), step)]
        return noises[free_noise_order(len(noises), rule, shuffles)]

    def _clean(self, request: SampleRequest, init: Frame, generator: torch.Generator) -> torch.Tensor:
        """Return the latent that a picture is painted over: of the first and the last picture, and noise."""
        import torch

        clip, latent = request.clip, super()._clean(request, init, generator)
        if clip.kept >= 1.0 and clip.end is None:
            return latent
        noise = torch.randn(latent.shape, generator=generator).to(latent)
        mixed = clip.kept * latent + (1.0 - clip.kept - clip.end_share) * noise
        return mixed if clip.end is None else mixed + clip.end_share * self._encode(clip.end)

    def _sample_latents(self, batch: Batch, scheduler: PreparedScheduler) -> torch.Tensor:
        """Run the sampling loop; with FreeInit several times, from the low frequencies of what was painted."""
        import torch

        latents, how = super()._sample_latents(batch, scheduler), batch.requests[0].clip.free_init
        alpha = float((1.0 - scheduler.scheduler.betas.double()).prod())
        again = batch
        for _ in range(how.passes - 1):
            fresh = torch.stack(
                [torch.randn(one.shape, generator=own) for one, own in zip(latents, batch.generators, strict=True)]
            )
            again = replace(again, noise=renewed(latents, batch.noise, fresh.to(latents), alpha, how))
            latents = super()._sample_latents(again, self._prepare_scheduler(batch.requests)[0])
        return latents

    def _rule(self, request: SampleRequest) -> Contexts:
        """Return the contexts of a request, no longer than the module looks over."""
        rule = request.clip.contexts
        return replace(rule, length=min(rule.length, self.longest))

    def _guide_all(self, step: ModelStep) -> torch.Tensor:
        """Return the model's output for each picture of a batch, context after context."""
        import torch

        rule = self._rule(step.requests[0])
        told, outputs = self._told(step), torch.zeros_like(step.latents)
        sums = outputs.new_zeros((len(outputs), 1, 1, 1))
        for pictures in contexts_of(len(outputs), rule, step.number):
            output = self._guide_context(step.of(pictures), told.of(pictures))
            if rule.blend == "overwrite":
                outputs[pictures], sums[pictures] = output, 1.0
                continue
            weights = outputs.new_tensor(weights_of(len(pictures), rule.blend))[:, None, None, None]
            outputs.index_add_(0, torch.tensor(pictures, device=outputs.device), output * weights)
            sums.index_add_(0, torch.tensor(pictures, device=outputs.device), weights)
        return outputs / sums

    def _guide_context(self, step: ModelStep, told: Told) -> torch.Tensor:
        """Return the model's output for the pictures of a context, with classifier-free guidance of each."""
        import torch

        count = len(told.tokens)
        if told.unguided:
            return self._predict_clip(step, told.prompts(1, 2), 0)[0]
        if self._one_by_one:
            outputs = torch.cat([self._predict_clip(step, told.prompts(k, k + 1), int(not k)) for k in range(count)])
        else:
            outputs = self._predict_clip(step, told, 1)
        away, towards = outputs[0], outputs[1:]
        return away + told.scale * ((towards - away) * told.weights[1:]).sum(0)

    def _predict_clip(self, step: ModelStep, told: Told, negatives: int) -> torch.Tensor:
        """Call the UNet for k prompts of n pictures, of which the first `negatives` are negative; return float32
        (k, n, channels, h, w)."""
        unet, count = self._pipe.unet, len(told.tokens)
        tokens, latents = told.tokens.to(unet.dtype), step.latents.to(unet.dtype)
        step = replace(step, latents=latents, time=step.time.to(latents.device))
        added = None
        if told.pooled is not None:  # the UNet takes one for all pictures
            width, height = step.requests[0].size
            ids = tokens.new_tensor([[height, width, 0, 0, height, width]]).repeat(count, 1)
            added = {"text_embeds": told.pooled.mean(1).to(unet.dtype), "time_ids": ids}
        guided = self._residuals(step, tokens, added, negatives)
        sample = latents.transpose(0, 1)[None].expand(count, -1, -1, -1, -1)
        words = tokens.flatten(0, 1)  # a row for each picture of each prompt
        output = unet(sample, step.time, words, added_cond_kwargs=added, return_dict=False, **guided)[0]
        return output.transpose(1, 2).float()

    def _residuals(
        self, step: ModelStep, tokens: torch.Tensor, added: dict[str, torch.Tensor] | None, negatives: int
    ) -> dict[str, Any]:
        """Return the arguments of a UNet call with which each picture is guided by its own ControlNets."""
        if not any(step.guides):
            return {}
        calls = [
            ModelCall(latent.expand(len(tokens), -1, -1, -1), step.time, tokens[:, k], added, negatives)
            for k, latent in enumerate(step.latents.split(1))
        ]
        each = [self._controlnets.arguments(_units(some), call) for some, call in zip(step.guides, calls, strict=True)]
        return _joined([{name: value for name, value in one.items() if name in _RESIDUALS} for one in each])

    def _told(self, step: ModelStep) -> Told:
        """Stack what the pictures are told; a picture of fewer prompts has further ones of weight 0."""
        import torch

        count = 1 + max(len(positives) for positives, _ in step.guided)
        rows = [_filled(guided, count) for guided in step.guided]
        skip = int(step.requests[0].override("CLIP_stop_at_last_layers", 1))
        padded = self._text.padded([condition for row in rows for condition, _ in row], skip)
        prompts = [stack(padded[k::count]) for k in range(count)]
        tokens = torch.stack([one.tokens for one in prompts])
        pooled = [one.pooled for one in prompts if one.pooled is not None]
        weights = step.latents.new_tensor([[weight for _, weight in row] for row in rows]).T
        scale = step.latents.new_tensor([request.cfg_scale for request in step.requests])
        every = (slice(None), None, None, None)
        return Told(tokens, torch.stack(pooled) if pooled else None, weights[(slice(None), *every)], scale[every])


_RESIDUALS = ("down_block_additional_residuals", "mid_block_additional_residual")


def _filled(guided: Guided, count: int) -> list[tuple[Condition, float]]:
    """Return `count` prompts with their weights, the negative one first."""
    positives, negative = guided
    missing = count - 1 - len(positives)
    return [(negative, 0.0), *positives, *[(positives[0][0], 0.0)] * missing]


def _alike(requests: Sequence[SampleRequest]) -> list[SampleRequest]:
    """Return requests with the sampler and steps of the first that is painted: pictures of a clip have one loop."""
    lead = next(request for request in requests if not request.stands)
    same = {name: getattr(lead, name) for name in ("sampler", "scheduler", "steps", "strength_steps")}
    return [replace(request, **same) for request in requests]


def _units(guides: Sequence[Guide]) -> list[Guide]:
    """Raise EngineError if an IP-Adapter is among what guides a picture."""
    if not all(isinstance(guide, Unit) for guide in guides):
        raise EngineError("an IP-Adapter guides single pictures; with a motion module only ControlNets guide")
    return list(guides)


def _joined(each: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Join the residuals of the pictures: rows are prompts by pictures. Those without any get zeros."""
    import torch

    like = next((one for one in each if one), None)
    if like is None:
        return {}

    def stacked(parts: list[torch.Tensor | None], part: torch.Tensor) -> torch.Tensor:
        return torch.stack([torch.zeros_like(part) if one is None else one for one in parts], dim=1).flatten(0, 1)

    down, middle = _RESIDUALS
    levels = [stacked([one[down][level] if one else None for one in each], part) for level, part in enumerate(like[down])]
    return {down: tuple(levels), middle: stacked([one.get(middle) for one in each], like[middle])}
