"""Tiling: pictures whose edges meet, when every convolution looks over an edge to the opposite one."""

from __future__ import annotations

from typing import Any


def set_tiling(pipeline: Any, on: bool) -> None:
    """Switch the padding of all convolutions of UNet and VAE between zeros and the opposite edge."""
    import torch

    mode = "circular" if on else "zeros"
    if getattr(pipeline.unet.conv_in, "padding_mode", mode) == mode:
        return
    for part in (pipeline.unet, pipeline.vae):
        for layer in part.modules():
            if isinstance(layer, torch.nn.Conv2d):
                layer.padding_mode = mode
