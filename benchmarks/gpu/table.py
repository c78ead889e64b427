"""What all parts of the table share: where it is made, its rows, how far two pictures are apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.checkpoint import BUNDLED, _place, quietly
from lib_anim.engines.diffusers.engine import DiffusersEngine
from lib_anim.engines.diffusers.networks import Networks
from lib_anim.images.frame import Frame

if TYPE_CHECKING:
    import torch

SEA = SampleRequest(
    0, (256, 256), (("the sea at sunset, sun", 1.0),), (("blurry", 1.0),), seed=5, steps=12, cfg_scale=4.0, sampler="Euler"
)
EXACT, FULL, HALF = (0, 0.0), (2, 0.05), (4, 0.25)  # levels that may lie between two pictures: at most, in the mean


@dataclass(frozen=True)
class Place:
    """Where a table is made: torch's name of the device, and the precision of its models."""

    device: str
    dtype: torch.dtype

    @property
    def has_card(self) -> bool:
        """Whether large models fit and memory is told."""
        return self.device != "cpu"


def row(name: str, figure: object, beside: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:56}{figure!s:>22}   {beside}", flush=True)


def compare(name: str, one: Frame, other: Frame, limits: tuple[float, float]) -> None:
    """Print how far two pictures are apart, and whether that is within `limits`."""
    far, (most, mean) = difference(one, other), limits
    held = far.max() <= most and far.mean() <= mean
    row(name, f"mean {far.mean():.3f}, max {far.max()}", f"{'within' if held else 'NOT WITHIN'} mean {mean:g}, max {most:g}")


def difference(one: Frame, other: Frame) -> np.ndarray:
    """Levels between two pictures."""
    return np.abs(one.astype(np.int16) - other)


def small_model(device: str, **more: Any) -> DiffusersEngine:
    """The model that comes along."""
    return DiffusersEngine.load(BUNDLED, device=device, **more)


def engine_of(pipeline: Any, device: str, *, low_vram: bool = False) -> DiffusersEngine:
    """A pipeline placed as the engine's own loading places it."""
    import torch

    with quietly():
        pipeline = _place(pipeline, torch.device(device), low_vram, torch)
    return DiffusersEngine(pipeline, Networks(pipeline), one_by_one=low_vram)
