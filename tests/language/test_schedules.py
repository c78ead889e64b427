"""Schedules against the measured behaviour of Deforum's parser (11 frames, start seed 42), and what is new."""

import numpy as np
import pytest

from lib_anim.errors import ScheduleError
from lib_anim.language.schedules import Schedule, TextSchedule, Timeline

LINE = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]


def values(text, n_frames=11, *, classic=False, seed=42):
    timeline = Timeline(n_frames, seed=seed, classic=classic)
    return Schedule.parse(text, name="zoom").values(timeline).tolist()


MEASURED = [
    ("0:(0), 10:(10)", LINE),
    ("0:(0), 20:(10)", [0] * 11),
    ("0:(0), 5:(10)", [0, 2, 4, 6, 8, 10, 10, 10, 10, 10, 10]),
    ("5:(1), 0:(0)", [0, 0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 1, 1]),
    ("0:(0), 0:(5)", [5] * 11),
    ("-3:(1), 0:(0)", [0] * 11),
    ("0:(t)", LINE),
    ("0:(t),5:(0)", [0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0]),
    ("0:(0),5:(t)", LINE),
    ("0:(0),5:(t),8:(1)", [0, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1]),
    ("0:5, 10:10", [5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]),
    ("0: 5 , 10 : 10", [5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]),
    ("0:( 5 ),10:(10)", [5] * 10 + [10]),
    ("0:(5.), 10:(10)", [5] * 10 + [10]),
    ("0:(1e1), 10:(20)", [10] * 10 + [20]),
    ("'0':(5), '10':('7')", [5, 5.2, 5.4, 5.6, 5.8, 6, 6.2, 6.4, 6.6, 6.8, 7]),
    ("0:(5))", [5] * 11),
    ("0:((5)", [5] * 11),
    ("0:(0), max_f/2:(5), max_f:(1)", [0, 1, 2, 3, 4, 5, 4.2, 3.4, 2.6, 1.8, 1]),
    ('0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)', [42, *[-1] * 8, 42, 42]),
    ("0:(t%5)", [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0]),
    ("0:(t**2)", [t * t for t in range(11)]),
    ("0:(sqrt(t))", [t**0.5 for t in range(11)]),
    ("0:(t>5)", [0] * 6 + [1] * 5),
    ("0:((t>3)*5)", [0] * 4 + [5] * 7),
    ("0:(True)", [1] * 11),
    ("0:(0x10)", [16] * 11),
]


@pytest.mark.parametrize(("text", "expected"), MEASURED)
def test_classic_is_what_deforum_was_measured_to_do(text, expected):
    assert values(text, classic=True) == pytest.approx(expected)


@pytest.mark.parametrize(("text", "expected"), [row for row in MEASURED if row[0] != "0:(0), 20:(10)"])
def test_without_classic_the_rest_is_the_same(text, expected):
    assert values(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "n_frames", "expected"),
    [
        ('0:(s), 1:(-1), "max_f-2":(-1), "max_f-1":(s)', 5, [1, -1, -1, 1, 1]),
        ("0:(0), 10:(10)", 1, [0]),
        ("0:(0),1:(5)", 2, [0, 5]),
    ],
)
def test_measured_with_other_lengths(text, n_frames, expected):
    assert values(text, n_frames, classic=True, seed=1) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:(0), 20:(10)", [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5]),  # a key beyond the end is the end of a ramp
        ("-10:(0), 10:(10)", [5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5, 10]),
        ("0:(0), 20:(t)", LINE),
        ("0:(0), -1000000000:(t)", [0] * 11),
        ("5:(10)", [10] * 11),  # no frame 0: the first key reaches back
        ("15:(3)", [3] * 11),
        ("0:(where(t<5,1,2))", [1] * 5 + [2] * 6),
        ("0:(max(min(t, 3), 1)), 6:(0)", [1, 1, 2, 3, 3, 3, 0, 0, 0, 0, 0]),
        ("0:(1),", [1] * 11),
        ("0:(0), 2.7:(5)", [0, 2.5, 5, 5, 5, 5, 5, 5, 5, 5, 5]),
        ("0:(pi)", [np.pi] * 11),
        ("0.65", [0.65] * 11),
        ("t*2", [2 * t for t in range(11)]),
        ("0:((5), 10:(7)", [5, 5.2, 5.4, 5.6, 5.8, 6, 6.2, 6.4, 6.6, 6.8, 7]),
        ("(0): (2)", [2] * 11),
        ("0:\n(1),\n10:\n(11)", [1 + t for t in range(11)]),
        ("0:(sec*fps)", LINE),
        ("0:(i)", LINE),
        ("0:(fps)", [15] * 11),
        ("0:((((((t))))))", LINE),
        ("0:\"'(t)'\"", LINE),
        ("0:((t)+(1))", [t + 1 for t in range(11)]),
        ("0:(max((t)*(1), 2))", [2, 2, *range(2, 11)]),
        ("0:(+5), 1:(.5)", [5] + [0.5] * 10),
        ("0:('5)", [5] * 11),
        ("0:5), 2:(6)", [5, 5.5] + [6] * 9),
        ("3:(1),0:(t)", [0, 1, 2] + [1] * 8),
        ("0:(1), -3:(t)", [1] * 11),
        ("-4:(t), 4:(0)", [0, 1, 2, 3] + [0] * 7),
        ("8:(t)", [8] * 8 + [8, 9, 10]),
        ("0:0, '1+1':(4)", [0, 2] + [4] * 9),
        ("0:8,1.9:4,3:0", [8, 4, 2] + [0] * 8),
        ("-2.9:(9), 0:0, -2:(4)", [0] * 11),
        ("2147483647:(1)", [1] * 11),
    ],
)
def test_what_is_new(text, expected):
    assert values(text) == pytest.approx(expected)


