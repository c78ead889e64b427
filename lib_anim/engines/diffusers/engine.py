"""The painter that runs a Stable Diffusion checkpoint through diffusers: SD 1.x, 2.x, SDXL, on CPU, CUDA, MPS or XPU.

It drives the pipeline's parts with a short loop of its own, because the same settings are to mean what they mean in a
WebUI: A1111's step count, first noise from seed and subseed, noise multiplier, prompt syntax.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.base import Capabilities, Engine, Sampled, SampleRequest
from lib_anim.engines.diffusers.checkpoint import quietly
from lib_anim.engines.diffusers.prompt_syntax import without_networks
from lib_anim.engines.diffusers.schedulers import KINDS, Ladder, ladder
from lib_anim.engines.diffusers.sigmas import executed_steps
from lib_anim.errors import Blank, EngineError, OutOfMemory, ran_out_of_memory
from lib_anim.images.frame import Frame, to_uint8
from lib_anim.images.masks import fitted
from lib_anim.messages import Message
from lib_anim.settings.samplers import SCHEDULERS

if TYPE_CHECKING:
    import torch

    from lib_anim.engines.diffusers.conditioning import Condition
    from lib_anim.engines.diffusers.networks import Networks

CAPABILITIES = Capabilities(
    samplers=tuple(KINDS), schedulers=SCHEDULERS, words=frozenset({"soft_mask", "CLIP_stop_at_last_layers", "eta_ddim"})
)

Guided = tuple[list[tuple["Condition", float]], "Condition"]


class DiffusersEngine(Engine):
    """Paints with a loaded pipeline. `networks` knows the LoRAs and textual inversions (engines/networks.py)."""

    name = "diffusers"
    capabilities = CAPABILITIES

    def __init__(self, pipeline: Any, networks: Networks, *, one_by_one: bool = False):
        from lib_anim.engines.diffusers.conditioning import TextEncoder

        self._pipe = pipeline
        self._device = str(pipeline._execution_device)
        self._networks = networks
        self._one_by_one = one_by_one
        self._text = TextEncoder(pipeline, networks.replace_words)

    @classmethod
    def load(
        cls,
        model: str | Path,
        *,
        device: str | None = None,
        lora_folders: Sequence[str] = (),
        embedding_folders: Sequence[str] = (),
        low_vram: bool = False,
        allow_pickle: bool = False,
        allow_download: bool = False,
    ) -> DiffusersEngine:
        """Load a checkpoint: a diffusers folder or a single file. Raises ModelError."""
        from lib_anim.engines.diffusers.checkpoint import load_pipeline
        from lib_anim.engines.diffusers.networks import Networks

        pipeline = load_pipeline(
            model, device=device, low_vram=low_vram, allow_pickle=allow_pickle, allow_download=allow_download
        )
        networks = Networks(pipeline, lora_folders, embedding_folders, allow_pickle=allow_pickle)
        return cls(pipeline, networks, one_by_one=low_vram)

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """What this engine does not understand of some prompts, one sentence each."""
        return self._networks.remarks(texts)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture."""
        import torch

        with _translated("" if self._one_by_one else "paint with --low-vram"), torch.no_grad():
            return self._paint(request)

    def free(self) -> None:
        """Give back what of the device's memory is not in use."""
        _empty_cache(self._device)

    def close(self) -> None:
        """Free the model."""
        self._pipe = None
        self._networks.close()
        self._text.close()
        _empty_cache(self._device)

    def _paint(self, request: SampleRequest) -> Sampled:
        import torch

        request = self._without_networks(request)
        steps = request.steps if request.init is None else executed_steps(request.steps, request.denoise)
        climb = ladder(
            request.sampler, request.scheduler, request.steps, steps, self._pipe.scheduler.config, sdxl=self._text.is_sdxl
        )
        generator = torch.Generator("cpu").manual_seed(request.seed)
        noise = self._first_noise(request, generator)
        clean = None if request.init is None else self._encoded(request.init)
        latent = self._sampled(request, climb, noise, clean, generator)
        frame = self._decoded(latent)
        if request.mask is not None and request.init is not None:
            frame = _laid_over(frame, request.init, request.mask)
        return Sampled(frame, request.seed, {"steps_run": steps})

    def _sampled(
        self, request: SampleRequest, climb: Ladder, noise: torch.Tensor, clean: torch.Tensor | None, generator: torch.Generator
    ) -> torch.Tensor:
        """The sampling loop: from noise, or from a picture with noise, to a clean latent."""
        import torch

        released = None if request.mask is None or clean is None else self._released(request.mask, len(climb.times))
        latent = climb.begin(noise) if clean is None else climb.noised(clean, noise, 0)
        eta = request.override("eta_ddim", 0.0)
        for call, time in enumerate(climb.times):
            guided = self._conditions(request, call, len(climb.times))
            output = self._guided(climb.scaled(latent, call), time, guided, request)
            latent = climb.step(output, call, latent, generator, eta)
            if released is not None:  # what is to be painted less joins later
                latent = torch.where(released <= call + 1, latent, climb.noised(clean, noise, call + 1))
        return latent

    def _guided(self, latent: torch.Tensor, time: torch.Tensor, guided: Guided, request: SampleRequest) -> torch.Tensor:
        """The model's output, led away from the negative prompt and towards the prompts (classifier-free guidance)."""
        import torch

        positives, negative = guided
        scale = request.cfg_scale
        if scale == 1.0 and len(positives) == 1:
            return self._predicted(latent, time, positives[0][0], request)
        conditions = [negative, *(condition for condition, _ in positives)]
        if self._one_by_one or len({condition.tokens.shape for condition in conditions}) > 1:
            outputs = [self._predicted(latent, time, condition, request) for condition in conditions]
        else:
            outputs = self._predicted(latent, time, _stacked(conditions, torch), request).chunk(len(conditions))
        away, *towards = outputs
        return away + scale * sum(w * (output - away) for output, (_, w) in zip(towards, positives, strict=True))

    def _predicted(
        self, latent: torch.Tensor, time: torch.Tensor, condition: Condition, request: SampleRequest
    ) -> torch.Tensor:
        """One call of the UNet, float32."""
        unet, count = self._pipe.unet, condition.tokens.shape[0]
        extra = {}
        if condition.pooled is not None:
            width, height = request.size  # original size, crop corner, target size
            ids = condition.tokens.new_tensor([[height, width, 0, 0, height, width]]).repeat(count, 1)
            extra["added_cond_kwargs"] = {"text_embeds": condition.pooled.to(unet.dtype), "time_ids": ids.to(unet.dtype)}
        output = unet(
            latent.expand(count, -1, -1, -1).to(unet.dtype),
            time.to(latent.device),
            encoder_hidden_states=condition.tokens.to(unet.dtype),
            return_dict=False,
            **extra,
        )
        return output[0].float()

    def _conditions(self, request: SampleRequest, call: int, calls: int) -> Guided:
        skip = int(request.override("CLIP_stop_at_last_layers", 1))
        positives = self._text.mixed(request.prompts, call, calls, skip)
        negatives = self._text.mixed(request.negatives, call, calls, skip)
        return positives, negatives[0][0]

    def _first_noise(self, request: SampleRequest, generator: torch.Generator) -> torch.Tensor:
        """The noise painting begins with, drawn on the CPU so that every device paints the same picture."""
        import torch

        shape = (self._pipe.unet.config.in_channels, request.size[1] // 8, request.size[0] // 8)
        noise = torch.randn(shape, generator=generator)
        if request.subseed_strength > 0.0:
            other = torch.randn(shape, generator=torch.Generator("cpu").manual_seed(request.subseed))
            noise = slerp(request.subseed_strength, noise, other)
        if request.init is not None:
            noise = noise * request.override("initial_noise_multiplier", 1.0)
        return noise[None].to(self._pipe._execution_device)

    def _without_networks(self, request: SampleRequest) -> SampleRequest:
        """The request with `<lora:…>` tags taken out of its texts and their LoRAs put into the model."""
        loras: dict[str, float] = {}
        sides = []
        for texts in (request.prompts, request.negatives):
            plain = []
            for text, share in texts:
                bare, wanted, _ = without_networks(text)
                plain.append((bare, share))
                for lora in wanted:
                    loras[lora.name] = loras.get(lora.name, 0.0) + lora.weight * share
            sides.append(tuple(plain))
        if self._networks.use(loras, (text for side in sides for text, _ in side)):
            self._text.forget()
        return replace(request, prompts=sides[0], negatives=sides[1])

    # -- pictures and latents -----------------------------------------------------------------------------------------

    def _encoded(self, frame: Frame) -> torch.Tensor:
        """The latent of a picture, float32."""
        import torch

        pixels = torch.from_numpy(frame.astype(np.float32) / 127.5 - 1.0).permute(2, 0, 1)[None]
        pixels = pixels.to(self._pipe._execution_device)
        latent = self._in_full_if_need_be(lambda vae: vae.encode(pixels.to(vae.dtype)).latent_dist.mode(), _all_finite)
        return (latent - self._shift) * self._pipe.vae.config.scaling_factor

    def _decoded(self, latent: torch.Tensor) -> Frame:
        """The picture of a latent. Raises Blank."""
        latent = latent / self._pipe.vae.config.scaling_factor + self._shift
        pixels = self._in_full_if_need_be(lambda vae: vae.decode(latent.to(vae.dtype)).sample, _is_picture)
        if not _all_finite(pixels):
            raise Blank("the model painted no picture (values that are not numbers); is the checkpoint damaged?")
        return to_uint8((pixels[0].permute(1, 2, 0).cpu().numpy() + 1.0) * 127.5)

    def _in_full_if_need_be(self, work: Callable[[Any], torch.Tensor], usable: Callable[[torch.Tensor], bool]) -> torch.Tensor:
        """What the autoencoder makes, float32. Half precision that overflows is done again in full, from then on."""
        import torch

        vae = self._pipe.vae
        made = work(vae)
        if vae.dtype != torch.float32 and not usable(made):
            with quietly():
                vae.to(torch.float32)
            made = work(vae)
        return made.float()

    @property
    def _shift(self) -> float:
        return getattr(self._pipe.vae.config, "shift_factor", None) or 0.0

    def _released(self, mask: np.ndarray, calls: int) -> torch.Tensor:
        """From which call on each latent pixel is painted: a mask of 0.5 joins for the second half of the calls."""
        import torch

        height, width = mask.shape
        small = fitted(mask.astype(np.float32), (width // 8, height // 8))
        late = np.where(small > 0.0, np.ceil((1.0 - small) * calls), calls + 1.0)
        return torch.from_numpy(late.astype(np.float32))[None, None].to(self._pipe._execution_device)


def slerp(share: float, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """From one noise (C, H, W) to another along the sphere, column by column as the WebUI does it (its dimension 1)."""
    import torch

    cosine = (low / low.norm(dim=1, keepdim=True) * (high / high.norm(dim=1, keepdim=True))).sum(1)
    if cosine.mean() > 0.9995:
        return low * share + high * (1.0 - share)
    angle = torch.acos(cosine)
    weights = torch.sin((1.0 - share) * angle) / torch.sin(angle), torch.sin(share * angle) / torch.sin(angle)
    return weights[0].unsqueeze(1) * low + weights[1].unsqueeze(1) * high


def _all_finite(values: torch.Tensor) -> bool:
    return bool(values.isfinite().all())


def _is_picture(pixels: torch.Tensor) -> bool:
    """Neither black nor without numbers, which is what a decoder gives that overflows."""
    return _all_finite(pixels) and bool((pixels > -1.0).any())


def _stacked(conditions: Sequence[Condition], torch: Any) -> Condition:
    from lib_anim.engines.diffusers.conditioning import Condition

    tokens = torch.cat([condition.tokens for condition in conditions])
    pooled = conditions[0].pooled
    return Condition(tokens, None if pooled is None else torch.cat([condition.pooled for condition in conditions]))


def _laid_over(frame: Frame, kept: Frame, mask: np.ndarray) -> Frame:
    """The painted frame where the mask lets it, `kept` to the pixel where it is 0."""
    share = np.clip(mask * 8.0, 0.0, 1.0)[..., None]
    return to_uint8(frame * share + kept * (1.0 - share))


def _empty_cache(device: str) -> None:
    """Give memory that torch keeps in store back to a device ("cuda:0", "mps"); the CPU has no store."""
    import torch

    gc.collect()
    empty = getattr(getattr(torch, device.partition(":")[0], None), "empty_cache", None)
    if empty:
        empty()


@contextmanager
def _translated(remedy: str) -> Iterator[None]:
    """Torch's errors as ours, in the one place where they can come out; `remedy` helps when memory runs out."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if ran_out_of_memory(type(error).__name__, str(error)):
            raise OutOfMemory(remedy) from error
        raise EngineError(Message("painting failed: {error}", error=error)) from error
