"""Mask expressions: against grids written by hand, and faults with their columns."""

import numpy as np
import pytest

from lib_anim.errors import ExpressionError
from lib_anim.language.mask_expressions import EVERYWHERE, VIDEO_MASK, Atom, MaskExpression, with_files
from lib_anim.language.schedules import TextSchedule, Timeline

GREYS = {".": 0.0, "2": 0.25, "4": 0.5, "8": 0.75, "W": 1.0}


def mask(*rows):
    """A mask from letters, a pixel each."""
    return np.array([[GREYS[letter] for letter in row] for row in rows], np.float32)


# every pair of black and white, and one pair of greys
A, B, C = mask("..WW2", "....8"), mask(".W.W8", "W.W.4"), mask("W...4", "W...W")
ATOMS = {
    Atom("a", is_file=True): A,
    Atom("b", is_file=True): B,
    Atom("c", is_file=True): C,
    VIDEO_MASK: B,
    EVERYWHERE: A * 0 + 1,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{everywhere}", ["WWWWW", "WWWWW"]),
        ("{video_mask}", [".W.W8", "W.W.4"]),
        ("[a]", ["..WW2", "....8"]),
        ("![a]", ["WW..8", "WWWW2"]),
        ("!![a]", ["..WW2", "....8"]),
        ("[a] & [b]", ["...W2", "....4"]),
        ("[a] | [b]", [".WWW8", "W.W.8"]),
        ("[a] ^ [b]", [".WW.4", "W.W.2"]),
        (r"[a] \ [b]", ["..W.2", "....4"]),
        # Deforum inverts the right one
        ("![a] & [b]", [".W..8", "W.W.2"]),
        ("[b] & ![a]", [".W..8", "W.W.2"]),
        ("!([a] & [b])", ["WWW.8", "WWWW4"]),
        ("(!([a])) & ([b])", [".W..8", "W.W.2"]),
        # the tightest first: & \ ^ |
        ("[a] | [b] & [c]", ["..WW4", "W...8"]),
        ("([a] | [b]) & [c]", ["....4", "W...8"]),
        ("[b] & [c] | [a]", ["..WW4", "W...8"]),
        (r"[c] \ [b] & [a]", ["W...4", "W...4"]),
        (r"([c] \ [b]) & [a]", ["....2", "....4"]),
        (r"[a] ^ [b] \ [c]", [".WW.2", "..W.8"]),
        (r"([a] ^ [b]) \ [c]", [".WW.4", "..W.."]),
        ("[a] | [b] ^ [c]", ["WWWW2", "..W.8"]),
        ("([a] | [b]) ^ [c]", ["WWWW2", "..W.2"]),
        # of equal ones the left
        (r"[b] \ [a] \ [b]", ["....2", "....2"]),
        (r"[b] \ ([a] \ [b])", [".W.W8", "W.W.4"]),
        # spelling
        ("[a]&{Video_Mask}", ["...W2", "....4"]),
        ("  ('[a]')  &\n(\"[b]\")", ["...W2", "....4"]),
        ("{ video_mask } & [ \"a\" ]", ["...W2", "....4"]),
    ],
)  # fmt: skip
def test_expressions(text, expected):
    assert MaskExpression.parse(text).mask(ATOMS.__getitem__).tolist() == mask(*expected).tolist()


