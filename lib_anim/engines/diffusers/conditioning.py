"""Text encoding: from prompts to the conditions of a UNet, as in a WebUI.

A text is split into chunks of 75 tokens, each encoded separately. Attention weights scale the encoded tokens, after which the
mean is restored; chunks are concatenated. SD 1.x and 2.x have one text encoder, SDXL has two and a pooled vector.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lib_anim.engines.diffusers.prompt_syntax import at_step, attention, conjuncts, is_edited

if TYPE_CHECKING:
    import torch

CHUNK = 75  # tokens between the start and end tokens of CLIP's 77
COMMA_REACH = 20  # a full chunk is split at its last comma if that is at most this far back
CACHED_TEXTS = 64


@dataclass(frozen=True, eq=False)
class Condition:
    """An encoded prompt: `tokens` (1, n·77, width), and for SDXL `pooled` (1, width)."""

    tokens: torch.Tensor
    pooled: torch.Tensor | None = None


Guided = tuple[list[tuple[Condition, float]], Condition]  # the prompts with their weights, and the negative one


@dataclass(frozen=True)
class _Chunk:
    tokens: tuple[int, ...]
    weights: tuple[float, ...]


def stack(conditions: Sequence[Condition]) -> Condition:
    """Return one condition of several rows, for one call of the model."""
    import torch

    tokens = torch.cat([condition.tokens for condition in conditions])
    pooled = [condition.pooled for condition in conditions if condition.pooled is not None]
    return Condition(tokens, torch.cat(pooled) if pooled else None)


class TextEncoder:
    """The text encoders of a pipeline. `clip_skip` is the WebUI's: 1 is the last layer, 2 the one before.

    `replace_words(text, tokenizer)` inserts the tokens of textual inversions.
    """

    def __init__(self, pipeline: Any, replace_words: Callable[[str, Any], str] = lambda text, _tokenizer: text):
        self._pipeline = pipeline
        self._replace_words = replace_words
        self.is_sdxl = getattr(pipeline, "text_encoder_2", None) is not None
        self.encode = lru_cache(maxsize=CACHED_TEXTS)(self._encode)

    def forget(self) -> None:
        """Clear the cache, since the weights have changed."""
        self.encode.cache_clear()

    def close(self) -> None:
        """Release the pipeline."""
        self._pipeline = None
        self.forget()

    def mixed(self, texts: Sequence[tuple[str, float]], step: int, steps: int, clip_skip: int) -> list[tuple[Condition, float]]:
        """Mix weighted texts at a step as embeddings; return (condition, weight) for each prompt joined by AND.

        If any of several texts has an AND, they are not mixed: each prompt is returned with its weight times the share of
        its text.
        """
        groups = [(self._encode_conjuncts(text, step, steps, clip_skip), share) for text, share in texts]
        if len(groups) == 1:
            return groups[0][0]
        if any(len(group) != 1 for group, _ in groups):
            return [(condition, weight * share) for group, share in groups for condition, weight in group]
        conditions = self.padded([group[0][0] for group, _ in groups], clip_skip)
        return [(_weighted_sum(conditions, [share for _, share in groups]), 1.0)]

    def padded(self, conditions: Sequence[Condition], clip_skip: int) -> list[Condition]:
        """Pad conditions to equal length with empty chunks."""
        import torch

        longest = max(condition.tokens.shape[1] for condition in conditions)
        empty = self.encode("", clip_skip).tokens
        result = []
        for condition in conditions:
            missing = (longest - condition.tokens.shape[1]) // empty.shape[1]
            tokens = torch.cat([condition.tokens, *[empty] * missing], dim=1) if missing else condition.tokens
            result.append(replace(condition, tokens=tokens))
        return result

    def _encode_conjuncts(self, text: str, step: int, steps: int, clip_skip: int) -> list[tuple[Condition, float]]:
        parts = [(at_step(part, step, steps) if is_edited(part) else part, weight) for part, weight in conjuncts(text)]
        return [(self.encode(part, clip_skip), weight) for part, weight in parts]

    def _encode(self, text: str, clip_skip: int) -> Condition:
        import torch

        pipe = self._pipeline
        first, pooled = self._encode_with(text, pipe.tokenizer, pipe.text_encoder, clip_skip)
        if not self.is_sdxl:
            return Condition(first)
        second, pooled = self._encode_with(text, pipe.tokenizer_2, pipe.text_encoder_2, clip_skip)
        length = min(first.shape[1], second.shape[1])
        return Condition(torch.cat([first[:, :length], second[:, :length]], dim=2), pooled)

    def _encode_with(self, text: str, tokenizer: Any, encoder: Any, clip_skip: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the tokens (1, n·77, width) and the first chunk's pooled vector."""
        import torch

        pieces = [(self._replace_words(part, tokenizer), weight) for part, weight in attention(text)]
        encoded, pooled = [], None
        for chunk in chunks(pieces, tokenizer):
            ids = torch.tensor([_add_marks(chunk.tokens, tokenizer)], device=self._pipeline._execution_device)
            with torch.no_grad():
                output = encoder(ids, output_hidden_states=True)
            hidden = self._select_layer(output, encoder, clip_skip)
            encoded.append(_apply_attention(hidden, chunk.weights))
            pooled = getattr(output, "text_embeds", None) if pooled is None else pooled
        return torch.cat(encoded, dim=1), pooled

    def _select_layer(self, output: Any, encoder: Any, clip_skip: int) -> torch.Tensor:
        if self.is_sdxl:  # trained on the penultimate layer, without the final norm
            return output.hidden_states[-max(clip_skip, 2)]
        if clip_skip <= 1:
            return output.last_hidden_state
        norm = getattr(encoder, "text_model", encoder).final_layer_norm
        return norm(output.hidden_states[-clip_skip])


