"""Frames between frames by networks of the user: RIFE (Huang et al. 2022) and FILM (Reda et al. 2022).

RIFE is a file of weights of Practical-RIFE's families 4.6 and 4.25, whose layout is read from the shapes of its tensors: blocks
refine the motion from coarse to fine, each from both frames as they were moved so far. FILM is TorchScript. TorchScript is a
program, and weights can be too large to run, so a file is tried in a child process with a time limit first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib_anim.errors import FieldError, ModelError
from lib_anim.extras import how_to_install
from lib_anim.files import NETWORK, check_file
from lib_anim.images.frame import Frame, to_uint8
from lib_anim.images.interpolate import Between
from lib_anim.messages import Message, of_error
from lib_anim.models.child import try_network

if TYPE_CHECKING:
    import torch

Network = Callable[["torch.Tensor", "torch.Tensor", float], "torch.Tensor"]  # (1, 3, H, W) of 0..1, twice, and a share

_RIFE, _FILM = (".pkl", ".pth", ".safetensors"), (".pt", ".ts")
_TRIAL_S = 60.0  # seconds for loading torch, the network, and its trial run
_TRIAL_SIDE, _TRIAL_LEVEL, _TRIAL_TOLERANCE = 64, 100, 3  # pixels, and levels of grey
_STRIDE = 4  # of a block's convolutions together
_LITE_WIDTH, _LITE_SCALES = 24, (32, 16, 8, 4, 1)  # 4.25 lite has a narrow last block, and coarser ones
_FILM_MULTIPLE = 64  # pixels of which sides are multiples
_SLOPE = 0.2  # of LeakyReLU
_FLOWS, _MASK = 4, 1  # channels of a block's answer: two motions, and how much the first frame counts
_BASE, _PLAIN = 7, 12  # inputs of the first block and of later ones, besides features: frames, share; also mask and motions


def between_by(path: str) -> Between:
    """Return what makes frames by the network in a file. Both raise ModelError. The last network is cached."""
    try:
        state = check_file(path, NETWORK)
    except FieldError as error:
        raise ModelError(Message("{path}: {said}", path=path, said=error.reason)) from None
    if find_spec("torch") is None:
        raise ModelError(
            Message("{name}: it needs torch: {command}", name=Path(path).name, command=how_to_install("diffusers"))
        )
    refused = _try(path, state.st_mtime_ns, state.st_size)
    if refused:
        raise ModelError(refused)

    def between(one: Frame, other: Frame, shares: Sequence[float]) -> Iterator[Frame]:
        network = _load(path, state.st_mtime_ns, state.st_size)
        return (_between(network, one, other, share) for share in shares)

    return between


@lru_cache(maxsize=16)
def _try(path: str, _changed_ns: int, _size: int) -> str:
    """Try the network in a child process. Return why it is refused, or ""."""
    try:
        try_network("lib_anim.models.rife_trial", path, _TRIAL_S)
    except ModelError as error:
        return error.message
    return ""


@lru_cache(maxsize=1)
def _load(path: str, _changed_ns: int, _size: int) -> Network:
    import torch

    return open_network(path, "cuda" if torch.cuda.is_available() else "cpu")


def check_network(path: str) -> None:
    """Run the network between two greys that are the same: what it gives must be that grey. Raises ModelError."""
    grey = np.full((_TRIAL_SIDE, _TRIAL_SIDE, 3), _TRIAL_LEVEL, np.uint8)
    name = Path(path).name
    try:
        made = _between(open_network(path, "cpu"), grey, grey, 0.5)
    except ModelError:
        raise
    except Exception as error:  # torch raises any class of error for a network of another kind
        raise ModelError(
            Message("{name}: no network for frames between frames: {said}", name=name, said=of_error(error))
        ) from None
    if np.abs(made.astype(int) - _TRIAL_LEVEL).max() > _TRIAL_TOLERANCE:
        raise ModelError(Message("{name}: no network for frames between frames: it does not keep a still", name=name))


def open_network(path: str, device: str) -> Network:
    """Open a network by the suffix of its file. Raises ModelError."""
    suffix, name = Path(path).suffix.lower(), Path(path).name
    if suffix in _FILM:
        return _open_film(path, name, device)
    if suffix in _RIFE:
        return _Rife.of(_weights(path, name, device), name)
    text = "{name}: RIFE is a file ending in {rife}, FILM one in {film}"
    raise ModelError(Message(text, name=name, rife=", ".join(_RIFE), film=", ".join(_FILM)))


def _open_film(path: str, name: str, device: str) -> Network:
    import torch

    try:
        script = torch.jit.load(path, map_location=device).eval()
    except Exception as error:  # of any class, by what is wrong with the file
        raise ModelError(Message("{name}: cannot be read as TorchScript: {said}", name=name, said=of_error(error))) from None
    kind = next((one.dtype for one in script.parameters()), torch.float32)

    def network(one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        moment = torch.full((1, 1), share, dtype=kind, device=device)
        made: torch.Tensor = script(one.to(device, kind), other.to(device, kind), moment)
        return made

    return _padded(network, _FILM_MULTIPLE)


def _weights(path: str, name: str, device: str) -> dict[str, torch.Tensor]:
    """Read a file of weights, without running code of it. Raises ModelError."""
    import torch

    try:
        if path.lower().endswith(".safetensors"):
            from safetensors.torch import load_file

            read: Mapping[str, Any] = load_file(path)
        else:
            read = torch.load(path, map_location="cpu", weights_only=True)
        tensors = {key.removeprefix("module."): one for key, one in read.items() if isinstance(one, torch.Tensor)}
    except Exception as error:  # of any class, by what is wrong with the file
        raise ModelError(Message("{name}: cannot be read as weights: {said}", name=name, said=of_error(error))) from None
    return {key: one.to(device, torch.float32) for key, one in tensors.items()}


@dataclass(frozen=True, eq=False)
class _Rife:
    """A RIFE whose blocks work at 1 / `scales` of the size. `features` are the channels of what `encode` sees in a frame,
    `carried` those that a block hands on to the next; both are 0 in family 4.6, whose masks are added up, where those of
    family 4.25 replace each other."""

    weights: Mapping[str, torch.Tensor]
    scales: tuple[int, ...]
    features: int
    carried: int

    @classmethod
    def of(cls, weights: Mapping[str, torch.Tensor], name: str) -> Network:
        """Return the network of these weights. Raises ModelError for another family."""
        blocks = 0
        while f"block{blocks}.conv0.0.0.weight" in weights:
            blocks += 1
        try:
            features = weights["encode.cnn3.weight"].shape[1] if "encode.cnn3.weight" in weights else 0
            inputs = [weights[f"block{n}.conv0.0.0.weight"].shape[1] for n in range(blocks)]
            answers = weights["block0.lastconv.0.weight"].shape[1] // 4
            carried = inputs[1] - _PLAIN - 2 * features
            known = carried == (answers - _FLOWS - _MASK if features else 0)
        except (KeyError, IndexError):
            inputs, features, carried, known = [], 0, 0, False
        if not known or inputs != [_BASE + 2 * features, *[_PLAIN + 2 * features + carried] * (blocks - 1)]:
            text = "{name}: not a RIFE that is known; those of Practical-RIFE 4.6, 4.25 and 4.26 are"
            raise ModelError(Message(text, name=name))
        last_width = weights[f"block{blocks - 1}.conv0.0.0.weight"].shape[0] * 2
        scales = _LITE_SCALES if last_width == _LITE_WIDTH else tuple(2**n for n in reversed(range(blocks)))
        return _padded(cls(weights, scales, features, carried).between, _STRIDE * scales[0])

    def between(self, one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        """Return the frame at a share; the sides of the frames are multiples of the coarsest stride."""
        import torch

        device = next(iter(self.weights.values())).device
        frames = [one.to(device), other.to(device)]
        seen = [self._encode(frame) for frame in frames] if self.features else []
        moment = torch.full_like(frames[0][:, :1], share)
        moved, flow, answer = frames, None, torch.zeros_like(moment[:, :0])
        mask = torch.zeros_like(moment)
        for n, scale in enumerate(self.scales):
            parts = [*moved, *(seen if flow is None else _moved(seen, flow)), moment]
            if flow is not None:
                parts += [mask, *([answer[:, _FLOWS + _MASK :]] if self.carried else [])]
            answer = self._block(f"block{n}", scale, torch.cat(parts, 1), flow)
            flow = answer[:, :_FLOWS] if flow is None else flow + answer[:, :_FLOWS]
            new_mask = answer[:, _FLOWS : _FLOWS + _MASK]
            mask = new_mask if self.features else mask + new_mask
            moved = _moved(frames, flow)
        weight = torch.sigmoid(mask)
        return moved[0] * weight + moved[1] * (1.0 - weight)

    def _encode(self, frame: torch.Tensor) -> torch.Tensor:
        from torch.nn import functional

        for n, stride in enumerate((2, 1, 1)):
            frame = self._convolve(f"encode.cnn{n}", frame, stride)
        key = "encode.cnn3"
        return functional.conv_transpose2d(frame, self.weights[f"{key}.weight"], self.weights[f"{key}.bias"], 2, 1)

    def _block(self, key: str, scale: int, inputs: torch.Tensor, flow: torch.Tensor | None) -> torch.Tensor:
        """Return a block's answer: what is to be added to the motions, the mask, and what the next block gets."""
        import torch
        from torch.nn import functional

        x = _resized(inputs, 1 / scale)
        if flow is not None:
            x = torch.cat([x, _resized(flow, 1 / scale) / scale], 1)
        for layer in (0, 1):
            x = self._convolve(f"{key}.conv0.{layer}.0", x, 2)
        layer = 0
        while f"{key}.convblock.{layer}.beta" in self.weights:
            part = f"{key}.convblock.{layer}"
            inner = functional.conv2d(x, self.weights[f"{part}.conv.weight"], self.weights[f"{part}.conv.bias"], 1, 1)
            x = functional.leaky_relu(inner * self.weights[f"{part}.beta"] + x, _SLOPE)
            layer += 1
        last = f"{key}.lastconv.0"
        x = functional.conv_transpose2d(x, self.weights[f"{last}.weight"], self.weights[f"{last}.bias"], 2, 1)
        answer = _resized(functional.pixel_shuffle(x, 2), scale)
        return torch.cat([answer[:, :_FLOWS] * scale, answer[:, _FLOWS:]], 1)

    def _convolve(self, key: str, x: torch.Tensor, stride: int) -> torch.Tensor:
        from torch.nn import functional

        made = functional.conv2d(x, self.weights[f"{key}.weight"], self.weights[f"{key}.bias"], stride, 1)
        return functional.leaky_relu(made, _SLOPE)


