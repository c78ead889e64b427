r"""Mask expressions: words that say where a picture is masked, such as `!{video_mask} & [left half.png]`.

    {everywhere}   all white             [file]   a picture, by its path
    {video_mask}   the film's own mask   <words>  what is found by words; refused, since it needs a model

Operators, the tightest first, with a and b from 0 (black) to 1 (white), so that soft masks stay soft:

    !a       not           1 - a
    a & b    and           min(a, b)
    a \ b    difference    min(a, 1 - b)
    a ^ b    either        |a - b|
    a | b    or            max(a, b)

Of equal ones the left comes first; brackets go before all. Quotes around atoms count as blanks, as in Deforum, which has
the same words but loses brackets and inverts the wrong side.
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

Mask = NDArray[np.float32]  # (H, W), 0 black .. 1 white

_FILE = r"\[[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]"  # a file's name may hold a pair of brackets
_TOKEN = re.compile(
    rf"(?P<file>{_FILE})|(?P<name>\{{[^{{}}]*\}})|(?P<words><[^<>]*>)|(?P<sign>[!&|^\\()])|(?P<blank>[\s\"']+)|."
)
_BINDS = {"(": 0, "|": 1, "^": 2, "\\": 3, "&": 4, "!": 5}
_BINARY: dict[str, Callable[[Mask, Mask], Mask]] = {
    "&": np.minimum,
    "\\": lambda a, b: np.minimum(a, 1.0 - b),
    "^": lambda a, b: np.abs(a - b),
    "|": np.maximum,
}


class Atom(NamedTuple):
    """A mask that an expression names: the path of a file, or one of a name of its own."""

    name: str
    is_file: bool = False


EVERYWHERE, VIDEO_MASK = Atom("{everywhere}"), Atom("{video_mask}")
_NAMED = {atom.name: atom for atom in (EVERYWHERE, VIDEO_MASK)}
_CLOSING = {"[": "]", "{": "}", "<": ">"}
_KNOWN = Message("a mask is {known} or [file]", known=", ".join(_NAMED))


@dataclass(frozen=True)
class MaskExpression:
    """An expression that has been read: its atoms, and each operator behind what it joins."""

    postfix: tuple[Atom | str, ...]

    @classmethod
    def parse(cls, text: str) -> MaskExpression:
        """Read `text`. Raises ExpressionError with the place of the first fault."""
        return _parse(text)

    @property
    def atoms(self) -> tuple[Atom, ...]:
        """What it is made of, each once, in order."""
        return tuple(dict.fromkeys(token for token in self.postfix if isinstance(token, Atom)))

    def mask(self, of: Callable[[Atom], Mask]) -> Mask:
        """The mask, `of` giving that of an atom."""
        found: list[Mask] = []
        for token in self.postfix:
            if isinstance(token, Atom):
                found.append(of(token))
            elif token == "!":
                found.append(1.0 - found.pop())
            else:
                right = found.pop()
                found.append(_BINARY[token](found.pop(), right))
        return found[0]


def with_files(text: str, change: Callable[[str], str]) -> str:
    """The text of an expression, or of a schedule of them, with `change` applied to the path of each file."""
    return re.sub(_FILE, lambda match: f"[{change(_path(match[0]))}]", text)


@lru_cache(maxsize=1024)
def _parse(text: str) -> MaskExpression:
    if len(text) > MAX_LENGTH:
        raise ExpressionError(1, Message("the mask expression is longer than {n} characters", n=MAX_LENGTH))
    return MaskExpression(tuple(_postfix(_tokens(text))))


def _tokens(text: str) -> Iterator[tuple[Atom | str, int]]:
    """Atoms and signs with their columns. Masks and what joins them take turns, or ExpressionError is raised."""
    joined = True  # a mask belongs here
    for match in _TOKEN.finditer(text):
        kind, token, column = match.lastgroup, match[0], match.start() + 1
        if kind == "blank":
            continue
        begins = kind != "sign" or token in "!("
        if joined and not begins:
            raise ExpressionError(column, Message("a mask is missing before '{sign}'", sign=token), _KNOWN)
        found = token if kind == "sign" else _atom(kind, token, column)
        if begins and not joined:
            reason = Message("nothing joins '{mask}' to what stands before it", mask=token)
            raise ExpressionError(column, reason, "write & | ^ or \\ between them")
        yield found, column
        joined = kind == "sign" and token != ")"
    if joined:
        raise ExpressionError(len(text) + 1, "a mask is missing at the end", _KNOWN)


def _postfix(tokens: Iterable[tuple[Atom | str, int]]) -> Iterator[Atom | str]:
    """Operators behind what they join. They wait until what binds no tighter comes: Dijkstra's shunting yard."""
    waiting: list[tuple[str, int]] = []  # operators and open brackets, with their columns

    def ready(least: int) -> Iterator[str]:
        while waiting and _BINDS[waiting[-1][0]] >= least:
            yield waiting.pop()[0]

    for token, column in tokens:
        if isinstance(token, Atom):
            yield token
        elif token == ")":
            yield from ready(1)
            if not waiting:
                raise ExpressionError(column, "this bracket closes what was never opened", "remove it")
            waiting.pop()
        else:
            yield from () if token in "!(" else ready(_BINDS[token])
            waiting.append((token, column))
    yield from ready(1)
    if waiting:
        raise _unclosed(waiting[-1][1], ")")


def _atom(kind: str | None, token: str, column: int) -> Atom:
    """What a token names. Raises ExpressionError when that is nothing."""
    if kind == "file":
        if path := _path(token):
            return Atom(path, is_file=True)
        raise ExpressionError(column, "no file is named in these brackets", "write the path of a picture file")
    if kind == "name":
        name = f"{{{token[1:-1].strip().lower()}}}"
        if name in _NAMED:
            return _NAMED[name]
        raise ExpressionError(column, Message("unknown mask '{mask}'", mask=token), did_you_mean(name, _NAMED) or _KNOWN)
    if kind == "words":
        raise ExpressionError(column, "masks by words need a model that is not here", "draw the mask, and name its [file]")
    if token in _CLOSING:
        raise _unclosed(column, _CLOSING[token])
    raise ExpressionError(column, Message("'{sign}' is no part of a mask expression", sign=token), _KNOWN)


def _unclosed(column: int, bracket: str) -> ExpressionError:
    return ExpressionError(column, "this bracket is not closed", Message("write {bracket} behind its end", bracket=bracket))


def _path(file: str) -> str:
    """The path that stands in a file's brackets."""
    return file[1:-1].strip(" \"'")
