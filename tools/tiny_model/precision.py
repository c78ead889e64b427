"""Which numbers to calculate in: bfloat16 only where the processor has instructions for it.

Elsewhere it is emulated, and 8 (products) to 100 (convolutions) times slower than float32.
"""

import functools

import torch


@functools.cache
def working_type(device: str) -> torch.dtype:
    """float32 or bfloat16, for a device type such as "cpu" or "cuda"."""
    fast = (
        torch.cuda.is_bf16_supported()
        if device == "cuda"
        else torch.backends.cpu.get_cpu_capability() == "AVX512" and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    )
    return torch.bfloat16 if fast else torch.float32


def autocast(device: str) -> torch.autocast:
    """Calculate in `working_type`; weights and losses stay float32."""
    kind = working_type(device)
    return torch.autocast(device, torch.bfloat16, enabled=kind is torch.bfloat16)
