"""Formulas: values against Python and numpy, faults by their column, and a museum of attempts to break out."""

import math

import numpy as np
import pytest

from lib_anim.errors import ExpressionError, FieldError
from lib_anim.language.expressions import Expression
from lib_anim.language.functions import FUNCTIONS, names_signal

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
        ("t or 0", [0, 1, 1, 1, 1]),
        ("t > 0 and t < 4 and t - 2", [0, 1, 0, 1, 0]),
        ("1 and t > 2 or t == 0", [1, 0, 0, 1, 1]),
        ("t == 2", [0, 0, 1, 0, 0]),
        ("t != 2", [1, 1, 0, 1, 1]),
        ("t <= 2", [1, 1, 1, 0, 0]),
        ("t >= 2", [0, 0, 1, 1, 1]),
        ("0 < t < 4 > 2 != t", [0, 1, 0, 1, 0]),
        ("-(t > 2)", [0, 0, 0, -1, -1]),
        ("+t", [0, 1, 2, 3, 4]),
        ("t | 1", [1, 1, 3, 3, 5]),
        ("~t", [-1, -2, -3, -4, -5]),
        ("(t > 2) & 1", [0, 0, 0, 1, 1]),
        ("1 | (t > 2)", [1] * 5),
        ("9007199254740991 & 5", [5] * 5),
        ("t - 1 if t - 2 else t > 1", [-1, 0, 1, 2, 3]),
        ("sign(t > 2)", [0, 0, 0, 1, 1]),
        ("7\n +\tt\r\n", [7, 8, 9, 10, 11]),
        ("False", [0] * 5),
        ("1 if t > 2 else 9", [9, 9, 9, 1, 1]),
        ("where(t > 2, 1, 9)", [9, 9, 9, 1, 1]),
        ("min(t, 2)", [0, 1, 2, 2, 2]),
        ("max(t, 2, 3)", [3, 3, 3, 3, 4]),
        ("clip(t, 1, 3)", [1, 1, 2, 3, 3]),
        ("round(t/2)", [0, 0, 1, 2, 2]),
        ("round(t/3, 1)", [0, 0.3, 0.7, 1.0, 1.3]),
        ("round(t*7, -1)", [0, 10, 10, 20, 30]),
        ("int(t - 2.5)", [-2, -1, 0, 0, 1]),
        ("min(5 - t, 3, t + 1)", [1, 2, 3, 2, 1]),
        ("max(t)", [0, 1, 2, 3, 4]),
        ("where(t, 1, 9)", [9, 1, 1, 1, 1]),
        ("conj(t)", [0, 1, 2, 3, 4]),
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
        ("ramp(t, 4, 2)", [0.5, 1 / 3, 0, 0, 0]),
        ("smoothstep(1, 3, t)", [0, 0, 0.5, 1, 1]),
        ("ease_in(t/2 - 0.5, 3)", [0, 0, 0.125, 1, 1]),
        ("ease_out(t/2 - 0.5, 3)", [0, 0, 0.875, 1, 1]),
        ("ease_in_out(t/2 - 0.75)", [0, 0, 0.125, 0.875, 1]),
        ("ease_in_out(t/4)", [0, 0.125, 0.5, 0.875, 1]),
        ("triangle(t/4 + 0.125)", [0.5, 0.5, -0.5, -0.5, 0.5]),
        ("square(t/4, 0.75)", [1, 1, 1, -1, 1]),
        ("square(t/5 - 1)", [1, 1, 1, -1, -1]),
        ("pulse(t/20)", [1, 1, 0, 0, 0]),
    ],
)
def test_values(text, expected):
    assert values(text) == pytest.approx(expected, abs=1e-12)


def penner_bounce(u):
    u = min(max(u, 0.0), 1.0)
    for end, middle, height in ((1, 0, 0), (2, 1.5, 0.75), (2.5, 2.25, 0.9375), (2.75, 2.625, 0.984375)):
        if u * 2.75 < end or end == 2.75:
            return 7.5625 * (u - middle / 2.75) ** 2 + height
    raise AssertionError(u)


def penner_elastic(u):
    if not 0 < u < 1:
        return float(u > 0)
    return 2 ** (-10 * u) * math.sin((10 * u - 0.75) * 2 * math.pi / 3) + 1


