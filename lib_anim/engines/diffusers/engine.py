"""The engine that runs a Stable Diffusion checkpoint with diffusers: SD 1.x, 2.x, SDXL, on CPU, CUDA, MPS or XPU.

It has a sampling loop of its own over the pipeline's parts, because settings must have the same meaning as in a WebUI: A1111's
step count, first noise from seed and subseed, noise multiplier, prompt syntax.
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
from lib_anim.engines.diffusers.conditioning import Condition, TextEncoder, stack
from lib_anim.engines.diffusers.controlnets import ControlNets, Guide, ModelCall
from lib_anim.engines.diffusers.first_noise import draw_noise, fill_latent
from lib_anim.engines.diffusers.ip_adapters import MODULES
from lib_anim.engines.diffusers.prompt_syntax import without_networks
from lib_anim.engines.diffusers.schedulers import KINDS, PreparedScheduler, prepare_scheduler
from lib_anim.engines.diffusers.tiling import set_tiling
from lib_anim.engines.strength import WEBUI, executed_steps
from lib_anim.errors import Blank, EngineError, OutOfMemory, ran_out_of_memory
from lib_anim.images.frame import Frame, to_uint8
from lib_anim.images.masks import fitted
from lib_anim.messages import Message
from lib_anim.settings.samplers import SCHEDULERS

if TYPE_CHECKING:
    import torch

    from lib_anim.engines.diffusers.networks import Networks

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

Guided = tuple[list[tuple["Condition", float]], "Condition"]


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
    ) -> DiffusersEngine:
        """Load a checkpoint: a diffusers folder or a single file. Raises ModelError."""
        from lib_anim.engines.diffusers.checkpoint import load_pipeline
        from lib_anim.engines.diffusers.networks import Networks

        pipeline = load_pipeline(
            model, device=device, low_vram=low_vram, allow_pickle=allow_pickle, allow_download=allow_download
        )
        networks = Networks(pipeline, lora_folders, embedding_folders, allow_pickle=allow_pickle)
        controlnets = ControlNets(pipeline, controlnet_folders, allow_pickle=allow_pickle)
        return cls(pipeline, networks, controlnets, one_by_one=low_vram)

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Return a message for each part of the prompts that the engine ignores."""
        return self._networks.remarks(texts)

    def paint(self, request: SampleRequest) -> Sampled:
        """Paint one picture. Raises EngineError, Blank, OutOfMemory."""
        import torch

        with _translate_errors("" if self._one_by_one else "paint with --low-vram"), torch.no_grad():
            return self._paint(request)

    def free(self) -> None:
        """Release unused memory of the device."""
        _empty_cache(self._device)

    def close(self) -> None:
        """Free the model."""
        self._pipe = None
        self._networks.close()
        self._controlnets.close()
        self._text.close()
        _empty_cache(self._device)

    def _paint(self, request: SampleRequest) -> Sampled:
        import torch

        request = self._apply_networks(request)
        over, exact = request.init is not None, request.strength_steps != WEBUI
        steps = executed_steps(request.strength_steps, request.steps, request.denoise) if over else request.steps
        scheduler = prepare_scheduler(
            request.sampler,
            request.scheduler,
            request.steps,
            steps,
            self._pipe.scheduler.config,
            sdxl=self._text.is_sdxl,
            denoise=request.denoise if over and exact else None,
        )
        set_tiling(self._pipe, request.override("tiling", 0.0) > 0.0)
        generator = torch.Generator("cpu").manual_seed(request.seed)
        noise = draw_noise(request, self._pipe.unet.config.in_channels, generator)[None].to(self._pipe._execution_device)
        clean = None if request.init is None else fill_latent(self._encode(request.init), request)
        latent = self._sample_latent(request, scheduler, noise, clean, generator)
        frame = self._decode(latent)
        if request.mask is not None and request.init is not None:
            frame = _composite(frame, request.init, request.mask)
        return Sampled(frame, request.seed, {"steps_run": steps})

    def _sample_latent(
        self,
        request: SampleRequest,
        scheduler: PreparedScheduler,
        noise: torch.Tensor,
        clean: torch.Tensor | None,
        generator: torch.Generator,
    ) -> torch.Tensor:
        """Run the sampling loop, from noise or from a noised picture, to a clean latent."""
        import torch

        released = None if request.mask is None or clean is None else self._release_calls(request.mask, len(scheduler.times))
        latent = scheduler.begin(noise) if clean is None else scheduler.add_noise(clean, noise, 0)
        eta = request.override("eta_ddim", 0.0)
        guides = self._controlnets.guides(request.controls)
        for call, time in enumerate(scheduler.times):
            guided = self._encode_prompts(request, call, len(scheduler.times))
            acting = [guide for guide in guides if guide.control.acts(call, len(scheduler.times))]
            output = self._guide(scheduler.scale_input(latent, call), time, guided, request, acting)
            latent = scheduler.step(output, call, latent, generator, eta)
            if released is not None:  # masked pixels stay on the noised picture until their release
                latent = torch.where(released <= call + 1, latent, scheduler.add_noise(clean, noise, call + 1))
        return latent

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

    def _apply_networks(self, request: SampleRequest) -> SampleRequest:
        """Remove `<lora:…>` tags from the request's texts and load their LoRAs into the model."""
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

    def _release_calls(self, mask: np.ndarray, calls: int) -> torch.Tensor:
        """Return the first call at which each latent pixel is painted: for a mask of 0.5, the second half of the calls."""
        import torch

        height, width = mask.shape
        small = fitted(mask.astype(np.float32), (width // 8, height // 8))
        late = np.where(small > 0.0, np.ceil((1.0 - small) * calls), calls + 1.0)
        return torch.from_numpy(late.astype(np.float32))[None, None].to(self._pipe._execution_device)


def _all_finite(values: torch.Tensor) -> bool:
    return bool(values.isfinite().all())


def _is_picture(pixels: torch.Tensor) -> bool:
    """Whether pixels are finite and not all black: an overflowing decoder returns one or the other."""
    return _all_finite(pixels) and bool((pixels > -1.0).any())


def _composite(frame: Frame, kept: Frame, mask: np.ndarray) -> Frame:
    """Composite the painted frame over `kept` by the mask; where that is 0, `kept` stays exact."""
    share = np.clip(mask * 8.0, 0.0, 1.0)[..., None]
    return to_uint8(frame * share + kept * (1.0 - share))


def _empty_cache(device: str) -> None:
    """Release torch's cached memory of a device ("cuda:0", "mps"); the CPU has no cache."""
    import torch

    gc.collect()
    empty = getattr(getattr(torch, device.partition(":")[0], None), "empty_cache", None)
    if empty:
        empty()


@contextmanager
def _translate_errors(remedy: str) -> Iterator[None]:
    """Translate torch's errors to ours; `remedy` is advice for running out of memory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if ran_out_of_memory(type(error).__name__, str(error)):
            raise OutOfMemory(remedy) from error
        raise EngineError(Message("painting failed: {error}", error=error)) from error
