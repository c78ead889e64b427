"""What a film is painted with, for the record: written beside it, and compared when it is gone on with."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ModelRecord:
    """The model of an engine by names and hashes, as far as it is known; "" and nothing where it is not.

    host        the program that paints, and its version
    modules     VAE and text encoders that are loaded beside the checkpoint, by the names of their files
    precision   of the weights
    loras       hashes of the LoRAs that the film names
    """

    host: str = ""
    checkpoint: str = ""
    checkpoint_hash: str = ""
    vae: str = ""
    modules: tuple[str, ...] = ()
    precision: str = ""
    loras: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def to_journal(self) -> dict[str, object]:
        """As a line of a journal has it."""
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in vars(self).items() if value}

    def to_settings(self) -> dict[str, object]:
        """As settings files carry it along."""
        told = {
            "sd_model_name": self.checkpoint,
            "sd_model_hash": self.checkpoint_hash,
            "sd_vae_name": self.vae,
            "sd_modules": list(self.modules),
            "sd_lora_hashes": dict(self.loras),
            "painted_by": self.host,
        }
        return {key: value for key, value in told.items() if value}

    @classmethod
    def from_journal(cls, line: Mapping[str, object]) -> ModelRecord:
        """What a line says; what is not of the right type is left out."""
        texts = {key: str(line[key]) for key in _TEXTS if isinstance(line.get(key), str)}
        modules, loras = line.get("modules"), line.get("loras")
        return cls(
            **texts,
            modules=tuple(map(str, modules)) if isinstance(modules, (list, tuple)) else (),
            loras={str(key): str(value) for key, value in loras.items()} if isinstance(loras, dict) else _NOTHING,
        )

    def differences(self, now: ModelRecord) -> Iterator[str]:
        """What is another `now` than here, each as part of a sentence; what either does not know is no difference."""
        if self.checkpoint and self.checkpoint != now.checkpoint:
            yield f"the checkpoint was '{self.checkpoint}'{_and_is(now.checkpoint)}"
        elif _other(self.checkpoint_hash, now.checkpoint_hash):
            yield f"the checkpoint '{self.checkpoint}' was {self.checkpoint_hash} and is {now.checkpoint_hash}, another file"
        for name, before, after in (
            ("VAE", self.vae, now.vae),
            ("VAE and text encoders", ", ".join(self.modules), ", ".join(now.modules)),
            ("precision", self.precision, now.precision),
        ):
            if (before or (after and self.checkpoint)) and before != after:
                yield f"{name} was '{before or 'none'}'{_and_is(after)}"
        for name, before in self.loras.items():
            if name not in now.loras:
                yield f"the LoRA '{name}' is not there"
            elif _other(before, now.loras[name]):
                yield f"the LoRA '{name}' was {before} and is {now.loras[name]}, another file"


# settings that say what a film was painted with
RECORD = ("sd_model_name", "sd_model_hash", "sd_vae_name", "sd_modules", "sd_lora_hashes", "painted_by")
_TEXTS = ("host", "checkpoint", "checkpoint_hash", "vae", "precision")


_LORA = re.compile(r"<(?:lora|lyco):([^:<>]+)")


def lora_hashes(texts: Iterable[str], hash_of: Callable[[str], str | None]) -> dict[str, str]:
    """Of the LoRAs that prompts name those that there are, with their hashes; `hash_of` gives "" where it is not known, and
    None where there is no such LoRA."""
    named = dict.fromkeys(name for text in texts for name in _LORA.findall(text))
    found = {name: hash_of(name) for name in named}
    return {name: known for name, known in found.items() if known is not None}


def _other(before: str, after: str) -> bool:
    """Whether two hashes are of different files; one may be the beginning of the other."""
    length = min(len(before), len(after))
    return bool(length) and before[:length].lower() != after[:length].lower()


def _and_is(now: str) -> str:
    return f" and is '{now}'" if now else ", which is not there"
