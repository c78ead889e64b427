"""The prompt syntax of WebUIs: attention, prompt editing, AND, BREAK, LoRA tags. Text in, plain data out.

    (word) (word:1.2) [word]     attention times 1.1, times 1.2, divided by 1.1; \\( is a literal bracket
    [from:to:when] [to:when] [from::when]   another text from step `when` on; with a point, `when` is a share of all steps
    [a|b]                        alternating at each step
    a AND b :0.5                 several prompts combined, with weights
    BREAK                        begins a new chunk of 75 tokens
    <lora:name:0.8>              a LoRA by its file's name

It follows AUTOMATIC1111.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

MAX_NESTING = 16  # nesting of brackets with ":" or "|"; deeper ones are literal text

MAX_OPEN = 64  # nesting of attention brackets; deeper ones are ignored

_TOKEN = re.compile(r"\\.?|[()\[\]]|:\s*[+-]?[.\d]+\s*\)|[^\\()\[\]:]+|:", re.DOTALL)
_WEIGHT = re.compile(r":\s*([+-]?(?:\d+(?:\.\d*)?|\.\d+))\s*\)")
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)\s*")
_NETWORK = re.compile(r"<(\w+):([^<>]+)>")
_AND = re.compile(r"\bAND\b")
_BREAK = re.compile(r"(?<!\s)\s*\bBREAK\b\s*")  # the lookbehind keeps long runs of blanks linear


Piece = tuple[str, float]  # text and attention weight


@dataclass(frozen=True)
class Lora:
    """A LoRA named by a prompt."""

    name: str
    weight: float = 1.0


def without_networks(text: str) -> tuple[str, list[Lora], list[str]]:
    """Split `<…:…>` tags off: return the remaining text, the LoRAs, and the unknown tags."""
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
    """Split a text at AND into prompts and weights."""
    found = []
    for part in _AND.split(text):
        head, colon, tail = part.rpartition(":")
        found.append((head.rstrip(), float(tail)) if colon and _NUMBER.fullmatch(tail) else (part.rstrip(), 1.0))
    return found


def at_step(text: str, step: int, steps: int) -> str:
    """Evaluate prompt editing at call `step` (from 0) of `steps` calls.

    >>> [at_step("a [cat:dog:0.5]", k, 4) for k in range(4)]
    ['a cat', 'a cat', 'a cat', 'a dog']
    """
    # in a WebUI schedules count from 1 but calls from 0; call 0 reads step 1
    return _render(_parse(text), max(step, 1), steps)


def is_edited(text: str) -> bool:
    """Whether the text contains prompt editing."""
    return any(not isinstance(node, str) for node in _parse(text))


def attention(text: str) -> list[Piece]:
    """Split a text into pieces with attention weights; the piece ("BREAK", -1) ends a chunk.

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
            pieces += _split_breaks(token)
    for start in open_round:
        scale(start, 1.1)
    for start in open_square:
        scale(start, 1 / 1.1)
    return _merge(pieces)


def _split_breaks(text: str) -> list[Piece]:
    first, *others = _BREAK.split(text)
    return [(first, 1.0), *(piece for other in others for piece in (("BREAK", -1.0), (other, 1.0)))]


def _merge(pieces: list[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for text, weight in pieces:
        if text == "BREAK" and weight < 0:
            merged.append((text, -1.0))
        elif merged and merged[-1][1] == weight:
            merged[-1] = (merged[-1][0] + text, weight)
        else:
            merged.append((text, weight))
    return [piece for piece in merged if piece[0]] or [("", 1.0)]


# -- prompt editing: a prompt is a list of texts and functions (step, steps) -> text ------------------------------------

_Node = str | Callable[[int, int], str]


def _render(nodes: list[_Node], step: int, steps: int) -> str:
    return "".join(node if isinstance(node, str) else node(step, steps) for node in nodes)


def _parse(text: str, depth: int = 0) -> list[_Node]:
    if "[" not in text or depth > MAX_NESTING:
        return [text]
    closing = _match_brackets(text)
    nodes: list[_Node] = []
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
        elif text[at] == "[" and at in closing:
            node = _parse_bracket(text[at + 1 : closing[at]], depth)
            nodes += [text[start:at], node]
            at = start = closing[at] + 1
        else:
            at += 1
    return [node for node in (*nodes, text[start:]) if node != ""]


def _match_brackets(text: str) -> dict[int, int]:
    """Return the index of the closing bracket for each `[`."""
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


def _parse_bracket(inside: str, depth: int) -> _Node:
    parts, bars = _split(inside, ":"), _split(inside, "|")
    if len(parts) in (2, 3) and _NUMBER.fullmatch(parts[-1]):
        before, after = ("" if len(parts) == 2 else parts[0]), parts[-2]
        return _edit(_parse(before, depth + 1), _parse(after, depth + 1), parts[-1].strip())
    if len(bars) > 1:
        options = [_parse(bar, depth + 1) for bar in bars]
        return lambda step, steps: _render(options[(step - 1) % len(options)], step, steps)
    nodes = _parse(inside, depth + 1)
    if all(isinstance(node, str) for node in nodes):
        return f"[{inside}]"
    return lambda step, steps: f"[{_render(nodes, step, steps)}]"


def _edit(before: list[_Node], after: list[_Node], when: str) -> Callable[[int, int], str]:
    def read(step: int, steps: int) -> str:
        last = min(steps, int(float(when) * steps if "." in when else float(when)))
        return _render(before if step <= last else after, step, steps)

    return read


def _split(text: str, mark: str) -> list[str]:
    """Split `text` at marks outside of brackets."""
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
