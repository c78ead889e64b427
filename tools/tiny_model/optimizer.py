"""Muon for the matrices and kernels, Adam for the rest: on one core this learns about twice as much per minute as Adam alone.

Muon (Keller Jordan et al. 2024, https://kellerjordan.github.io/posts/muon) keeps a momentum of the gradients and
steps along the nearest semi-orthogonal matrix, found by a few Newton-Schulz iterations.
"""

import torch

from .precision import working_type

NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)  # Jordan's quintic: pushes every singular value towards 1


def orthogonal(matrices: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """(N, rows, columns) -> the same with all singular values near 1 (about 0.7 to 1.2)."""
    a, b, c = NEWTON_SCHULZ
    x = matrices.to(working_type(matrices.device.type))
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).float()


class Muon(torch.optim.Optimizer):
    """Parameters of two or more dimensions; kernels count as matrices (out, in * height * width).

    The step's length follows Adam's (root mean square 0.2 per element; Moonshot AI 2025, arXiv 2502.16982), so that one
    learning rate serves both.
    """

    def __init__(self, parameters, lr: float, momentum: float = 0.95, weight_decay: float = 0.01):
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            same_shape: dict[tuple[int, ...], list[torch.nn.Parameter]] = {}
            for p in group["params"]:
                if p.grad is not None:
                    same_shape.setdefault((p.shape[0], p[0].numel()), []).append(p)
            for (rows, columns), members in same_shape.items():
                updates = orthogonal(torch.stack([self._momentum(p, group["momentum"]).view(rows, columns) for p in members]))
                length = group["lr"] * 0.2 * max(rows, columns) ** 0.5
                for p, update in zip(members, updates, strict=True):
                    p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(update.view_as(p), alpha=length)

    def _momentum(self, p: torch.nn.Parameter, momentum: float) -> torch.Tensor:
        """Nesterov's momentum of the gradient."""
        state = self.state[p]
        if not state:
            state["momentum"] = torch.zeros_like(p, memory_format=torch.contiguous_format)
        state["momentum"].lerp_(p.grad, 1 - momentum)
        return p.grad.lerp(state["momentum"], momentum).contiguous()


def make_optimizers(modules: list[torch.nn.Module], lr: float, weight_decay: float) -> list[torch.optim.Optimizer]:
    """Muon for weights of linear and convolution layers, AdamW for embeddings, norms and biases."""
    matrices, rest = [], []
    for module in modules:
        for layer in module.modules():
            dense = isinstance(layer, torch.nn.Linear | torch.nn.Conv2d)
            for name, p in layer.named_parameters(recurse=False):
                (matrices if dense and name == "weight" else rest).append(p)
    return [Muon(matrices, lr, weight_decay=weight_decay), torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.99), weight_decay=0)]