WRITE = "write frame:(value)"
AWAY = "keep divisors away from 0 and roots and logs above it"


@pytest.mark.parametrize("classic", [False, True])
@pytest.mark.parametrize(
    ("text", "keyframe", "column", "message"),
    [
        ("", "", 1, "the schedule is empty; write 0:(1)"),
        (" \n ", "", 1, "the schedule is empty; write 0:(1)"),
        (":", "", 1, f"no frame stands before ':'; {WRITE}"),
        ("0:(1), :(2)", "", 8, f"no frame stands before ':'; {WRITE}"),
        ("0:(1) 5:(2)", "0", 8, "a second ':'; is a comma missing before this keyframe?"),
        ("7:(0),\n 0:(1)\n 5:(2)", "0", 17, "a second ':'; is a comma missing before this keyframe?"),
        ("0(1)", "0", 1, "only a function's name can stand before '('; is a '*' or a ':' missing?"),
        ("0:(5)(3)", "0", 3, "only a function's name can stand before '('; is a '*' or a ':' missing?"),
        ("0:()", "0", 3, f"no value; {WRITE}"),
        ("0:(1), 4: ('')", "4", 11, f"no value; {WRITE}"),
        ("0:(None)", "0", 4, "None is not a number"),
        ("0:(nan)", "0", 4, "unknown name 'nan'; did you mean 'tan'?"),
        ("0:(+)", "0", 4, "cannot read '+'"),
        ("0:(t^2)", "0", 4, "this operator is not part of the schedule language; write ** for a power"),
        ("0:(t/0)", "0", 4, f"'t/0' is not a number at frame 0; {AWAY}"),
        ("0:(1/0)", "0", 4, f"'1/0' is infinite at frame 0; {AWAY}"),
        ("0:( 1/(t-7) )", "0", 4, f"'1/(t-7)' is infinite at frame 7; {AWAY}"),
        ("0:(1), 5:(sqrt(7-t))", "5", 11, f"'sqrt(7-t)' is not a number at frame 8; {AWAY}"),
        (f"0:({'9' * 400})", "0", 4, f"'{'9' * 400}' is infinite at frame 0; {AWAY}"),
        ("0:(0), 6:(cs(t))", "6", 11, "unknown function 'cs'; did you mean 'cos'?"),
        ("0:(sin(t) + cs(t))", "0", 13, "unknown function 'cs'; did you mean 'cos'?"),
        ('  3: "( cs(t) )"', "3", 9, "unknown function 'cs'; did you mean 'cos'?"),
        ("  cs(t)", "0", 3, "unknown function 'cs'; did you mean 'cos'?"),
        ("0:(1),,5:(2)", "", 7, "nothing stands before this comma; remove it"),
        (" , 0:(1)", "", 2, "nothing stands before this comma; remove it"),
        ("0:(1), x:(2)", "x", 8, "unknown name 'x'; a frame is a number such as 30"),
        ("0:(1), 'x':(2)", "'x'", 9, "unknown name 'x'; a frame is a number such as 30"),
        ("0:(1), middle:(2)", "middle", 8, "unknown name 'middle'; a frame is a number such as 30"),
        ("0:(1), (2*x):(3)", "(2*x)", 11, "unknown name 'x'; a frame is a number such as 30"),
        ("0:(1), 5", "", 8, f"'5' has no frame; {WRITE}"),
        (f"0:(1),   {'5' * 50} ", "", 10, f"'{'5' * 40}' has no frame; {WRITE}"),
        ("0:(1), 2147483648:(1)", "2147483648", 8, "this is no frame number"),
        ("-2147483648:(1)", "-2147483648", 1, "this is no frame number"),
        ("0/0:(1)", "0/0", 1, "this is no frame number"),
        ("²:(1)", "²", 1, "cannot read '²'; a frame is a number such as 30"),
    ],
)
def test_faults_name_keyframe_and_column(text, keyframe, column, message, classic):
    with pytest.raises(ScheduleError) as error:
        values(text, classic=classic)
    place = f"keyframe {keyframe}, column {column}" if keyframe else f"column {column}"
    assert str(error.value) == f"{place}: {message}"
    assert (error.value.name, error.value.keyframe, error.value.column) == ("zoom", keyframe, column)


def test_faults_of_texts_name_their_setting():
    for text in ("0: ()", "x: (a)"):
        with pytest.raises(ScheduleError) as error:
            TextSchedule.parse(text, name="sampler_schedule").values(Timeline(5))
        assert error.value.name == "sampler_schedule"


