"""LoRAs and textual inversions: found by name in the user's folders, loaded when a prompt first names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.diffusers.checkpoint import quietly
from lib_anim.engines.diffusers.motion import motion_lora
from lib_anim.engines.diffusers.prompt_syntax import without_networks
from lib_anim.errors import EngineError, did_you_mean
from lib_anim.messages import Message

_SAFE, _PICKLED = (".safetensors",), (".safetensors", ".pt", ".bin", ".ckpt")


class Networks:
    """The LoRAs and textual inversions that can be loaded into a pipeline by name."""

    def __init__(
        self,
        pipeline: Any,
        lora_folders: Sequence[str] = (),
        embedding_folders: Sequence[str] = (),
        *,
        allow_pickle: bool = False,
    ):
        kinds = _PICKLED if allow_pickle else _SAFE
        self._pipe = pipeline
        self._loras = _find_files(lora_folders, kinds)
        self._embeddings = _find_files(embedding_folders, kinds)
        self._loaded_loras: dict[str, str] = {}  # name -> its adapter in the pipeline
        self._loaded_embeddings: set[str] = set()
        self._weights: dict[str, float] = {}

    def close(self) -> None:
        """Release the pipeline."""
        self._pipe = None

    def remarks(self, texts: Iterable[str]) -> list[str]:
        """Return a message for every unknown tag and every LoRA that is not found."""
        sentences: dict[str, None] = {}
        for text in dict.fromkeys(texts):
            _, loras, unknown = without_networks(text)
            for tag in unknown:
                sentences[Message("{tag} is not understood and left out", tag=tag)] = None
            for lora in loras:
                if lora.name not in self._loras:
                    remedy = did_you_mean(lora.name, self._loras) or Message("name its folder with --lora DIR")
                    sentence = "there is no LoRA '{name}', it is left out; {remedy}"
                    sentences[Message(sentence, name=lora.name, remedy=remedy)] = None
        return list(sentences)

    def use(self, loras: Mapping[str, float], texts: Iterable[str]) -> bool:
        """Apply these LoRAs (name -> weight) and the textual inversions that `texts` name to the pipeline.

        Returns whether cached text encodings are outdated. Raises EngineError.
        """
        wanted = {name: weight for name, weight in loras.items() if name in self._loras}
        changed = self._use_embeddings(texts)
        if wanted == self._weights:
            return changed
        for name in wanted:
            if name not in self._loaded_loras:
                self._load_lora(name)
        if self._loaded_loras:
            names = list(self._loaded_loras)
            weights = [wanted.get(name, 0.0) for name in names]
            self._pipe.set_adapters([self._loaded_loras[name] for name in names], adapter_weights=weights)
        self._weights = wanted
        return True

    def replace_words(self, text: str, tokenizer: Any) -> str:
        """Replace names of loaded textual inversions by their tokens."""
        return self._pipe.maybe_convert_prompt(text, tokenizer) if self._loaded_embeddings else text

    def _load_lora(self, name: str) -> None:
        path, adapter = self._loras[name], f"lora_{len(self._loaded_loras)}"
        where = {"weight_name": path.name, "adapter_name": adapter, "local_files_only": True}
        try:
            with quietly():
                if motion := motion_lora(path):
                    self._pipe.load_lora_weights(motion, adapter_name=adapter)
                else:
                    self._pipe.load_lora_weights(str(path.parent), **where)
        except Exception as error:  # the loaders raise any class of error on a stranger's file
            text = "{path}: cannot be used as a LoRA of this model: {error}"
            raise EngineError(Message(text, path=path, error=error)) from error
        self._loaded_loras[name] = adapter

    def _use_embeddings(self, texts: Iterable[str]) -> bool:
        words = {word.lower() for text in texts for word in re.findall(r"[\w.\-]+", text)}
        new = [name for name in self._embeddings if name.lower() in words and name not in self._loaded_embeddings]
        for name in new:
            path = self._embeddings[name]
            try:
                self._load_embedding(path, name)
            except Exception as error:  # the loaders raise any class of error on a stranger's file
                text = "{path}: cannot be used as a textual inversion of this model: {error}"
                raise EngineError(Message(text, path=path, error=error)) from error
            self._loaded_embeddings.add(name)
        return bool(new)

    def _load_embedding(self, path: Path, name: str) -> None:
        if getattr(self._pipe, "text_encoder_2", None) is None:
            self._pipe.load_textual_inversion(str(path), token=name, local_files_only=True)
            return
        from safetensors.torch import load_file

        state = load_file(str(path))
        sides = (
            ("clip_l", self._pipe.text_encoder, self._pipe.tokenizer),
            ("clip_g", self._pipe.text_encoder_2, self._pipe.tokenizer_2),
        )
        for key, encoder, tokenizer in sides:
            self._pipe.load_textual_inversion(state[key], token=name, text_encoder=encoder, tokenizer=tokenizer)


def without_loras(request: SampleRequest) -> tuple[SampleRequest, dict[str, float]]:
    """Return a request without the `<lora:…>` tags of its texts, and the weights of those LoRAs."""
    loras: dict[str, float] = {}
    sides = []
    for texts in (request.prompts, request.negatives):
        plain = []
        for text, share in texts:
            bare, wanted, _ = without_networks(text)
            plain.append((bare, share))
            for lora in wanted:
                loras[lora.name] = loras.get(lora.name, 0.0) + lora.weight * share
        sides.append(tuple(plain))
    return replace(request, prompts=sides[0], negatives=sides[1]), loras


def lora_names(folders: Sequence[str], *, allow_pickle: bool = False) -> list[str]:
    """Return the names of LoRAs in these folders and below, as prompts use them."""
    return list(_find_files(folders, _PICKLED if allow_pickle else _SAFE))


def _find_files(folders: Iterable[str], suffixes: tuple[str, ...]) -> dict[str, Path]:
    """Find files below the folders: name without suffix -> path; the first of a name counts."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix.lower() in suffixes and path.is_file():
                found.setdefault(path.stem, path)
    return found
