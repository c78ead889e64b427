"""FreeInit (Wu et al. 2023, arXiv:2312.07537): a first noise whose low frequencies are those of a clip that was painted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lib_anim.engines.clips import FreeInit

if TYPE_CHECKING:
    import torch

_ORDER = 4  # of the Butterworth filter
_AXES = (0, 2, 3)  # pictures, rows, columns


def renewed(painted: torch.Tensor, noise: torch.Tensor, fresh: torch.Tensor, alpha: float, how: FreeInit) -> torch.Tensor:
    """Return the noise (n, channels, h, w) of the next pass.

    It has the low frequencies of the `painted` latents under the first `noise`, at the last training step, where the share of
    the picture's variance is `alpha`, and the high ones of the `fresh` noise.
    """
    import torch

    noised = alpha**0.5 * painted + (1.0 - alpha) ** 0.5 * noise
    n_pictures, _, height, width = noised.shape
    low = torch.from_numpy(low_pass((n_pictures, height, width), how)).to(noised)[:, None]
    low = torch.fft.ifftshift(low, dim=_AXES)
    mixed = torch.fft.fftn(noised.float(), dim=_AXES) * low + torch.fft.fftn(fresh.float(), dim=_AXES) * (1.0 - low)
    return torch.fft.ifftn(mixed, dim=_AXES).real.to(noise)


def low_pass(shape: tuple[int, int, int], how: FreeInit) -> NDArray[np.float32]:
    """Return the share of each frequency that is kept, (pictures, rows, columns), frequency 0 in the middle."""
    if not how.space or not how.time:
        return np.zeros(shape, np.float32)
    times, rows, columns = np.meshgrid(*(2.0 * np.arange(length) / length - 1.0 for length in shape), indexing="ij")
    if how.filter == "box":
        return ((abs(times) < how.time) & (abs(rows) < how.space) & (abs(columns) < how.space)).astype(np.float32)
    squares = (how.space / how.time * times) ** 2 + rows**2 + columns**2
    if how.filter == "ideal":
        return (squares <= 2.0 * how.space).astype(np.float32)
    if how.filter == "gaussian":
        return np.exp(-squares / (2.0 * how.space**2)).astype(np.float32)
    return (1.0 / (1.0 + (squares / how.space**2) ** _ORDER)).astype(np.float32)
