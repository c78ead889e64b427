"""A small network that sees how near things are in a picture, as a function of its weights.

It is a U-Net (Ronneberger et al. 2015) of pre-activated residual units (He et al. 2016) without parameters of their own in the
norms. Its input also says which row and column a pixel is in, since what is lower is mostly nearer.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

WIDTHS = (16, 32, 64, 96)  # channels at a half, a quarter, an eighth and a sixteenth of the resolution
FINE = 8  # channels at the full resolution
MULTIPLE = 16  # pixels: sides are multiples of this
_GROUPS = 4


def layers() -> dict[str, tuple[int, int, int]]:
    """Return the convolutions by name: channels in, channels out, and the side of the kernel."""
    half, *_, deepest = WIDTHS
    found = {"stem": (5, half, 3), "fine": (5, FINE, 3), "everywhere": (deepest, deepest, 1)}
    found |= {f"middle.{part}": (deepest, deepest, 3) for part in "ab"}
    for level, (width, deeper) in enumerate(pairwise(WIDTHS)):
        found |= {f"{way}{level}.{part}": (width, width, 3) for way in ("down", "up") for part in "ab"}
        found |= {f"reduce{level}": (width, deeper, 3), f"join{level}": (width + deeper, width, 1)}
    return found | {"blend": (half + FINE, FINE, 3), "nearness": (FINE, 1, 3)}


def nearness(weights: Mapping[str, torch.Tensor], pictures: torch.Tensor) -> torch.Tensor:
    """Return how near pixels are, 0 farthest .. about 1 nearest: (B, 3, H, W) in -1..1 to (B, 1, H, W).

    `weights` holds NAME.weight and NAME.bias of all `layers`.
    """
    import torch
    import torch.nn.functional as nnf

    def conv(x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        kernel = weights[f"{name}.weight"]
        return nnf.conv2d(x, kernel, weights[f"{name}.bias"], stride, kernel.shape[-1] // 2)

    def unit(x: torch.Tensor, name: str) -> torch.Tensor:
        return x + conv(nnf.silu(conv(nnf.group_norm(x, _GROUPS), f"{name}.a")), f"{name}.b")

    def doubled(x: torch.Tensor) -> torch.Tensor:
        return nnf.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)

    seen = torch.cat([pictures, _places(pictures)], dim=1)
    x, skipped = conv(seen, "stem", 2), []
    for level in range(len(WIDTHS) - 1):
        skipped.append(unit(x, f"down{level}"))
        x = conv(skipped[-1], f"reduce{level}", 2)
    x = unit(x, "middle")
    x = x + conv(nnf.silu(x.mean(dim=(2, 3), keepdim=True)), "everywhere")
    for level, skip in reversed(list(enumerate(skipped))):
        x = unit(conv(torch.cat([doubled(x), skip], dim=1), f"join{level}"), f"up{level}")
    fine = torch.cat([doubled(x), nnf.silu(conv(seen, "fine"))], dim=1)
    return conv(nnf.silu(conv(fine, "blend")), "nearness")


def _places(pictures: torch.Tensor) -> torch.Tensor:
    """Return the row and the column of each pixel, -1..1: (B, 2, H, W)."""
    import torch

    count, _, height, width = pictures.shape
    rows, columns = (torch.linspace(-1.0, 1.0, n, dtype=pictures.dtype, device=pictures.device) for n in (height, width))
    return torch.stack(torch.meshgrid(rows, columns, indexing="ij")).expand(count, 2, height, width)