@pytest.mark.parametrize("function", [penner_bounce, penner_elastic])
def test_easings_are_penners(function):
    u = np.linspace(-0.25, 1.25, 61)
    found = Expression.parse(f"{function.__name__.removeprefix('penner_')}(t)").values({"t": u})
    assert found == pytest.approx([function(one) for one in u.tolist()], abs=1e-12)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rand(t)", [0.34329192209867343, 0.9867112511075029, 0.49438214424820914, 0.801041387466897, 0.5679120213605016]),
        ("rand(t, 3)", [0.9777767857540063, 0.9493306990861597, 0.16760234307161437, 0.18645426045494928, 0.9269602782651901]),
        (
            "rand(0.9 - t)",
            [0.34329192209867343, 0.8345420937298704, 0.7434692397178213, 0.6090079015959785, 0.05100996771931465],
        ),
        ("rand(1, t)", [0.9867112511075029, 0.01894847439334879, 0.5671190707099011, 0.9493306990861597, 0.5018150942064986]),
        ("rand(0)", [0.34329192209867343] * 5),
        ("noise(t)", [-0.31341615580265314, 0.9734225022150058, -0.01123571150358172, 0.602082774933794, 0.1358240427210032]),
        (
            "noise(t/2)",
            [-0.31341615580265314, 0.33000317320617634, 0.9734225022150058, 0.48109339535571216, -0.01123571150358172],
        ),
        (
            "noise(t/3, 2)",
            [-0.10682425250967742, -0.05623091057386076, 0.08364479948398551, 0.13423814141980217, 0.20033111068751075],
        ),
    ],
)
def test_what_is_random_is_the_same_for_ever(text, expected):
    """Films of old seeds must come out as they did; the numbers are those of the first edition."""
    assert values(text) == pytest.approx(expected, abs=1e-15)


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


NOT_PART = "is not part of the schedule language"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("sinn(t)", 1, "unknown function 'sinn'; did you mean 'sin'?"),
        ("  1 + bend(1, 2)", 7, "unknown function 'bend'; did you mean 'rand'?"),
        ("band(1, 2)", 1, "unknown function 'band'; did you mean 'rand'?"),  # where no sound is, signals are no names
        ("2 * rms", 5, "unknown name 'rms'; did you mean 'ramp'?"),
        ("xyz(1)", 1, "unknown function 'xyz'"),
        ("2 + tt", 5, "unknown name 'tt'; did you mean 't'?"),
        ("  sin(t) + foo", 12, "unknown name 'foo'; did you mean 'floor'?"),
        ("max_ff", 1, "unknown name 'max_ff'; did you mean 'max_f'?"),
        ("ppi", 1, "unknown name 'ppi'; did you mean 'pi'?"),
        ("t^2", 1, f"this operator {NOT_PART}; write ** for a power"),
        ("3 * (t @ t)", 6, f"this operator {NOT_PART}"),
        ("t + (t is t)", 6, f"this comparison {NOT_PART}"),
        ("sin", 1, "'sin' is a function; write sin(x)"),
        ("clip(t)", 1, "clip cannot take 1 values; write clip(x, low, high)"),
        ("rand(t, 1, 2)", 1, "rand cannot take 3 values; write rand(x, salt=0)"),
        ("2 * sin(x=t)", 5, "sin takes plain values; write sin(x)"),
        ("sin(*t)", 1, "sin takes plain values; write sin(x)"),
        ("2(3)", 1, "only a function's name can stand before '('; is a '*' or a ':' missing?"),
        ("1, 2", 1, f"a comma outside a function's brackets {NOT_PART}"),
        ("1 + t.x", 5, f"a dot after a name {NOT_PART}"),
        ("t[0]", 1, f"'[…]' {NOT_PART}"),
        ("1 + [1]", 5, f"'[…]' {NOT_PART}"),
        ("{1: 2}", 1, f"'{{…}}' {NOT_PART}"),
        ("{1}", 1, f"'{{…}}' {NOT_PART}"),
        ("f'{t}'", 1, f"a text {NOT_PART}"),
        ("(x := 1)", 2, f"':=' {NOT_PART}"),
        ("lambda: 1", 1, f"lambda {NOT_PART}"),
        ("1 + 'a'", 5, "'a' is not a number"),
        ("None", 1, "None is not a number"),
        ("1j", 1, "1j is not a number"),
        ("  1 # x", 5, "'#' is not part of the schedule language"),
        ("", 1, "there is no formula here"),
        (" \n ", 1, "there is no formula here"),
        ("1 + (1.5 & 2)", 6, "'&', '|' and '~' join conditions or whole numbers; put each condition in brackets"),
        ("~1.5", 1, "'&', '|' and '~' join conditions or whole numbers; put each condition in brackets"),
        ("1 & 9007199254740992", 1, "'&', '|' and '~' join conditions or whole numbers; put each condition in brackets"),
        ("1 | (1/0)", 1, "'&', '|' and '~' join conditions or whole numbers; put each condition in brackets"),
        ("t + ж", 5, "unknown name 'ж'"),
        ("ж if tt else 1", 6, "unknown name 'tt'; did you mean 't'?"),  # the column counts letters, not bytes
        ("1" + " " * 9_998 + "+1", 1, "the formula is longer than 10000 characters"),
        ("-" * 120 + "1", 1, "the formula is nested too deeply"),
        ("-(t" * 130 + ")" * 130, 1, "the formula is nested too deeply"),
        ("1,04", 2, "a decimal comma; write 1.04"),
        ("0,5+t", 2, "a decimal comma; write 0.5"),
        ("-12,5", 4, "a decimal comma; write 12.5"),
        ("max(1,2", 4, "cannot read 'max(1,2'; a bracket is missing or left over"),
        ("x + 1", 1, "unknown name 'x'; the frame is t"),
        ("sin(frame)", 5, "unknown name 'frame'; the frame is t"),
        ("q", 1, "unknown name 'q'"),  # one letter is like anything
    ],
)
def test_faults_name_the_column(text, column, message):
    with pytest.raises(ExpressionError) as error:
        values(text)
    assert str(error.value) == f"column {column}: {message}"
    assert error.value.column == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(t + 1", "cannot read '(t + 1'; a bracket is missing or left over"),
        ("t) = 1", "cannot read 't) = 1'; a bracket is missing or left over"),
        (" t = 1 ", "cannot read 't = 1'; write == to compare"),
        ("t = 1 >= 2", "cannot read 't = 1 >= 2'"),
        ("t == = 2", "cannot read 't == = 2'"),
        ("t = 1 != 2", "cannot read 't = 1 != 2'"),
        ("t = 1 <= 2", "cannot read 't = 1 <= 2'"),
        ("t +", "cannot read 't +'"),
        ("1 $ " + "x" * 100, "cannot read '1 $ " + "x" * 56 + "'"),
    ],
)
def test_what_python_cannot_read(text, message):
    with pytest.raises(ExpressionError) as error:
        values(text)
    assert str(error.value).split(": ", 1)[1] == message  # where it stumbles differs from version to version
    assert 1 <= error.value.column <= len(text)


