"""The engine that runs a Stable Diffusion checkpoint with diffusers: SD 1.x, 2.x, SDXL, on CPU, CUDA, MPS or XPU.

It has a sampling loop of its own over the pipeline's parts, because settings must have the same meaning as in a WebUI: A1111's
step count, first noise from seed and subseed, noise multiplier, prompt syntax.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.base import Answer, Capabilities, Engine, Sampled, SampleRequest, unpainted
from lib_anim.engines.diffusers.batch import Batch, ModelStep, release_calls, steps_of
from lib_anim.engines.diffusers.checkpoint import load_pipeline, quietly
from lib_anim.engines.diffusers.conditioning import Condition, Guided, TextEncoder, stack
from lib_anim.engines.diffusers.controlnets import ControlNets, Guide, ModelCall
from lib_anim.engines.diffusers.devices import empty_cache, translate_errors
from lib_anim.engines.diffusers.first_noise import draw_noise, fill_latent
from lib_anim.engines.diffusers.ip_adapters import MODULES
from lib_anim.engines.diffusers.networks import Networks, without_loras
from lib_anim.engines.diffusers.schedulers import KINDS, PreparedScheduler, prepare_scheduler
from lib_anim.engines.diffusers.tiling import set_tiling
from lib_anim.engines.strength import WEBUI
from lib_anim.errors import Blank
from lib_anim.images.frame import Frame, to_uint8
from lib_anim.settings.samplers import SCHEDULERS

if TYPE_CHECKING:
    import torch
    from typing_extensions import Self

CAPABILITIES = Capabilities(
    samplers=tuple(KINDS),
    schedulers=SCHEDULERS,
    words=frozenset(
        {
            "soft_mask",
            "latent_fill",
            "CLIP_stop_at_last_layers",
            "eta_ddim",
            "strength_steps",
            "controlnet",
            "tiling",
            "seed_resize_from_w",
        }
    ),
    preprocessors=MODULES,
)


class DiffusersEngine(Engine):
    """Paints with a loaded pipeline and its LoRAs and textual inversions. `one_by_one`: one prompt a model call."""

    name = "diffusers"
    capabilities = CAPABILITIES

    def __init__(self, pipeline: Any, networks: Networks, controlnets: ControlNets | None = None, *, one_by_one: bool = False):
        self._pipe = pipeline
        self._device = str(pipeline._execution_device)
        self._networks = networks
        self._controlnets = controlnets or ControlNets(pipeline)
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
        controlnet_folders: Sequence[str] = (),
        low_vram: bool = False,
        allow_pickle: bool = False,
        allow_download: bool = False,
        prepare: Callable[[Any], object] | None = None,
    ) -> Self:
        """Load a checkpoint: a diffusers folder or a single file. `prepare` changes the pipeline before it is placed on the
        device. Raises ModelError."""
        pipeline = load_pipeline(
            model,
            device=device,
            low_vram=low_vram,
            allow_pickle=allow_pickle,
            allow_download=allow_download,
            prepare=prepare,
        )
        networks = Networks(pipeline, lora_folders, embedding_folders, allow_pickle=allow_pickle)
        controlnets = ControlNets(pipeline, controlnet_folders, allow_pickle=allow_pickle)
        return cls(pipeline, networks, controlnets, one_by_one=low_vram)

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Return a message for each part of the prompts that the engine ignores."""
        return self._networks.remarks(texts)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises EngineError, Blank, OutOfMemory."""
        (answer,) = self.paint_together((request,))
        if isinstance(answer, Blank):
            raise answer
        return answer

    def paint_together(self, requests: Sequence[SampleRequest]) -> list[Answer]:
        """Paint pictures of one size in one sampling loop, that of the first one's sampler and steps. Raises EngineError."""
        import torch

        with translate_errors("" if self._one_by_one else "paint with --low-vram"), torch.no_grad():
            return self._paint(requests)

    def free(self) -> None:
        """Release unused memory of the device."""
        empty_cache(self._device)

    def close(self) -> None:
        """Free the model."""
        self._pipe = None
        self._networks.close()
        self._controlnets.close()
        self._text.close()
        empty_cache(self._device)

    def _paint(self, requests: Sequence[SampleRequest]) -> list[Answer]:
        requests = self._apply_networks(requests)
        scheduler, steps = self._prepare_scheduler(requests)
        set_tiling(self._pipe, requests[0].override("tiling", 0.0) > 0.0)
        batch = self._batch(requests, scheduler, steps)
        latents = self._sample_latents(batch, scheduler)
        return [self._answer(*one) for one in zip(requests, latents, steps, strict=True)]

    def _prepare_scheduler(self, requests: Sequence[SampleRequest]) -> tuple[PreparedScheduler, list[int]]:
        """Return the scheduler for the picture with the most steps, and the steps of each picture."""
        steps = [steps_of(request) for request in requests]
        _, lead = max(zip(steps, requests, strict=True), key=lambda one: (one[1].init is None, one[0], one[1].denoise))
        exact = lead.init is not None and lead.strength_steps != WEBUI
        scheduler = prepare_scheduler(
            lead.sampler,
            lead.scheduler,
            lead.steps,
            steps_of(lead),
            self._pipe.scheduler.config,
            sdxl=self._text.is_sdxl,
            denoise=lead.denoise if exact else None,
        )
        return scheduler, steps

    def _batch(self, requests: Sequence[SampleRequest], scheduler: PreparedScheduler, steps: Sequence[int]) -> Batch:
        """Draw the noises and encode the pictures to paint over."""
        import torch

        device = self._pipe._execution_device
        generators = [torch.Generator("cpu").manual_seed(request.seed) for request in requests]
        noises = self._draw(requests, generators).to(device)
        nothing = torch.zeros_like(noises[:1])
        each = zip(requests, generators, strict=True)
        clean = torch.cat([nothing if one.init is None else self._clean(one, one.init, own) for one, own in each])
        first = [scheduler.first_call(one, n, max(steps)) for one, n in zip(requests, steps, strict=True)]
        released = release_calls(requests, first, len(scheduler.times))
        return Batch(requests, noises, clean, generators, None if released is None else released.to(device))

    def _draw(self, requests: Sequence[SampleRequest], generators: Sequence[torch.Generator]) -> torch.Tensor:
        """Draw the first noises, on the CPU."""
        import torch

        channels = self._pipe.unet.config.in_channels
        return torch.stack([draw_noise(request, channels, own) for request, own in zip(requests, generators, strict=True)])

    def _clean(self, request: SampleRequest, init: Frame, generator: torch.Generator) -> torch.Tensor:
        """Return the latent that a picture is painted over."""
        return fill_latent(self._encode(init), request)

    def _sample_latents(self, batch: Batch, scheduler: PreparedScheduler) -> torch.Tensor:
        """Run the sampling loop, from noise or from noised pictures, to clean latents (n, channels, h, w)."""
        requests, calls = batch.requests, len(scheduler.times)
        latents = batch.begin(scheduler)
        eta = requests[0].override("eta_ddim", 0.0)
        guides = [self._controlnets.guides(request.controls) for request in requests]
        for call, time in enumerate(scheduler.times):
            guided = [self._encode_prompts(request, call, calls) for request in requests]
            acting = [[guide for guide in some if guide.control.acts(call, calls)] for some in guides]
            output = self._guide_all(ModelStep(call, time, scheduler.scale_input(latents, call), requests, guided, acting))
            latents = batch.hold(scheduler, call + 1, scheduler.step(output, call, latents, batch.generators, eta))
        return latents

    def _answer(self, request: SampleRequest, latent: torch.Tensor, steps: int) -> Answer:
        """Decode a picture. Without one the answer is a Blank."""
        if request.stands:
            return unpainted(request)
        try:
            frame = self._decode(latent[None])
        except Blank as blank:
            return blank
        if request.mask is not None and request.init is not None:
            frame = _composite(frame, request.init, request.mask)
        return Sampled(frame, request.seed, {"steps_run": steps})

    def _guide_all(self, step: ModelStep) -> torch.Tensor:
        """Return the model's output for each picture of a batch, here one by one."""
        import torch

        each = zip(step.latents.split(1), step.guided, step.requests, step.guides, strict=True)
        return torch.cat([self._guide(latent, step.time, told, request, some) for latent, told, request, some in each])

    def _guide(
        self, latent: torch.Tensor, time: torch.Tensor, guided: Guided, request: SampleRequest, guides: Sequence[Guide]
    ) -> torch.Tensor:
        """Return the model's output with classifier-free guidance, away from the negative prompt and towards the prompts."""
        positives, negative = guided
        scale = request.cfg_scale
        if scale == 1.0 and len(positives) == 1:
            return self._predict(latent, time, positives[0][0], request, guides)
        conditions = [negative, *(condition for condition, _ in positives)]
        if self._one_by_one or len({condition.tokens.shape for condition in conditions}) > 1:
            outputs = [self._predict(latent, time, one, request, guides, int(one is negative)) for one in conditions]
        else:
            outputs = self._predict(latent, time, stack(conditions), request, guides, 1).chunk(len(conditions))
        away, *towards = outputs
        return away + scale * sum(w * (output - away) for output, (_, w) in zip(towards, positives, strict=True))

    def _predict(
        self,
        latent: torch.Tensor,
        time: torch.Tensor,
        condition: Condition,
        request: SampleRequest,
        guides: Sequence[Guide] = (),
        negatives: int = 0,
    ) -> torch.Tensor:
        """Call the UNet; return float32. The first `negatives` rows of `condition` are of the negative prompt."""
        unet, count = self._pipe.unet, condition.tokens.shape[0]
        tokens, time = condition.tokens.to(unet.dtype), time.to(latent.device)
        latent = latent.expand(count, -1, -1, -1).to(unet.dtype)
        extra: dict[str, Any] = {}
        if condition.pooled is not None:
            width, height = request.size  # original size, crop corner, target size
            ids = condition.tokens.new_tensor([[height, width, 0, 0, height, width]]).repeat(count, 1)
            extra["added_cond_kwargs"] = {"text_embeds": condition.pooled.to(unet.dtype), "time_ids": ids.to(unet.dtype)}
        call = ModelCall(latent, time, tokens, extra.get("added_cond_kwargs"), negatives)
        extra |= self._controlnets.arguments(guides, call)
        return unet(latent, time, return_dict=False, **extra)[0].float()

    def _encode_prompts(self, request: SampleRequest, call: int, calls: int) -> Guided:
        skip = int(request.override("CLIP_stop_at_last_layers", 1))
        positives = self._text.mixed(request.prompts, call, calls, skip)
        negatives = self._text.mixed(request.negatives, call, calls, skip)
        return positives, negatives[0][0]

    def _apply_networks(self, requests: Sequence[SampleRequest]) -> list[SampleRequest]:
        """Remove `<lora:…>` tags from the texts and load their LoRAs into the model, with the mean of the requests' weights."""
        bare, loras = zip(*map(without_loras, requests), strict=True)
        names = dict.fromkeys(name for one in loras for name in one)
        means = {name: sum(one.get(name, 0.0) for one in loras) / len(loras) for name in names}
        if self._networks.use(means, (text for one in bare for text, _ in (*one.prompts, *one.negatives))):
            self._text.forget()
        return list(bare)

    # -- pictures and latents -----------------------------------------------------------------------------------------

    def _encode(self, frame: Frame) -> torch.Tensor:
        """Encode a picture to a latent, float32."""
        import torch

        pixels = torch.from_numpy(frame.astype(np.float32) / 127.5 - 1.0).permute(2, 0, 1)[None]
        pixels = pixels.to(self._pipe._execution_device)
        latent = self._run_vae(lambda vae: vae.encode(pixels.to(vae.dtype)).latent_dist.mode(), _all_finite)
        return (latent - self._shift) * self._pipe.vae.config.scaling_factor

    def _decode(self, latent: torch.Tensor) -> Frame:
        """Decode a latent to a picture. Raises Blank."""
        latent = latent / self._pipe.vae.config.scaling_factor + self._shift
        pixels = self._run_vae(lambda vae: vae.decode(latent.to(vae.dtype)).sample, _is_picture)
        if not _all_finite(pixels):
            raise Blank("the model painted no picture (values that are not numbers); is the checkpoint damaged?")
        return to_uint8((pixels[0].permute(1, 2, 0).cpu().numpy() + 1.0) * 127.5)

    def _run_vae(self, work: Callable[[Any], torch.Tensor], usable: Callable[[torch.Tensor], bool]) -> torch.Tensor:
        """Run the VAE; return float32. After an overflow of half precision it is converted to full precision for good."""
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


def _all_finite(values: torch.Tensor) -> bool:
    return bool(values.isfinite().all())


def _is_picture(pixels: torch.Tensor) -> bool:
    """Whether pixels are finite and not all black: an overflowing decoder returns one or the other."""
    return _all_finite(pixels) and bool((pixels > -1.0).any())


def _composite(frame: Frame, kept: Frame, mask: np.ndarray) -> Frame:
    """Composite the painted frame over `kept` by the mask; where that is 0, `kept` stays exact."""
    share = np.clip(mask * 8.0, 0.0, 1.0)[..., None]
    return to_uint8(frame * share + kept * (1.0 - share))
