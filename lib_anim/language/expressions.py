"""Formulas: a small expression language, parsed by Python's own parser and evaluated against a whitelist.

A formula is parsed once and evaluated once, over the whole array of frame numbers. Only the node types, operators and
functions in the tables below are allowed: no attributes, no strings, no subscripts, no calls except to `functions.py`.
Formulas are untrusted input, so their length and depth are limited and evaluation time is bounded.
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
MAX_DEPTH = 120  # levels of the syntax tree; a sum of 100 terms has 100

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

Truths = np.bool_ | NDArray[np.bool_]  # the result of a condition: a scalar for all frames, or (n,), one value per frame
Scope = Mapping[str, Values | float | Signal]


@dataclass(frozen=True)
class Expression:
    """A parsed formula. Equal texts share one object.

    >>> Expression.parse("2*t + max(1, t)").values({"t": np.arange(3.0)})
    array([1., 3., 6.])
    """

    text: str
    tree: ast.expr

    @staticmethod
    def parse(text: str) -> Expression:
        """Parse `text`. Raises ExpressionError with the column in `text`."""
        return _parse(text)

    def values(self, scope: Scope) -> Values:
        """Evaluate the formula with the names in `scope`: `t` has the shape (n,), the others are scalars or have that shape.

        Returns float64 of shape (n,), or () if no name is an array. Values may be infinite or NaN: the caller checks them,
        since only the caller knows the frame of each value. The seeded functions read the name `s`. A signal is a function
        of `t` and of its arguments; it is called only if the formula names it. Raises ExpressionError.
        """
        with np.errstate(all="ignore"):
            value = _evaluate(self.tree, _Scope(self.text, scope))
        return np.asarray(value, np.float64)


@dataclass(frozen=True)
class _Scope:
    """The names of one evaluation, and the formula's text for the columns of errors."""

    text: str
    names: Scope


@lru_cache(maxsize=4096)
def _parse(text: str) -> Expression:
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
        raise ExpressionError(column, Message("cannot read '{formula}'", formula=body[:60]), _syntax_hint(body)) from None
    except (MemoryError, RecursionError, ValueError):
        raise ExpressionError(1, "the formula is nested too deeply") from None
    _check_depth(tree)
    return Expression(text, _shift_columns(tree, indent))


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
        level = [child for node in level for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]


def _shift_columns(tree: ast.expr, indent: int) -> ast.expr:
    """Add the leading blanks that were stripped before parsing to the column of every node."""
    for node in ast.walk(tree) if indent else ():
        if hasattr(node, "col_offset"):
            node.col_offset += indent
    return tree


def _column(node: ast.expr, scope: _Scope) -> int:
    """Return the column of a node in characters, from 1; `ast` counts UTF-8 bytes."""
    return len(scope.text.encode()[: node.col_offset].decode(errors="ignore")) + 1


def _refuse(node: ast.expr, scope: _Scope, reason: str, remedy: str = "") -> ExpressionError:
    return ExpressionError(_column(node, scope), reason, remedy)


def _evaluate(node: ast.expr, scope: _Scope) -> Numbers | Truths:
    """Evaluate one node. Raises ExpressionError if its type is not allowed."""
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
    kind = Message(_KINDS.get(type(node), type(node).__name__.lower()))
    raise _refuse(node, scope, Message("{said} is not part of the schedule language", said=kind))


def _number(node: ast.expr, scope: _Scope) -> Numbers:
    """Evaluate `node` as a number; a condition becomes 0 or 1."""
    value = _evaluate(node, scope)
    return np.asarray(value, np.float64) if value.dtype == bool else value.astype(np.float64, copy=False)


def _truth(node: ast.expr, scope: _Scope) -> Truths:
    """Evaluate `node` as a condition; a number other than 0 is true."""
    return np.asarray(_evaluate(node, scope)).astype(np.bool_)