KNOWN = "a mask is {everywhere}, {video_mask}, <words>, luma(low, high), depth(low, high), uncovered() or [file]"
LUMA, DEPTH = (f"{name}(low, high), with numbers from 0 to 1" for name in ("luma", "depth"))
CALLS = [
    ("luma()", LUMA),
    ("luma(0.5)", LUMA),
    ("luma(0.6, 0.5)", LUMA),
    ("depth(0, 1.5)", DEPTH),
    ("depth(-1, 1)", DEPTH),
    ("depth(nan, 1)", DEPTH),
    ("depth(a, 1)", DEPTH),
    ("uncovered(1)", "uncovered(), with numbers from 0 to 1"),
]
JOIN = "to what stands before it; write & | ^ or \\ between them"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, f"a mask is missing at the end; {KNOWN}"),
        ("[a] &", 6, f"a mask is missing at the end; {KNOWN}"),
        ("& [a]", 1, f"a mask is missing before '&'; {KNOWN}"),
        ("[a] & | [b]", 7, f"a mask is missing before '|'; {KNOWN}"),
        ("[a] & ()", 8, f"a mask is missing before ')'; {KNOWN}"),
        ("[a] [b]", 5, f"nothing joins '[b]' {JOIN}"),
        ("[a] ! [b]", 5, f"nothing joins '!' {JOIN}"),
        ("[a] ([b])", 5, f"nothing joins '(' {JOIN}"),
        ("([a] | [b]", 1, "this bracket is not closed; write ) behind its end"),
        ("[a] | [b])", 10, "this bracket closes what was never opened; remove it"),
        ("[a] | (([b])", 7, "this bracket is not closed; write ) behind its end"),
        ("[a] | <b", 7, "this bracket is not closed; write > behind its end"),
        ("!{video_mask", 2, "this bracket is not closed; write } behind its end"),
        ("[a.png & {video_mask}", 1, "this bracket is not closed; write ] behind its end"),
        ("{everywhere} \\ {vido_mask}", 16, "unknown mask '{vido_mask}'; did you mean '{video_mask}'?"),
        ("{human_mask}", 1, "unknown mask '{human_mask}'; write <person>"),
        ("{face}", 1, f"unknown mask '{{face}}'; {KNOWN}"),
        ("{everywhere} & < >", 16, "there are no words in these brackets; write what a model is to find, such as <the sky>"),
        ("[a] & [ ]", 7, "no file is named in these brackets; write the path of a picture file"),
        ("[a] + [b]", 5, f"'+' is no part of a mask expression; {KNOWN}"),
        ("[a] & luma(0.1, 1", 11, "this bracket is not closed; write ) behind its end"),
        ("[a] | lume(0.1, 1)", 7, "unknown mask 'lume(0.1, 1)'; did you mean 'luma'?"),
        *((f"[a] | {call}", 7, f"'{call}' has other bounds than it can have; write {how}") for call, how in CALLS),
        ("everywhere", 1, f"'e' is no part of a mask expression; {KNOWN}"),
        ("!" * 10_001, 1, "the mask expression is longer than 10000 characters"),
    ],
)
def test_faults_have_columns(text, column, message):
    with pytest.raises(ExpressionError) as error:
        MaskExpression.parse(text)
    assert str(error.value) == f"column {column}: {message}"
    assert error.value.column == column


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("!" * 499 + "[a]", True),
        ("!" * 500 + "[a]", False),  # masks and operators
        ("[a]" + "&[a]" * 249, True),
        ("[a]" + "&[a]" * 250, False),
        ("[a]|(" * 31 + "[a]" + ")" * 31, True),
        ("[a]|(" * 32 + "[a]" + ")" * 32, False),  # masks in memory at the same time
        ("!" * 9_997 + "[a]", False),
    ],
)
def test_an_expression_may_be_as_long_and_as_deep_as_this(text, fits):
    if fits:
        MaskExpression.parse(text)
    else:
        with pytest.raises(ExpressionError, match="the mask expression is nested too deeply"):
            MaskExpression.parse(text)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", ["(" * 4000 + "[a]" + ")" * 4000, "!" * 498 + "[a]", "[a]" + "&[a]" * 249])
def test_nothing_is_too_deep(text):
    assert np.array_equal(MaskExpression.parse(text).mask(ATOMS.__getitem__), A)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('0: ("!{video_mask} & [C:/masks/left half.png]")', "!{video_mask} & [C:/masks/left half.png]"),
        (r"0: (!({video_mask} | {everywhere})\[C:\x (1), b.png])", r"!({video_mask} | {everywhere})\[C:\x (1), b.png]"),
        ("0: [C:/a, b.png]", "[C:/a, b.png]"),
        ("[C:/a, b.png]", "[C:/a, b.png]"),
        ("0: ([half (1.png] & {everywhere})", "[half (1.png] & {everywhere}"),
        ("0: (([a]) | ([b [2], c.png]))", "([a]) | ([b [2], c.png])"),
        ("0: ([it's.png] & [bob's, x.png])", "[it's.png] & [bob's, x.png]"),
        ("0: (('[a]') | ('[b]'))", "('[a]') | ('[b]')"),
        ('0: ("[a"), 1: ("[a")', "[a"),
    ],
)
def test_schedules_keep_every_character(text, expected):
    if text.startswith("0"):
        text += ', 2: ("{everywhere}")'
    values = TextSchedule.parse(text, name="mask_schedule").values(Timeline(3))
    assert values == [expected, expected, "{everywhere}" if ", 2:" in text else expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("![ 'a' ] & {b}", "![A] & {b}"),
        ("0: ([a.png] | [b [2].png]), 3: (\"['c']\")", '0: ([A.PNG] | [B [2].PNG]), 3: ("[C]")'),
        ("{a} <b> c", "{a} <b> c"),
        ("[a", "[a"),
    ],
)
def test_only_the_paths_of_files_are_changed(text, expected):
    assert with_files(text, str.upper) == expected


def test_atoms_are_named_once_in_their_order():
    expression = MaskExpression.parse("[b] & ({video_mask} | ![a]) ^ [b] & {video_mask}")
    assert expression.atoms == (Atom("b", is_file=True), VIDEO_MASK, Atom("a", is_file=True))
