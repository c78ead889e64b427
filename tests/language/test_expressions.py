"""Formulas: values against Python and numpy, faults by their column, and a museum of attempts to break out."""

import math

import numpy as np
import pytest

from lib_anim.errors import ExpressionError
from lib_anim.language.expressions import Expression
from lib_anim.language.functions import FUNCTIONS

T = np.arange(5.0)
SCOPE = {"t": T, "max_f": 4.0, "s": 42.0, "fps": 15.0}


def values(text):
    return np.broadcast_to(Expression.parse(text).values(SCOPE), T.shape).tolist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("t", [0, 1, 2, 3, 4]),
        ("2", [2, 2, 2, 2, 2]),
        (" 2 * t + 1 ", [1, 3, 5, 7, 9]),
        ("-t**2", [0, -1, -4, -9, -16]),
        ("t % 3", [0, 1, 2, 0, 1]),
        ("(t-3) % 2", [1, 0, 1, 0, 1]),
        ("fmod(t-3, 2)", [-1, 0, -1, 0, 1]),
        ("7 // 2 + t", [3, 4, 5, 6, 7]),
        ("t > 2", [0, 0, 0, 1, 1]),
        ("(t > 2) * 5", [0, 0, 0, 5, 5]),
        ("(t > 0) + (t > 2)", [0, 1, 1, 2, 2]),
        ("(t > 0) & (t < 3)", [0, 1, 1, 0, 0]),
        ("(t < 1) | (t > 3)", [1, 0, 0, 0, 1]),
        ("~(t > 2)", [1, 1, 1, 0, 0]),
        ("t & 1", [0, 1, 0, 1, 0]),
        ("0 < t < 3", [0, 1, 1, 0, 0]),
        ("t > 0 and t < 3", [0, 1, 1, 0, 0]),
        ("not t", [1, 0, 0, 0, 0]),
        ("1 if t > 2 else 9", [9, 9, 9, 1, 1]),
        ("where(t > 2, 1, 9)", [9, 9, 9, 1, 1]),
        ("min(t, 2)", [0, 1, 2, 2, 2]),
        ("max(t, 2, 3)", [3, 3, 3, 3, 4]),
        ("clip(t, 1, 3)", [1, 1, 2, 3, 3]),
        ("round(t/2)", [0, 0, 1, 2, 2]),
        ("round(t/3, 1)", [0, 0.3, 0.7, 1.0, 1.3]),
        ("floor(t/2) + ceil(t/2)", [0, 1, 2, 3, 4]),
        ("abs(t - 2)", [2, 1, 0, 1, 2]),
        ("max_f - t", [4, 3, 2, 1, 0]),
        ("s", [42] * 5),
        ("0x10", [16] * 5),
        ("True", [1] * 5),
        ("1e1", [10] * 5),
        ("pi", [math.pi] * 5),
        ("e", [math.e] * 5),
        ("sin(pi*t/2)", [math.sin(math.pi * t / 2) for t in range(5)]),
        ("arctan2(t, 2)", [math.atan2(t, 2) for t in range(5)]),
        ("log10(t+1)", [math.log10(t + 1) for t in range(5)]),
        ("lerp(10, 20, t/4)", [10, 12.5, 15, 17.5, 20]),
        ("ramp(1, 3, t)", [0, 0, 0.5, 1, 1]),
        ("smoothstep(0, 4, t)", [0, 0.15625, 0.5, 0.84375, 1]),
        ("ease_in(t/4)", [0, 0.0625, 0.25, 0.5625, 1]),
        ("ease_out(t/4)", [0, 0.4375, 0.75, 0.9375, 1]),
        ("ease_in_out(t/4, 3)", [0, 0.0625, 0.5, 0.9375, 1]),
        ("wave(t/4)", [0, 1, 0, -1, 0]),
        ("triangle(t/4)", [0, 1, 0, -1, 0]),
        ("saw(t/4)", [-1, -0.5, 0, 0.5, -1]),
        ("square(t/4)", [1, 1, -1, -1, 1]),
        ("pulse(t/4, 0.25)", [1, 0, 0, 0, 1]),
        ("bounce(1) + elastic(1) + elastic(0)", [2] * 5),
    ],
)
def test_values(text, expected):
    assert values(text) == pytest.approx(expected, abs=1e-12)


