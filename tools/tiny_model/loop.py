"""The training loop both halves share: learning-rate curve, gradient step, running average, checkpoint, resume.

A batch must be a pure function of the step's number, so that a resumed run sees what an unbroken one would have seen.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import torch
from tqdm import tqdm

from .optimizer import make_optimizers

Loss = Callable[[int], torch.Tensor]  # step -> scalar loss


@dataclass(frozen=True)
class Curve:
    """How long and how fast to learn: warm up, hold at `peak`, fall as a cosine over the last `fall` of the steps."""

    steps: int
    peak: float
    warm_up: int = 200
    fall: float = 0.7
    floor: float = 0.02

    def rate(self, step: int) -> float:
        hold = self.steps * (1 - self.fall)
        t = min(max((step - hold) / max(self.steps - hold, 1), 0), 1)
        return self.peak * min(step / self.warm_up, 1) * (self.floor + (1 - self.floor) * (1 + math.cos(math.pi * t)) / 2)


class Average:
    """Running average of parameters; young averages forget faster (Karras et al. 2022's warm-up)."""

    def __init__(self, parameters: Iterable[torch.nn.Parameter], decay: float):
        self.parameters, self.decay = list(parameters), decay
        self.shadow = [p.detach().clone() for p in self.parameters]

    def update(self, step: int) -> None:
        decay = min(self.decay, (1 + step) / (10 + step))
        torch._foreach_lerp_(self.shadow, [p.detach() for p in self.parameters], 1 - decay)

    def copy_to_model(self) -> None:
        for parameter, value in zip(self.parameters, self.shadow, strict=True):
            parameter.data.copy_(value)


@dataclass
class Trainer:
    """One training run over one or several modules, kept in one checkpoint file."""

    modules: dict[str, torch.nn.Module]
    curve: Curve
    checkpoint: Path
    decay: float = 0.999
    clip: float = 1.0
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        self.parameters = [p for m in self.modules.values() for p in m.parameters() if p.requires_grad]
        self.optimizers = make_optimizers(list(self.modules.values()), self.curve.peak, self.weight_decay)
        self.average = Average(self.parameters, self.decay)
        self.step = 0

    def run(self, loss_at: Loss, *, resume: bool, save_every_s: float = 120) -> None:
        """Train to the end of the curve (continuing a checkpoint if asked), then leave the averaged weights in the modules."""
        if resume and self.checkpoint.exists():
            self._load()
        saved, smooth = time.monotonic(), None
        with tqdm(total=self.curve.steps, initial=self.step, desc=self.checkpoint.stem, mininterval=5) as bar:
            while self.step < self.curve.steps:
                loss = self._advance(loss_at)
                smooth = loss if smooth is None else 0.98 * smooth + 0.02 * loss
                bar.update()
                bar.set_postfix(loss=f"{smooth:.4f}", refresh=False)
                if time.monotonic() - saved > save_every_s:
                    self._save()
                    saved = time.monotonic()
        self._save()
        self.average.copy_to_model()

    def _advance(self, loss_at: Loss) -> float:
        for group in (g for o in self.optimizers for g in o.param_groups):
            group["lr"] = self.curve.rate(self.step + 1)
        loss = loss_at(self.step)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, self.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        self.average.update(self.step)
        return float(loss.detach())

    def _save(self) -> None:
        state = {"step": self.step, "optimizers": [o.state_dict() for o in self.optimizers], "average": self.average.shadow}
        state["modules"] = {name: module.state_dict() for name, module in self.modules.items()}
        part = self.checkpoint.with_suffix(".part")  # never leave half a file behind
        torch.save(state, part)
        part.replace(self.checkpoint)

    def _load(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.parameters[0].device, weights_only=True)
        for name, module in self.modules.items():
            module.load_state_dict(state["modules"][name])
        for optimizer, stored in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(stored)
        for mine, stored in zip(self.average.shadow, state["average"], strict=True):
            mine.copy_(stored)
        self.step = state["step"]
