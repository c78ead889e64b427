"""Formulas: a small whitelist language over Python's own parser.

A formula is read once and worked out once, over the whole array of frame numbers. What is not in the tables below
does not exist in it: no attributes, no strings, no subscripts, no calls but those of `functions.py`. Settings are
data from strangers, so size and depth are limited and nothing here can run for long.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lib_anim.errors import ExpressionError, FieldError, did_you_mean
from lib_anim.language.functions import CONSTANTS, FUNCTIONS, SIGNALS, Function, Numbers, Signal, Values
from lib_anim.messages import Message

MAX_LENGTH = 10_000  # characters of one formula
MAX_DEPTH = 120  # nested operations; a sum of 100 terms is 100 deep

_BINARY = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.FloorDiv: np.floor_divide,
    ast.Mod: np.mod,
    ast.Pow: np.power,
}
_COMPARE = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_BITWISE = {ast.BitAnd: np.bitwise_and, ast.BitOr: np.bitwise_or}

Truths = np.bool_ | NDArray[np.bool_]  # of a condition: one for all frames, or (n,)
Scope = Mapping[str, Values | float | Signal]


@dataclass(frozen=True)
class Expression:
    """A formula that has been read. Equal texts share one object.

    >>> Expression.parse("2*t + max(1, t)").values({"t": np.arange(3.0)})
    array([1., 3., 6.])
    """

    text: str
    tree: ast.expr

    @staticmethod
    def parse(text: str) -> Expression:
        """Read `text`. Raises ExpressionError with the column in `text`."""
        return _parse(text)

    def values(self, scope: Scope) -> Values:
        """Work the formula out with the names in `scope` (`t` of shape (n,), others numbers or of that shape).

        Returns float64 of shape (n,), or () when no array came in. Not every value need be finite: the caller,
        who knows which frame it belongs to, looks. The seeded functions use the name `s`. A signal is a function of `t`
        and its numbers; it is called when the formula names it.
        """
        with np.errstate(all="ignore"):
            value = _evaluate(self.tree, _Scope(self.text, scope))
        return np.asarray(value, np.float64)


@dataclass(frozen=True)
class _Scope:
    text: str
    names: Scope


@lru_cache(maxsize=4096)
def _parse(text: str) -> Expression:
    body = text.strip()
    if not body:
        raise ExpressionError(1, "there is no formula here")
    if len(body) > MAX_LENGTH:
        raise ExpressionError(1, f"the formula is longer than {MAX_LENGTH} characters")
    if "#" in body:
        raise ExpressionError(text.index("#") + 1, "'#' is not part of the schedule language")
    source = text.replace("\n", " ").replace("\r", " ").replace("\t", " ")
    indent = len(source) - len(source.lstrip())
    try:
        with warnings.catch_warnings():  # Python's advice on style ("1if") is not for these texts
            warnings.simplefilter("ignore")
            tree = ast.parse(source.strip(), mode="eval").body
    except SyntaxError as error:
        column = min(indent + max(error.offset or 1, 1), len(text))
        raise ExpressionError(column, f"cannot read '{body[:60]}'", _syntax_hint(body)) from None
    except (MemoryError, RecursionError, ValueError):
        raise ExpressionError(1, "the formula is nested too deeply") from None
    _check_depth(tree)
    return Expression(text, _shifted(tree, indent))


def _syntax_hint(body: str) -> str:
    if body.count("(") != body.count(")"):
        return "a bracket is missing or left over"
    if "=" in body and not any(op in body for op in ("==", "<=", ">=", "!=")):
        return "write == to compare"
    return ""


def _check_depth(tree: ast.expr) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise ExpressionError(1, "the formula is nested too deeply")
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _shifted(tree: ast.expr, indent: int) -> ast.expr:
    for node in ast.walk(tree) if indent else ():
        if hasattr(node, "col_offset"):
            node.col_offset += indent
    return tree


def _column(node: ast.expr, scope: _Scope) -> int:
    # ast counts UTF-8 bytes; people count characters
    return len(scope.text.encode()[: node.col_offset].decode(errors="ignore")) + 1


def _refuse(node: ast.expr, scope: _Scope, reason: str, remedy: str = "") -> ExpressionError:
    return ExpressionError(_column(node, scope), reason, remedy)


def _evaluate(node: ast.expr, scope: _Scope) -> Numbers | Truths:
    match node:
        case ast.Constant():
            return _constant(node, scope)
        case ast.Name():
            return _name(node, scope)
        case ast.Call():
            return _call(node, scope)
        case ast.BinOp():
            return _binary(node, scope)
        case ast.UnaryOp():
            return _unary(node, scope)
        case ast.Compare():
            return _compare(node, scope)
        case ast.BoolOp():
            return _logic(node, scope)
        case ast.IfExp():
            return _choose(node, scope)
    kind = _KINDS.get(type(node), type(node).__name__.lower())
    raise _refuse(node, scope, f"{kind} is not part of the schedule language")


def _number(node: ast.expr, scope: _Scope) -> Numbers:
    """The value of `node`; a condition counts as 0 or 1."""
    value = _evaluate(node, scope)
    return np.asarray(value, np.float64) if value.dtype == bool else value.astype(np.float64, copy=False)


def _truth(node: ast.expr, scope: _Scope) -> Truths:
    return np.asarray(_evaluate(node, scope)).astype(np.bool_)


def _constant(node: ast.Constant, scope: _Scope) -> Numbers:
    # every constant becomes a float on sight: 9**9**9 is inf at once, not minutes of integer arithmetic
    if isinstance(node.value, (bool, int, float)):
        try:
            return np.float64(node.value)
        except OverflowError:
            return np.float64(np.inf)
    raise _refuse(node, scope, f"{node.value!r} is not a number")


def _name(node: ast.Name, scope: _Scope) -> Numbers:
    signal = _signal(node.id, scope)
    if signal and not signal.high:
        return _heard(node, node.id, scope)
    if function := signal or FUNCTIONS.get(node.id):
        raise _refuse(node, scope, f"'{node.id}' is a function", f"write {function.usage}")
    for table in (scope.names, CONSTANTS):
        if node.id in table:
            return np.asarray(table[node.id], np.float64)
    remedy = did_you_mean(node.id, [*scope.names, *CONSTANTS, *FUNCTIONS])
    raise _refuse(node, scope, Message("unknown name '{name}'", name=node.id), remedy)


def _call(node: ast.Call, scope: _Scope) -> Numbers:
    if not isinstance(node.func, ast.Name):
        raise _refuse(node, scope, "only a function's name can stand before '('", "is a '*' or a ':' missing?")
    name = node.func.id
    if signal := _signal(name, scope):
        return _heard(node, name, scope, *_arguments(node, name, signal, scope))
    function = FUNCTIONS.get(name)
    if function is None:
        raise _refuse(node, scope, f"unknown function '{name}'", did_you_mean(name, [*FUNCTIONS, *SIGNALS]))
    seed = (scope.names.get("s", 0.0),) if function.seeded else ()
    return function.call(*seed, *_arguments(node, name, function, scope))


def _arguments(node: ast.Call, name: str, function: Function, scope: _Scope) -> list[Numbers]:
    """What stands in the brackets, if it is as much as the function takes."""
    if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        raise _refuse(node, scope, f"{name} takes plain values", f"write {function.usage}")
    if not function.low <= len(node.args) <= function.high:
        raise _refuse(node, scope, f"{name} cannot take {len(node.args)} values", f"write {function.usage}")
    return [_number(arg, scope) for arg in node.args]


def _signal(name: str, scope: _Scope) -> Function | None:
    return SIGNALS.get(name) if name in scope.names else None


def _heard(node: ast.expr, name: str, scope: _Scope, *numbers: Numbers) -> Numbers:
    """What a signal is at the frames `t`."""
    if any(np.ndim(number) for number in numbers):
        raise _refuse(node, scope, f"{name} takes numbers that do not change with t", f"write {SIGNALS[name].usage}")
    try:
        return SIGNALS[name].call(scope.names[name], scope.names["t"], *numbers)
    except FieldError as error:
        raise _refuse(node, scope, error.reason, error.remedy) from None


def _binary(node: ast.BinOp, scope: _Scope) -> Numbers | Truths:
    if type(node.op) in _BITWISE:
        return _bitwise(node, scope)
    operation = _BINARY.get(type(node.op))
    if operation is None:
        remedy = "write ** for a power" if isinstance(node.op, ast.BitXor) else ""
        raise _refuse(node, scope, "this operator is not part of the schedule language", remedy)
    return operation(_number(node.left, scope), _number(node.right, scope))


def _bitwise(node: ast.BinOp, scope: _Scope) -> Numbers | Truths:
    """`&` and `|`: logic on conditions, bit by bit on whole numbers (as numexpr, Deforum's evaluator, has them)."""
    left, right = (_evaluate(side, scope) for side in (node.left, node.right))
    operation = _BITWISE[type(node.op)]
    if left.dtype == bool and right.dtype == bool:
        return operation(left, right)
    return operation(_whole(left, node, scope), _whole(right, node, scope)).astype(np.float64)


def _whole(value: Numbers | Truths, node: ast.expr, scope: _Scope) -> NDArray[np.int64]:
    numbers = np.asarray(value, np.float64)
    if not np.all(np.abs(numbers) < 2.0**53) or np.any(numbers != np.trunc(numbers)):
        raise _refuse(node, scope, "'&', '|' and '~' join conditions or whole numbers", "put each condition in brackets")
    return numbers.astype(np.int64)


def _unary(node: ast.UnaryOp, scope: _Scope) -> Numbers | Truths:
    if isinstance(node.op, ast.Not):
        return ~_truth(node.operand, scope)
    if isinstance(node.op, ast.Invert):
        value = _evaluate(node.operand, scope)
        return np.logical_not(value) if value.dtype == bool else (~_whole(value, node, scope)).astype(np.float64)
    number = _number(node.operand, scope)
    return np.negative(number) if isinstance(node.op, ast.USub) else number


def _compare(node: ast.Compare, scope: _Scope) -> Truths:
    sides = [_number(side, scope) for side in (node.left, *node.comparators)]
    result: Truths = np.True_
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if type(op) not in _COMPARE:
            raise _refuse(node, scope, "this comparison is not part of the schedule language")
        result = result & _COMPARE[type(op)](left, right)
    return result


def _logic(node: ast.BoolOp, scope: _Scope) -> Truths:
    combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
    together: Truths = combine.reduce(np.broadcast_arrays(*(_truth(value, scope) for value in node.values)))
    return together


def _choose(node: ast.IfExp, scope: _Scope) -> Numbers:
    return np.where(_truth(node.test, scope), _number(node.body, scope), _number(node.orelse, scope))


_KINDS = {
    ast.Attribute: "a dot after a name",
    ast.Subscript: "'[…]'",
    ast.List: "'[…]'",
    ast.Tuple: "a comma outside a function's brackets",
    ast.Dict: "'{…}'",
    ast.Set: "'{…}'",
    ast.JoinedStr: "a text",
    ast.NamedExpr: "':='",
    ast.Starred: "a leading '*'",
}
