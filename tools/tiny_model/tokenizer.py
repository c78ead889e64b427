"""CLIP's tokenizer, cut to the first merges plus those that the caption words need; ids as CLIP numbers them.

`merges.txt` beside this file is the cut. `python -m tools.tiny_model.tokenizer` makes it from the whole list in
`lib_anim/engines/diffusers/data` (OpenAI CLIP's, MIT licence).
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from transformers import CLIPTokenizer

from lib_anim.engines.diffusers.families import clip_merges, clip_tokenizer, clip_vocabulary, write_tokenizer

from .draw import caption, choose
from .model import CONTEXT

MERGES = Path(__file__).with_name("merges.txt")
FIRST = 1500  # merges kept whether our captions need them or not


def load_tokenizer(folder: Path) -> CLIPTokenizer:
    """The tokenizer as transformers reads it from a folder; written there first if it is missing."""
    if not (folder / "vocab.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_tokenizer(folder, clip_tokenizer("<|endoftext|>"), kept_merges())
    return CLIPTokenizer.from_pretrained(folder)


def kept_merges() -> list[str]:
    """The cut list."""
    return MERGES.read_text(encoding="utf-8").splitlines()


def encode(tokenizer: CLIPTokenizer, texts: list[str]) -> np.ndarray:
    """(len(texts), 77) int64 ids, cut or padded to the context."""
    return tokenizer(texts, padding="max_length", truncation=True, max_length=CONTEXT, return_tensors="np").input_ids.astype(
        np.int64
    )


def merges_used(word: str, rank: dict[tuple[str, str], int]) -> set[tuple[str, str]]:
    """The merges that byte-pair encoding applies to one lower-case word."""
    parts, used = [*word[:-1], word[-1] + "</w>"], set()
    while len(parts) > 1:
        best = min(pairwise(parts), key=lambda pair: rank.get(pair, len(rank)))
        if best not in rank:
            break
        used.add(best)
        i = next(i for i, pair in enumerate(pairwise(parts)) if pair == best)
        parts[i : i + 2] = ["".join(best)]
    return used


def cut_merges(n_captions: int = 40000) -> list[str]:
    """The merges to keep, in their old order (so every kept word is encoded as CLIP would)."""
    lines = clip_merges()
    rank = {tuple(line.split()): i for i, line in enumerate(lines)}
    rng = np.random.default_rng(0)
    words = {word for _ in range(n_captions) for word in caption(choose(rng), rng).replace(",", " ").split()}
    needed = set().union(*(merges_used(word, rank) for word in words))
    return [line for i, line in enumerate(lines) if i < FIRST or tuple(line.split()) in needed]


if __name__ == "__main__":
    kept = cut_merges()
    MERGES.write_text("\n".join([*kept, ""]), encoding="utf-8")
    print(f"{len(kept)} merges, {len(clip_vocabulary(kept))} tokens")