def _constant(node: ast.Constant, scope: _Scope) -> Numbers:
    # constants are converted to float before any arithmetic: 9**9**9 is then inf at once, not minutes of integer arithmetic
    if isinstance(node.value, (bool, int, float)):
        try:
            return np.float64(node.value)
        except OverflowError:
            return np.float64(np.inf)
    raise _refuse(node, scope, Message("{value} is not a number", value=repr(node.value)))


def _name(node: ast.Name, scope: _Scope) -> Numbers:
    signal = _signal(node.id, scope)
    if signal and not signal.high:
        return _call_signal(node, node.id, scope)
    if function := signal or FUNCTIONS.get(node.id):
        raise _refuse(node, scope, Message("'{name}' is a function", name=node.id), _usage(function))
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
        return _call_signal(node, name, scope, *_arguments(node, name, signal, scope))
    function = FUNCTIONS.get(name)
    if function is None:
        reason = Message("unknown function '{name}'", name=name)
        raise _refuse(node, scope, reason, did_you_mean(name, [*FUNCTIONS, *SIGNALS]))
    seed = (scope.names.get("s", 0.0),) if function.seeded else ()
    return function.call(*seed, *_arguments(node, name, function, scope))


def _arguments(node: ast.Call, name: str, function: Function, scope: _Scope) -> list[Numbers]:
    """Evaluate the arguments of a call. Raises ExpressionError if their number or form does not match the function."""
    if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
        raise _refuse(node, scope, Message("{name} takes plain values", name=name), _usage(function))
    if not function.low <= len(node.args) <= function.high:
        raise _refuse(node, scope, Message("{name} cannot take {n} values", name=name, n=len(node.args)), _usage(function))
    return [_number(arg, scope) for arg in node.args]


def _usage(function: Function) -> Message:
    """Return the remedy that shows how to call a function."""
    return Message("write {value}", value=function.usage)


def _signal(name: str, scope: _Scope) -> Function | None:
    """Return the signal `name`, or None if there is none or the scope has no sound."""
    return SIGNALS.get(name) if name in scope.names else None


def _call_signal(node: ast.expr, name: str, scope: _Scope, *numbers: Numbers) -> Numbers:
    """Evaluate the signal `name` at the frames `t`. Its arguments must be scalars."""
    if any(np.ndim(number) for number in numbers):
        reason = Message("{name} takes numbers that do not change with t", name=name)
        raise _refuse(node, scope, reason, _usage(SIGNALS[name]))
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
    """Evaluate `&` or `|`: logical on conditions, bitwise on whole numbers, as in numexpr, which Deforum uses."""
    left, right = (_evaluate(side, scope) for side in (node.left, node.right))
    operation = _BITWISE[type(node.op)]
    if left.dtype == bool and right.dtype == bool:
        return operation(left, right)
    return operation(_whole(left, node, scope), _whole(right, node, scope)).astype(np.float64)


def _whole(value: Numbers | Truths, node: ast.expr, scope: _Scope) -> NDArray[np.int64]:
    """Convert to int64. Raises ExpressionError if a value is not a whole number below 2**53, the limit of float64."""
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
    """Evaluate a chain of comparisons such as `0 < t < 9`; all of them must hold."""
    sides = [_number(side, scope) for side in (node.left, *node.comparators)]
    result: Truths = np.True_
    for op, left, right in zip(node.ops, sides, sides[1:], strict=False):
        if type(op) not in _COMPARE:
            raise _refuse(node, scope, "this comparison is not part of the schedule language")
        result = result & _COMPARE[type(op)](left, right)
    return result


def _logic(node: ast.BoolOp, scope: _Scope) -> Truths:
    combine = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
    combined: Truths = combine.reduce(np.broadcast_arrays(*(_truth(value, scope) for value in node.values)))
    return combined


def _choose(node: ast.IfExp, scope: _Scope) -> Numbers:
    return np.where(_truth(node.test, scope), _number(node.body, scope), _number(node.orelse, scope))


_KINDS = {  # how messages name node types that are not allowed
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