def _resized(x: torch.Tensor, factor: float) -> torch.Tensor:
    from torch.nn import functional

    return x if factor == 1 else functional.interpolate(x, scale_factor=factor, mode="bilinear", align_corners=False)


def _moved(pictures: Sequence[torch.Tensor], flow: torch.Tensor) -> list[torch.Tensor]:
    """Return the two pictures moved along their motions: the first two channels in pixels of the first, then the second."""
    import torch
    from torch.nn import functional

    height, width = flow.shape[-2:]
    down, right = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    moved = []
    for picture, (x, y) in zip(pictures, (flow[0, :2], flow[0, 2:4]), strict=False):
        grid = torch.stack([2 * (right + x) / (width - 1) - 1, 2 * (down + y) / (height - 1) - 1], -1)[None]
        moved.append(functional.grid_sample(picture, grid, mode="bilinear", padding_mode="border", align_corners=True))
    return moved


def _padded(network: Network, multiple: int) -> Network:
    """Return a network of frames of any size, of one of frames whose sides are multiples of so many pixels."""

    def padded(one: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
        from torch.nn import functional

        height, width = one.shape[-2:]
        lack = (0, -width % multiple, 0, -height % multiple)
        first, second = (functional.pad(frame, lack, mode="replicate") for frame in (one, other))
        return network(first, second, share)[..., :height, :width]

    return padded


def _between(network: Network, one: Frame, other: Frame, share: float) -> Frame:
    import torch

    first, second = (torch.from_numpy(frame.transpose(2, 0, 1).copy())[None].float() / 255.0 for frame in (one, other))
    with torch.inference_mode():
        made = network(first, second, share)[0].float().cpu().numpy()
    return to_uint8(made.transpose(1, 2, 0) * 255.0)
