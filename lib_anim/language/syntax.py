"""Parsing of formulas: from text to Python's syntax tree, within limits of length and depth."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator

from lib_anim.errors import ExpressionError
from lib_anim.messages import Message

MAX_LENGTH = 10_000  # characters of one formula
MAX_DEPTH = 120  # levels of the syntax tree; a flat sum is one, however many terms it has
BITWISE = (ast.BitAnd, ast.BitOr)


def parse_formula(text: str) -> ast.expr:
    """Return the syntax tree of a formula; columns count from the start of `text`. Raises ExpressionError."""
    body = text.strip()
    if not body:
        raise ExpressionError(1, "there is no formula here")
    if len(body) > MAX_LENGTH:
        raise ExpressionError(1, Message("the formula is longer than {n} characters", n=MAX_LENGTH))
    if (index := text.find("#")) >= 0:
        raise ExpressionError(index + 1, Message("{said} is not part of the schedule language", said="'#'"))
    source = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    indent = len(source) - len(source.lstrip())
    try:
        with warnings.catch_warnings():  # Python warns about style, such as "1if"; that does not concern formulas
            warnings.simplefilter("ignore")
            tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        column = min(indent + max(error.offset or 1, 1), len(text))
        if comma := _decimal_comma(text):
            raise comma from None
        raise ExpressionError(column, Message("cannot read '{formula}'", formula=body[:60]), _syntax_hint(body)) from None
    except (MemoryError, RecursionError, ValueError):
        raise ExpressionError(1, "the formula is nested too deeply") from None
    if isinstance(tree, ast.Tuple) and (comma := _decimal_comma(text)):
        raise comma
    _check_depth(tree)
    return _shift_columns(tree, indent)


def _decimal_comma(text: str) -> ExpressionError | None:
    """Return the fault of a number such as 1,04 outside of brackets, or None if there is none."""
    for match in re.finditer(r"(\d+),(\d+)", text):
        before = text[: match.start()]
        if before.count("(") == before.count(")"):
            remedy = Message("write {value}", value=f"{match[1]}.{match[2]}")
            return ExpressionError(match.end(1) + 1, "a decimal comma", remedy)
    return None


def _syntax_hint(body: str) -> str:
    """Return a remedy for a common syntax error, or ""."""
    if body.count("(") != body.count(")"):
        return "a bracket is missing or left over"
    if "=" in body and not any(op in body for op in ("==", "<=", ">=", "!=")):
        return "write == to compare"
    return ""


def _check_depth(tree: ast.expr) -> None:
    """Raise ExpressionError if the tree is deeper than MAX_DEPTH. Goes level by level, so that it cannot overflow the stack."""
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(1, "the formula is nested too deeply")
        level = [child for node in level for child in _children(node)]


def _children(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the operands of a node, those of a flat sum or product as if they were operands of one node."""
    if isinstance(node, ast.BinOp) and not isinstance(node.op, BITWISE):
        operations = chain(node)
        yield operations[-1].left
        yield from (one.right for one in operations)
    else:
        yield from (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr))


def _shift_columns(tree: ast.expr, indent: int) -> ast.expr:
    """Add the leading blanks that were stripped before parsing to the column of every node."""
    for node in ast.walk(tree) if indent else ():
        if hasattr(node, "col_offset"):
            node.col_offset += indent
    return tree


def chain(node: ast.BinOp) -> list[ast.BinOp]:
    """Return the operations of a flat sum or product such as a + b - c, the last one first.

    In the syntax tree each is the left side of the next one, so recursion would go as deep as the formula is long.
    """
    operations = [node]
    while isinstance(left := operations[-1].left, ast.BinOp) and not isinstance(left.op, BITWISE):
        operations.append(left)
    return operations