def chunks(pieces: Sequence[tuple[str, float]], tokenizer: Any) -> list[_Chunk]:
    """Split weighted texts into chunks of at most 75 tokens."""
    done: list[_Chunk] = []
    tokens: list[int] = []
    weights: list[float] = []
    comma = -1  # index of the last comma in the current chunk
    comma_id = tokenizer.convert_tokens_to_ids(",</w>")

    def cut(at: int) -> None:
        nonlocal comma
        done.append(_Chunk(tuple(tokens[:at]), tuple(weights[:at])))
        del tokens[:at], weights[:at]
        comma = -1

    for text, weight in pieces:
        if text == "BREAK" and weight < 0:
            cut(len(tokens))
            continue
        for token in tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]:
            if len(tokens) == CHUNK:
                at_comma = token != comma_id and comma >= 0 and CHUNK - comma <= COMMA_REACH
                cut(comma + 1 if at_comma else CHUNK)
            if token == comma_id:
                comma = len(tokens)
            tokens.append(token)
            weights.append(weight)
    if tokens or not done:
        cut(len(tokens))
    return done


def _add_marks(tokens: Sequence[int], tokenizer: Any) -> list[int]:
    """Return the 77 ids of a chunk: start, tokens, end, padding."""
    padding = [tokenizer.pad_token_id] * (CHUNK - len(tokens))
    return [tokenizer.bos_token_id, *tokens, tokenizer.eos_token_id, *padding]


def _apply_attention(hidden: torch.Tensor, weights: Sequence[float]) -> torch.Tensor:
    """Scale tokens by their weights and restore the overall mean."""
    import torch

    if all(weight == 1.0 for weight in weights):
        return hidden
    factors = torch.ones(hidden.shape[1])
    factors[1 : 1 + len(weights)] = torch.tensor(weights, dtype=torch.float32)
    scaled = hidden * factors.to(hidden)[None, :, None]
    return scaled * (hidden.mean() / scaled.mean())


def _weighted_sum(conditions: Sequence[Condition], shares: Sequence[float]) -> Condition:
    tokens = sum(condition.tokens * share for condition, share in zip(conditions, shares, strict=True))
    pooled = [condition.pooled for condition in conditions if condition.pooled is not None]
    if not pooled:
        return Condition(tokens)
    return Condition(tokens, sum(one * share for one, share in zip(pooled, shares, strict=True)))
