"""The record of the model that paints a film: stored in the run folder, and compared when the run is resumed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lib_anim.messages import Message

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class ModelRecord:
    """The model of an engine by names and hashes. Unknown values are "" or empty.

    host        the program that paints, and its version
    modules     file names of the VAE and the text encoders that are loaded beside the checkpoint
    precision   data type of the weights
    loras       name -> hash of each LoRA that the film's prompts name
    """

    host: str = ""
    checkpoint: str = ""
    checkpoint_hash: str = ""
    vae: str = ""
    modules: tuple[str, ...] = ()
    precision: str = ""
    loras: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def to_journal(self) -> dict[str, object]:
        """Return the known values as JSON for a line of the journal."""
        return {key: dict(value) if isinstance(value, Mapping) else value for key, value in vars(self).items() if value}

    def to_settings(self) -> dict[str, object]:
        """Return the known values under the keys of RECORD, which settings files store."""
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
        """Read a record from a line of the journal. Values of a wrong type are ignored."""
        texts = {key: str(line[key]) for key in _TEXTS if isinstance(line.get(key), str)}
        modules, loras = line.get("modules"), line.get("loras")
        return cls(
            **texts,
            modules=tuple(map(str, modules)) if isinstance(modules, (list, tuple)) else (),
            loras={str(key): str(value) for key, value in loras.items()} if isinstance(loras, dict) else _NOTHING,
        )

    def differences(self, now: ModelRecord) -> Iterator[str]:
        """Yield what differs in `now`, each as a part of a sentence.

        What is unknown here is no difference, nor is a hash that either record lacks. If the checkpoint is known here, a
        missing VAE, list of modules or precision means "none".
        """
        yield from self._checkpoint_differences(now)
        for part, before, after in (
            (Message("VAE"), self.vae, now.vae),
            (Message("VAE and text encoders"), ", ".join(self.modules), ", ".join(now.modules)),
            (Message("precision"), self.precision, now.precision),
        ):
            if (before or (after and self.checkpoint)) and before != after:
                text = "{part} was '{before}' and is '{now}'" if after else "{part} was '{before}', which is not there"
                yield Message(text, part=part, before=before or Message("none"), now=after)
        for name, before in self.loras.items():
            if name not in now.loras:
                yield Message("the LoRA '{name}' is not there", name=name)
            elif _differ(before, now.loras[name]):
                text = "the LoRA '{name}' was {before} and is {now}, another file"
                yield Message(text, name=name, before=before, now=now.loras[name])

    def _checkpoint_differences(self, now: ModelRecord) -> Iterator[str]:
        """Yield the difference of the checkpoints, by name or else by hash."""
        name, after = self.checkpoint, now.checkpoint
        if name and name != after:
            text = (
                "the checkpoint was '{before}' and is '{now}'" if after else "the checkpoint was '{before}', which is not there"
            )
            yield Message(text, before=name, now=after)
        elif _differ(self.checkpoint_hash, now.checkpoint_hash):
            text = "the checkpoint '{name}' was {before} and is {now}, another file"
            yield Message(text, name=name, before=self.checkpoint_hash, now=now.checkpoint_hash)


# keys of settings that store what a film was painted with
RECORD = ("sd_model_name", "sd_model_hash", "sd_vae_name", "sd_modules", "sd_lora_hashes", "painted_by")
_TEXTS = ("host", "checkpoint", "checkpoint_hash", "vae", "precision")


_LORA = re.compile(r"<(?:lora|lyco):([^:<>]+)")


def lora_hashes(texts: Iterable[str], hash_of: Callable[[str], str | None]) -> dict[str, str]:
    """Return name -> hash of the available LoRAs that the prompts `texts` name.

    `hash_of(name)` returns "" if the hash is unknown, and None if there is no such LoRA.
    """
    named = dict.fromkeys(name for text in texts for name in _LORA.findall(text))
    found = {name: hash_of(name) for name in named}
    return {name: known for name, known in found.items() if known is not None}


def _differ(before: str, after: str) -> bool:
    """Return whether two hashes are of different files. One may be a prefix of the other; "" is unknown and never differs."""
    length = min(len(before), len(after))
    return bool(length) and before[:length].lower() != after[:length].lower()
