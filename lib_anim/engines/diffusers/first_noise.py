"""What painting starts from: the first noise, from a seed, a subseed, a picture of another size; a latent filled by a mask."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lib_anim.engines.base import SampleRequest
from lib_anim.images.masks import fitted

if TYPE_CHECKING:
    import torch

_LATENT_PIXEL = 8  # pixels of a side


def draw_noise(request: SampleRequest, channels: int, generator: torch.Generator) -> torch.Tensor:
    """Return the noise (channels, H/8, W/8), made on the CPU so that every device paints the same picture.

    `generator` is seeded by the request's seed, and goes on to the sampler. With `seed_resize_from_w` and `_h` the middle of
    the noise is that of a picture of this other size, so that both have a similar composition; that is A1111's rule.
    """
    import torch

    width, height = request.size
    noise = torch.randn((channels, height // _LATENT_PIXEL, width // _LATENT_PIXEL), generator=generator)
    other = tuple(int(request.override(f"seed_resize_from_{side}", 0.0)) // _LATENT_PIXEL for side in "hw")
    if all(other):
        inner = _mixed(torch.randn((channels, *other), generator=_seeded(request.seed)), request)
        noise = _with_middle(noise, inner)
    else:
        noise = _mixed(noise, request)
    return noise if request.init is None else noise * request.override("initial_noise_multiplier", 1.0)


def fill_latent(clean: torch.Tensor, request: SampleRequest) -> torch.Tensor:
    """Return the latent of a picture (1, C, h, w), filled within the request's mask: with noise of its seed, or with zeros."""
    import torch

    if request.mask is None or request.fill not in ("latent noise", "latent nothing"):
        return clean
    height, width = clean.shape[-2:]
    share = torch.from_numpy(fitted(request.mask, (width, height))).to(clean.device)
    if request.fill == "latent nothing":
        return clean * (1.0 - share)
    noise = draw_noise(replace(request, init=None), clean.shape[1], _seeded(request.seed))
    return clean * (1.0 - share) + noise.to(clean.device) * share


def _mixed(noise: torch.Tensor, request: SampleRequest) -> torch.Tensor:
    """Return a noise with that of the subseed mixed in."""
    import torch

    if request.subseed_strength <= 0.0:
        return noise
    return slerp(request.subseed_strength, noise, torch.randn(noise.shape, generator=_seeded(request.subseed)))


def _seeded(seed: int) -> torch.Generator:
    import torch

    return torch.Generator("cpu").manual_seed(seed)


def _with_middle(noise: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """Return a noise (C, H, W) whose middle is that of `inner`, as far as both reach."""
    made = noise.clone()
    into, out_of = zip(*(_overlap(a, b) for a, b in zip(noise.shape[1:], inner.shape[1:], strict=True)), strict=True)
    made[:, into[0], into[1]] = inner[:, out_of[0], out_of[1]]
    return made


def _overlap(outer: int, inner: int) -> tuple[slice, slice]:
    """Return where two lengths meet when their middles do: in the first, and in the second."""
    lead = (outer - inner) // 2  # -1 // 2 is -1: of an odd rest the larger part is at the end
    length = min(inner, inner + 2 * lead) if lead < 0 else inner
    return slice(max(lead, 0), max(lead, 0) + length), slice(max(-lead, 0), max(-lead, 0) + length)


def slerp(share: float, low: torch.Tensor, high: torch.Tensor) -> torch.Tensor:
    """Interpolate between noises (C, H, W) spherically along dimension 1, as the WebUI does."""
    import torch

    cosine = (low / low.norm(dim=1, keepdim=True) * (high / high.norm(dim=1, keepdim=True))).sum(1)
    if cosine.mean() > 0.9995:
        return low * share + high * (1.0 - share)
    angle = torch.acos(cosine)
    weights = torch.sin((1.0 - share) * angle) / torch.sin(angle), torch.sin(share * angle) / torch.sin(angle)
    return weights[0].unsqueeze(1) * low + weights[1].unsqueeze(1) * high