def test_a_schedule_may_be_as_long_as_this():
    assert values("0:(1)" + " " * 3_999_995) == [1] * 11
    with pytest.raises(ScheduleError) as error:
        values("0:(1)" + " " * 3_999_996)
    assert str(error.value) == "longer than 4000000 characters"
    assert (error.value.name, error.value.keyframe, error.value.column) == ("zoom", "", 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0:(5), 4:(9)", [5, 5, 5]),
        ("0:(t), 4:(9)", [-3, -2, -1]),  # a formula goes on backwards
        ("0:(1), -8:(t)", [1, 1, 1]),  # the one that holds at frame 0
        ("0:(5), 1:(t)", [5, 5, 5]),
        ("-8:(t), 4:(9)", [-3, -2, -1]),
        ("4:(t)", [4, 4, 4]),
        ("0:(sqrt(t+2))", [2**0.5] * 3),  # it has no value at frame -3
        ("0:(sec*30 + s)", [36, 38, 40]),
    ],
)
def test_before_the_first_frame(text, expected):
    assert Schedule.parse(text, name="zoom").before(Timeline(11, seed=42), 3).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-5:(1), 5:(11), 99:(0)", [11] * 11),
        ("0:(t), 11:(5)", LINE),
        ("0:(5), 11:(16)", [5] * 11),
        ("99:(3)", [3] * 11),  # if none is inside, those outside count
        ("0:0, 10:(10)", LINE),
    ],
)
def test_classic_does_not_see_keys_outside(text, expected):
    assert values(text, classic=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('0: ("Euler a"), 3: ("DDIM")', ["Euler a"] * 3 + ["DDIM"] * 2),
        ("0: (Euler a), 3: DDIM", ["Euler a"] * 3 + ["DDIM"] * 2),
        ("Euler a", ["Euler a"] * 5),
        ('0: ("DPM++ 2M (test), x:1"), 4: ("a, b")', ["DPM++ 2M (test), x:1"] * 4 + ["a, b"]),
        ('0: ("C:/x.png")', ["C:/x.png"] * 5),
        ("0: (bob's model), 2: (anna's)", ["bob's model"] * 2 + ["anna's"] * 3),
        ('3: ("x")', ["x"] * 5),
        ('0: ("5")', ["5"] * 5),
        ('0: ("{video_mask}"), max_f: (end)', ["{video_mask}"] * 4 + ["end"]),
        ('0: ((((((("x")))))))', ["x"] * 5),
        ("0: ((((((x))))))", ["((x))"] * 5),
        (" (Euler a) ", ["Euler a"] * 5),
        ("-5: (a), 2: (b), 99: (c)", ["a"] * 2 + ["b"] * 3),
        ("-5: (a), 0: (b)", ["b"] * 5),
        ('0: ("a\nb")', ["a\nb"] * 5),
        ("0: ('it\"s'), 1: (\"b's\")", ['it"s'] + ["b's"] * 4),
        ("0: \"a, b\", 1: 'c: d'", ["a, b"] + ["c: d"] * 4),
        ("0: (a, b), 1: (c)", ["a, b"] + ["c"] * 4),
        ("0: [a, b], 1: [c:d [e], f]", ["[a, b]"] + ["[c:d [e], f]"] * 4),
        ('0: ("a" b)', ['"a" b'] * 5),
        ("0: (' a ')", ["a"] * 5),
        ("0: 'a', 1: 'b", ["a"] + ["'b"] * 4),
    ],
)
def test_texts(text, expected):
    assert TextSchedule.parse(text, name="sampler_schedule").values(Timeline(5)) == expected


def test_signals_are_names_and_are_asked_for_the_frames_where_they_stand():
    def beat(frames):
        asked.append(frames.tolist())
        return frames % 2

    asked = []
    timeline = Timeline(4, signals={"beat": beat, "band": lambda frames, low, high: frames * 0 + high - low})
    assert Schedule.parse("0:(1 + beat), 3:(band(20, 5*10))", name="zoom").values(timeline).tolist() == [1, 2, 1, 30]
    assert asked == [[0, 1, 2]]


@pytest.mark.once
@pytest.mark.timeout(60)  # in proportion it takes a second; with the square of the length, hours
@pytest.mark.parametrize("value", ["{}", "t*0 + {}"])
def test_a_hundred_thousand_keys_are_fine(value):
    text = ", ".join(f"{k}:({value.format(k % 7)})" for k in range(100_000))
    assert len(text) > 1_000_000
    assert values(text, 100_000) == [k % 7 for k in range(100_000)]


@pytest.mark.timeout(20)  # none may hang
@pytest.mark.parametrize(
    "text",
    [
        "'" * 10**6,
        "(" * 10**6,
        "," * 10**6,
        "0:" * 500_000,
        "0:'" * 300_000,
        "\"'" * 500_000,
        "0:(" * 300_000,
        "(1" * 10**5,
        "[" * 10**6,
        "[a" * 10**6,
    ],
)
def test_absurd_texts_are_refused(text):
    with pytest.raises(ScheduleError):
        values(text)
