"""What the words of a prompt mean to a WebUI: attention, prompt editing, AND, BREAK, LoRA tags. Text in, plain data out.

    (word) (word:1.2) [word]     more attention (1.1 times), so much, less (1.1 times less); \\( is a plain bracket
    [from:to:when] [to:when] [from::when]   another text from a step on; `when` below 1 or with a point is a share of them
    [a|b]                        by turns, step by step
    a AND b :0.5                 several prompts at once, with weights
    BREAK                        what follows begins a new chunk of 75 tokens
    <lora:name:0.8>              a LoRA by its file's name

The meaning is AUTOMATIC1111's, so that a prompt means the same here as there.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_NESTING = 16  # brackets with ":" or "|" inside each other; deeper ones stay as they are written

MAX_OPEN = 64  # attention brackets inside each other; more add nothing

_TOKEN = re.compile(r"\\.?|[()\[\]]|:\s*[+-]?[.\d]+\s*\)|[^\\()\[\]:]+|:", re.DOTALL)
_WEIGHT = re.compile(r":\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)\s*")
_NETWORK = re.compile(r"<(\w+):([^<>]+)>")
_AND = re.compile(r"\bAND\b")
_BREAK = re.compile(r"(?<!\s)\s*\bBREAK\b\s*")  # looking behind keeps it linear in long runs of blanks


Piece = tuple[str, float]  # of a text, and its attention weight


@dataclass(frozen=True)
class Lora:
    """A LoRA that a prompt asks for."""

    name: str
    weight: float = 1.0


def without_networks(text: str) -> tuple[str, list[Lora], list[str]]:
    """The text without its `<…:…>` tags, the LoRAs among them, and the tags that nobody here understands."""
    loras: list[Lora] = []
    unknown: list[str] = []

    def take(match: re.Match[str]) -> str:
        kind, body = match.group(1).lower(), match.group(2)
        name, *weights = (part.strip() for part in body.split(":"))
        if kind in ("lora", "lyco") and len(weights) <= 1 and all(_NUMBER.fullmatch(weight) for weight in weights):
            loras.append(Lora(name, float(weights[0]) if weights else 1.0))
        else:
            unknown.append(match.group())
        return ""

    return _NETWORK.sub(take, text), loras, unknown


def conjuncts(text: str) -> list[tuple[str, float]]:
    """The prompts that AND joins, with their weights."""
    found = []
    for part in _AND.split(text):
        head, colon, tail = part.rpartition(":")
        found.append((head.rstrip(), float(tail)) if colon and _NUMBER.fullmatch(tail) else (part.rstrip(), 1.0))
    return found


def at_step(text: str, step: int, steps: int) -> str:
    """What a prompt with editing reads at a model call (0 is the first) of `steps` calls.

    >>> [at_step("a [cat:dog:0.5]", k, 4) for k in range(4)]
    ['a cat', 'a cat', 'a cat', 'a dog']
    """
    # the WebUI's schedules count from 1 and its calls from 0, and it does not mind: call 0 reads as step 1
    return _read(_parsed(text), max(step, 1), steps)


def is_edited(text: str) -> bool:
    """Whether the text changes from step to step."""
    return any(not isinstance(node, str) for node in _parsed(text))


def attention(text: str) -> list[Piece]:
    """The text's pieces with their attention weights; the piece "BREAK" with weight -1 ends a chunk.

    >>> attention("a (red:1.5) [cat]")
    [('a ', 1.0), ('red', 1.5), (' ', 1.0), ('cat', 0.9090909090909091)]
    """
    pieces: list[Piece] = []
    open_round: list[int] = []
    open_square: list[int] = []

    def scale(start: int, factor: float) -> None:
        pieces[start:] = [(piece, weight * factor) for piece, weight in pieces[start:]]

    for token in _TOKEN.findall(text):
        weight = _WEIGHT.fullmatch(token)
        if token[0] == "\\":
            pieces.append((token[1:], 1.0))
        elif token in "([":
            waiting = open_round if token == "(" else open_square
            if len(waiting) < MAX_OPEN:
                waiting.append(len(pieces))
        elif weight and open_round:
            scale(open_round.pop(), float(weight.group(1)))
        elif token == ")" and open_round:
            scale(open_round.pop(), 1.1)
        elif token == "]" and open_square:
            scale(open_square.pop(), 1 / 1.1)
        else:
            pieces += _with_breaks(token)
    for start in open_round:
        scale(start, 1.1)
    for start in open_square:
        scale(start, 1 / 1.1)
    return _merged(pieces)


def _with_breaks(text: str) -> list[Piece]:
    first, *others = _BREAK.split(text)
    return [(first, 1.0), *(piece for other in others for piece in (("BREAK", -1.0), (other, 1.0)))]


def _merged(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for text, weight in pieces:
        if text == "BREAK" and weight < 0:
            merged.append((text, -1.0))
        elif merged and merged[-1][1] == weight:
            merged[-1] = (merged[-1][0] + text, weight)
        else:
            merged.append((text, weight))
    return [piece for piece in merged if piece[0]] or [("", 1.0)]


# -- prompt editing: a prompt is a list of texts and of functions (step, steps) -> text ---------------------------------

_Node = str | Callable[[int, int], str]


def _read(nodes: list[_Node], step: int, steps: int) -> str:
    return "".join(node if isinstance(node, str) else node(step, steps) for node in nodes)


def _parsed(text: str, depth: int = 0) -> list[_Node]:
    if "[" not in text or depth > MAX_NESTING:
        return [text]
    closing = _partners(text)
    nodes: list[_Node] = []
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "[" and at in closing:
            node = _bracket(text[at + 1 : closing[at]], depth)
            nodes += [text[start:at], node]
            at = start = closing[at] + 1
        else:
            at += 1
    return [node for node in (*nodes, text[start:]) if node != ""]


def _partners(text: str) -> dict[int, int]:
    """Where each `[` is closed."""
    partners, waiting, at = {}, [], 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == "[":
            waiting.append(at)
        elif text[at] == "]" and waiting:
            partners[waiting.pop()] = at
        at += 1
    return partners


def _bracket(inside: str, depth: int) -> _Node:
    parts, bars = _split(inside, ":"), _split(inside, "|")
    if len(parts) in (2, 3) and _NUMBER.fullmatch(parts[-1]):
        before, after = ("" if len(parts) == 2 else parts[0]), parts[-2]
        return _edit(_parsed(before, depth + 1), _parsed(after, depth + 1), parts[-1].strip())
    if len(bars) > 1:
        options = [_parsed(bar, depth + 1) for bar in bars]
        return lambda step, steps: _read(options[(step - 1) % len(options)], step, steps)
    nodes = _parsed(inside, depth + 1)
    if all(isinstance(node, str) for node in nodes):
        return f"[{inside}]"
    return lambda step, steps: f"[{_read(nodes, step, steps)}]"


def _edit(before: list[_Node], after: list[_Node], when: str) -> Callable[[int, int], str]:
    def read(step: int, steps: int) -> str:
        last = min(steps, int(float(when) * steps if "." in when else float(when)))
        return _read(before if step <= last else after, step, steps)

    return read


def _split(text: str, mark: str) -> list[str]:
    """`text` cut at marks that stand in no bracket."""
    parts, start, depth, at = [], 0, 0, 0
    while at < len(text):
        ch = text[at]
        if ch == "\\":
            at += 1
        elif ch in "([":
            depth += 1
        elif ch in ")]":
            depth = max(depth - 1, 0)
        elif ch == mark and depth == 0:
            parts.append(text[start:at])
            start = at + 1
        at += 1
    return [*parts, text[start:]]