def test_every_function_is_tried():
    one = {name: ", ".join(["0.25", "0.5", "0.75"][: function.low]) for name, function in FUNCTIONS.items()}
    for name, arguments in one.items():
        text = f"{name}({arguments})" if name != "arccosh" else "arccosh(1.5)"
        assert np.isfinite(values(text)).all(), name


def test_noise_is_smooth_seeded_and_in_range():
    t = np.linspace(0, 50, 2001)
    same, again = (Expression.parse("noise(t)").values({"t": t, "s": 1.0}) for _ in range(2))
    other = Expression.parse("noise(t)").values({"t": t, "s": 2.0})
    salted = Expression.parse("noise(t, 3)").values({"t": t, "s": 1.0})

    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)
    assert not np.array_equal(same, salted)
    assert np.abs(same).max() <= 1.0
    assert np.abs(np.diff(same)).max() < 0.1
    assert same.std() > 0.3


def test_rand_is_uniform_and_new_for_each_whole_number():
    t = np.arange(20_000.0)
    drawn = Expression.parse("rand(t)").values({"t": t, "s": 5.0})

    assert 0.0 <= drawn.min() < 0.001
    assert 0.999 < drawn.max() < 1.0
    assert drawn.mean() == pytest.approx(0.5, abs=0.01)
    assert len(np.unique(drawn)) == 20_000
    assert np.array_equal(Expression.parse("rand(t/2)").values({"t": np.array([4.0, 5.0]), "s": 5.0}), drawn[[2, 2]])


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("sinn(t)", 1, "unknown function 'sinn'; did you mean 'sin'?"),
        ("2 + tt", 5, "unknown name 'tt'"),
        ("  sin(t) + foo", 12, "unknown name 'foo'"),
        ("t^2", 1, "write ** for a power"),
        ("sin", 1, "'sin' is a function; write sin(x)"),
        ("clip(t)", 1, "clip cannot take 1 values; write clip(x, low, high)"),
        ("2(3)", 1, "only a function's name can stand before '('"),
        ("1, 2", 1, "a comma outside a function's brackets"),
        ("(t + 1", 1, "a bracket is missing or left over"),
        ("t = 1", 1, "write == to compare"),
        ("", 1, "there is no formula here"),
        ("1.5 & 2", 1, "join conditions or whole numbers"),
        ("ж + tt", 5, "unknown name 'ж'"),
    ],
)
def test_faults_name_the_column(text, column, words):
    with pytest.raises(ExpressionError, match="column") as error:
        values(text)
    assert words in str(error.value)
    if not text.startswith(("ж", "(", "t =")):
        assert error.value.column == column


MUSEUM = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "t.__class__",
    "t.tofile('x')",
    "open('/etc/passwd')",
    "eval('1')",
    "exec('1')",
    "globals()",
    "[x for x in (1,)]",
    "[1][0]",
    "{1: 2}",
    "{1}",
    "'text'",
    "b'bytes'",
    "f'{t}'",
    "lambda: 1",
    "(lambda: 1)()",
    "(x := 1)",
    "sin(*t)",
    "sin(x=t)",
    "sin(**t)",
    "t @ t",
    "1 << 999999999",
    "t is t",
    "t in t",
    "await t",
    "(yield)",
    "...",
    "None",
    "1j",
    "t # hidden",
    "t; t",
    "t\\\n+1",
    "\x00",
    "-" * 9_000 + "1",
    "~" * 9_000 + "1",
    "(" * 5_000 + "1" + ")" * 5_000,
    "t+" * 4_000 + "1",
    "1" * 9_999,
    "t" * 20_000,
    "sin(" * 150 + "t" + ")" * 150,
]


@pytest.mark.timeout(20)  # none may hang
@pytest.mark.parametrize("text", MUSEUM)
def test_museum_of_attempts(text):
    with pytest.raises(ExpressionError):
        values(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["9**9**9**9", "10.0**400", "exp(1e9)", "1/0", "0/0", "log(-1)", "9" * 4_000])
def test_what_is_not_finite_comes_at_once(text):
    assert not np.isfinite(values(text)).any()
