r"""Mask expressions: formulas over masks, such as `!{video_mask} & [left half.png]`.

    {everywhere}   all white             [file]   a picture, by its path
    {video_mask}   the film's own mask

and of the picture that is painted over, with bounds from 0 to 1:

    <words>            where a model finds what they name
    luma(low, high)    where its brightness is within them
    depth(low, high)   where its scene is so far, 0 nearest .. 1 farthest
    uncovered()        what a move uncovered since it was painted

Operators in order of precedence, the highest first. a and b are 0 (black) to 1 (white), so that soft masks stay soft:

    !a       not           1 - a
    a & b    and           min(a, b)
    a \ b    difference    min(a, 1 - b)
    a ^ b    either        |a - b|
    a | b    or            max(a, b)

Binary operators are left-associative; brackets group. Quotes around atoms are ignored, as in Deforum, whose language has
the same elements but ignores brackets and inverts the wrong operand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ExpressionError, did_you_mean
from lib_anim.messages import Message

MAX_LENGTH = 10_000  # characters of one expression
MAX_TOKENS = 500  # masks and operators of one expression
MAX_DEPTH = 32  # masks in memory at the same time: 128 MB at 1024x1024

Mask = NDArray[np.float32]  # (H, W), 0 black .. 1 white

_FILE = r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"  # a file name can contain pairs of brackets
_TOKEN = re.compile(
    rf"(?P<file>{_FILE})|(?P<name>\{{[^{{}}]*\}})|(?P<words><[^<>]*>)"
    rf"|(?P<call>[A-Za-z_]\w*\s*\([^()]*\))|(?P<open>[A-Za-z_]\w*\s*\()|(?P<sign>[!&|^\\()])|(?P<blank>[\s\"']+)|."
)
_PRECEDENCE = {"(": 0, "|": 1, "^": 2, "\\": 3, "&": 4, "!": 5}
_BINARY: dict[str, Callable[[Mask, Mask], Mask]] = {
    "&": np.minimum,
    "\\": lambda a, b: np.minimum(a, 1.0 - b),
    "^": lambda a, b: np.abs(a - b),
    "|": np.maximum,
}


class Atom(NamedTuple):
    """An operand of an expression: the path of a file if `is_file`, words for a model if `is_words`, else EVERYWHERE,
    VIDEO_MASK, or one of LUMA, DEPTH and UNCOVERED with its bounds."""

    name: str
    is_file: bool = False
    bounds: tuple[float, ...] = ()
    is_words: bool = False

    @property
    def is_of_picture(self) -> bool:
        """Whether it depends on the picture that is painted over."""
        return self.is_words or (not self.is_file and self.name in _BOUNDS)

    @property
    def written(self) -> str:
        """How an expression names it, without bounds."""
        return f"[{self.name}]" if self.is_file else f"<{self.name}>" if self.is_words else self.name


LUMA, DEPTH, UNCOVERED = "luma", "depth", "uncovered"
_BOUNDS = {LUMA: 2, DEPTH: 2, UNCOVERED: 0}  # how many each has
EVERYWHERE, VIDEO_MASK = Atom("{everywhere}"), Atom("{video_mask}")
_NAMED = {atom.name: atom for atom in (EVERYWHERE, VIDEO_MASK)}
_INSTEAD = {"{human_mask}": Message("write {value}", value="<person>")}
_CLOSING = {"[": "]", "{": "}", "<": ">"}
_CALLS = {LUMA: "luma(low, high)", DEPTH: "depth(low, high)", UNCOVERED: "uncovered()"}
_KNOWN = Message("a mask is {known} or [file]", known=", ".join((*_NAMED, "<words>", *_CALLS.values())))


@dataclass(frozen=True)
class MaskExpression:
    """A parsed expression in postfix order: atoms, and operators after their operands."""

    postfix: tuple[Atom | str, ...]

    @classmethod
    def parse(cls, text: str) -> MaskExpression:
        """Parse `text`. Raises ExpressionError with the column of the first error."""
        return _parse(text)

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """Its distinct atoms, in order of their first use."""
        return tuple(dict.fromkeys(token for token in self.postfix if isinstance(token, Atom)))

    def mask(self, of: Callable[[Atom], Mask]) -> Mask:
        """Evaluate the expression; `of` returns the mask of an atom."""
        stack: list[Mask] = []
        for token in self.postfix:
            if isinstance(token, Atom):
                stack.append(of(token))
            elif token == "!":
                stack.append(1.0 - stack.pop())
            else:
                right = stack.pop()
                stack.append(_BINARY[token](stack.pop(), right))
        return stack[0]


def with_files(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to the path of each file in the text of an expression or of a schedule of expressions."""
    return re.sub(_FILE, lambda match: f"[{change(_path(match[0]))}]", text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> MaskExpression:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(1, Message("the mask expression is longer than {n} characters", n=MAX_LENGTH))
    postfix = tuple(_postfix(_tokens(text)))
    if len(postfix) > MAX_TOKENS or _deepest(postfix) > MAX_DEPTH:
        raise ExpressionError(1, "the mask expression is nested too deeply")
    return MaskExpression(postfix)


def _deepest(postfix: Iterable[Atom | str]) -> int:
    """Return how many masks are in memory at the same time while an expression is evaluated."""
    depth = deepest = 0
    for token in postfix:
        depth += 1 if isinstance(token, Atom) else -1 if token in _BINARY else 0
        deepest = max(deepest, depth)
    return deepest


def _tokens(text: str) -> Iterator[tuple[Atom | str, int]]:
    """Yield atoms and signs with their columns. Raises ExpressionError unless operands and binary operators alternate."""
    expects_mask = True
    for match in _TOKEN.finditer(text):
        kind, token, column = match.lastgroup, match[0], match.start() + 1
        if kind == "blank":
            continue
        begins = kind != "sign" or token in "!("
        if expects_mask and not begins:
            raise ExpressionError(column, Message("a mask is missing before '{sign}'", sign=token), _KNOWN)
        found = token if kind == "sign" else _atom(kind, token, column)
        if begins and not expects_mask:
            reason = Message("nothing joins '{mask}' to what stands before it", mask=token)
            raise ExpressionError(column, reason, "write & | ^ or \\ between them")
        yield found, column
        expects_mask = kind == "sign" and token != ")"
    if expects_mask:
        raise ExpressionError(len(text) + 1, "a mask is missing at the end", _KNOWN)


def _postfix(tokens: Iterable[tuple[Atom | str, int]]) -> Iterator[Atom | str]:
    """Convert tokens to postfix order by Dijkstra's shunting-yard algorithm. Raises ExpressionError for unpaired brackets."""
    stack: list[tuple[str, int]] = []  # operators and open brackets, with their columns

    def pop_operators(precedence: int) -> Iterator[str]:
        """Pop the operators on top of the stack that have at least this precedence."""
        while stack and _PRECEDENCE[stack[-1][0]] >= precedence:
            yield stack.pop()[0]

    for token, column in tokens:
        if isinstance(token, Atom):
            yield token
        elif token == ")":
            yield from pop_operators(1)
            if not stack:
                raise ExpressionError(column, "this bracket closes what was never opened", "remove it")
            stack.pop()
        else:
            yield from () if token in "!(" else pop_operators(_PRECEDENCE[token])
            stack.append((token, column))
    yield from pop_operators(1)
    if stack:
        raise _unclosed(stack[-1][1], ")")


def _atom(kind: str | None, token: str, column: int) -> Atom:
    """Return the atom that a token denotes. Raises ExpressionError if there is none."""
    if kind == "file":
        if path := _path(token):
            return Atom(path, is_file=True)
        raise ExpressionError(column, "no file is named in these brackets", "write the path of a picture file")
    if kind == "name":
        name = f"{{{token[1:-1].strip().lower()}}}"
        if name in _NAMED:
            return _NAMED[name]
        remedy = _INSTEAD.get(name) or did_you_mean(name, _NAMED) or _KNOWN
        raise ExpressionError(column, Message("unknown mask '{mask}'", mask=token), remedy)
    if kind == "call":
        return _call(token, column)
    if kind == "open":
        raise _unclosed(column + len(token) - 1, ")")
    if kind == "words":
        if words := " ".join(token[1:-1].split()):
            return Atom(words, is_words=True)
        raise ExpressionError(
            column, "there are no words in these brackets", "write what a model is to find, such as <the sky>"
        )
    if token in _CLOSING:
        raise _unclosed(column, _CLOSING[token])
    raise ExpressionError(column, Message("'{sign}' is no part of a mask expression", sign=token), _KNOWN)


def _call(token: str, column: int) -> Atom:
    """Return the atom of a token such as luma(0, 0.5). Raises ExpressionError."""
    written, _, inside = token[:-1].partition("(")
    name = written.strip().lower()
    if name not in _BOUNDS:
        raise ExpressionError(column, Message("unknown mask '{mask}'", mask=token), did_you_mean(name, _BOUNDS) or _KNOWN)
    try:
        bounds = tuple(float(number) for number in inside.split(",")) if inside.strip() else ()
    except ValueError:
        bounds = (1.0, 0.0)
    if len(bounds) != _BOUNDS[name] or any(not 0.0 <= bound <= 1.0 for bound in bounds) or bounds != tuple(sorted(bounds)):
        reason = Message("'{mask}' has other bounds than it can have", mask=token)
        raise ExpressionError(column, reason, Message("write {value}, with numbers from 0 to 1", value=_CALLS[name]))
    return Atom(name, bounds=bounds)


def _unclosed(column: int, bracket: str) -> ExpressionError:
    return ExpressionError(column, "this bracket is not closed", Message("write {bracket} behind its end", bracket=bracket))


def _path(file: str) -> str:
    """Return the path inside the brackets of a file token."""
    return file[1:-1].strip(" \"'")