@pytest.mark.parametrize(("text", "column"), [("1 + $", 5), ("\n  t $ 2", 6), ("t $ 2", 3)])
def test_a_sign_that_no_formula_has_is_found_behind_blanks_too(text, column):
    with pytest.raises(ExpressionError) as error:
        values(text)
    assert error.value.column == column


@pytest.mark.parametrize("text", [" " * 99 + "1" + " " * 9_997 + "+1", "-" * 119 + "1", "t" + "+t" * 119])
def test_a_formula_may_be_as_large_as_this(text):
    assert np.isfinite(values(text)).all()


@pytest.mark.parametrize("text", ["2", "2 > 1", "not t", "t if t else 1", "t | 1", "~(t > 1)", "1 and t", "round(t)"])
@pytest.mark.parametrize("t", [3.0, np.arange(3.0)], ids=["one", "many"])
def test_values_are_float64_of_the_shape_of_t(text, t):
    found = Expression.parse(text).values({"t": t})
    assert found.dtype == np.float64
    assert found.shape in ((), np.shape(t))


def test_equal_texts_share_an_expression():
    assert Expression.parse("t + 41") is Expression.parse("t + 41")


HEARD = {
    "t": np.array([2.0, 5.0]),
    "beat": lambda frames: frames * 10,
    "band": lambda frames, low, high: frames * 0 + high - low,
}


def silence(_frames):
    raise FieldError("there is no sound", "name a file")


@pytest.mark.parametrize(
    ("text", "expected"), [("beat", [20, 50]), ("1 + beat / 10", [3, 6]), ("band(20, 4*30)", [100, 100]), ("-beat", [-20, -50])]
)
def test_signals_are_functions_of_the_frames(text, expected):
    assert Expression.parse(text).values(HEARD).tolist() == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 + beat(1)", "column 5: beat cannot take 1 values; write beat"),
        ("1 + band", "column 5: 'band' is a function; write band(low, high)"),
        ("band(t, 1)", "column 1: band takes numbers that do not change with t; write band(low, high)"),
        ("band(20)", "column 1: band cannot take 1 values; write band(low, high)"),
        ("2 * band(1, high=2)", "column 5: band takes plain values; write band(low, high)"),
        ("baend(1, 2)", "column 1: unknown function 'baend'; did you mean 'band'?"),
        ("beatt", "column 1: unknown name 'beatt'; did you mean 'beat'?"),
        ("2 * rms", "column 5: there is no sound; name a file"),
    ],
)
def test_faults_of_signals(text, message):
    with pytest.raises(ExpressionError) as error:
        Expression.parse(text).values({**HEARD, "rms": silence})
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("beat", True),
        ("0:(1), 9:(2*band(20, 90)-1)", True),
        ("1/rms", True),
        ("", False),
        ("t + sin(beats) + my_rms + bpm2", False),
        ("0:(RMS)", False),
    ],
)
def test_whether_a_signal_is_named(text, expected):
    assert names_signal(text) is expected


def test_without_a_seed_it_is_0():
    t = np.arange(9.0)
    assert np.array_equal(Expression.parse("rand(t)").values({"t": t}), Expression.parse("rand(t)").values({"t": t, "s": 0.0}))


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
