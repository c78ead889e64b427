"""Prompts over frames: keys, boxes, formulas, blending."""

import pytest

from lib_anim.errors import PromptError
from lib_anim.language.prompts import expand, melted, split_negative, with_boxes
from lib_anim.language.schedules import Timeline

FILM = Timeline(120)


def positives(prompts, n_frames=6, blend="none", **more):
    return [prompt.positives for prompt in expand(prompts, Timeline(n_frames, **more), blend)]


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ({"0": "a"}, "aaaaaa"),
        ({"0": "a", "2": "b"}, "aabbbb"),
        ({"2": "b", "0": "a"}, "aabbbb"),
        ({"3": "b"}, "bbbbbb"),
        ({"0": "a", "2+1": "b"}, "aaabbb"),
        ({"0": "a", "3.5": "b"}, "aaabbb"),
        ({" 0 ": "a", " 4 ": "b"}, "aaaabb"),
        ({"0": "a", "max_f": "b"}, "aaaaab"),
        ({"0": "a", "max_f/2": "b"}, "aabbbb"),
        ({"0": "a", "99": "b"}, "aaaaaa"),
        ({"-5": "a", "1": "b"}, "abbbbb"),
        ({"0": "a", "(max_f+1)*1/3": "b", "(max_f+1)*2/3": "c"}, "aabbcc"),
        ({"0": "a", "2": "b", "1+1": "c"}, "aacccc"),  # of two for one frame the later
    ],
)
def test_each_prompt_holds_until_the_next(prompts, expected):
    assert positives(prompts) == [((letter, 1.0),) for letter in expected]


@pytest.mark.parametrize(
    ("blend", "weights"),
    [("none", [0, 0, 0, 0, 1, 1]), ("linear", [0, 0.25, 0.5, 0.75, 1, 1]), ("smooth", [0, 0.15625, 0.5, 0.84375, 1, 1])],
)
def test_blending(blend, weights):
    found = positives({"0": "a", "4": "b"}, blend=blend)
    assert [dict(prompt).get("b", 0.0) for prompt in found] == pytest.approx(weights)
    assert [sum(weight for _, weight in prompt) for prompt in found] == pytest.approx([1.0] * 6)


def test_blending_with_keys_side_by_side_and_before_the_first():
    assert [dict(prompt) for prompt in positives({"2": "a", "3": "b", "5": "c"}, blend="linear")] == [
        *[{"a": 1.0}] * 3,
        {"b": 1.0},
        {"b": 0.5, "c": 0.5},
        {"c": 1.0},
    ]


def test_what_is_blended_in_is_worked_out_for_its_own_frames():
    """A formula counts only where its prompt does: behind its key, and before it as far as the blend reaches."""
    found = positives({"0": "a", "2": "b", "4": "x:`1/(t-1)`"}, blend="linear")
    assert [dict(prompt) for prompt in found[2:]] == [
        {"b": 1.0},
        {"b": 0.5, "x:0.5": 0.5},
        {"x:0.3333333333333333": 1.0},
        {"x:0.25": 1.0},
    ]


def test_blending_towards_a_key_beyond_the_end_unless_classic():
    assert dict(positives({"0": "a", "10": "b"}, blend="linear")[5]) == pytest.approx({"a": 0.5, "b": 0.5})
    assert positives({"0": "a", "10": "b"}, blend="linear", classic=True)[5] == (("a", 1.0),)
    assert positives({"0": "a", "6": "b"}, blend="linear", classic=True)[5] == (("a", 1.0),)
    assert dict(positives({"0": "a", "5": "b"}, blend="linear", classic=True)[4]) == pytest.approx({"a": 0.2, "b": 0.8})


def test_both_sides_blend_and_equal_texts_do_not():
    one = expand({"0": "a --neg x", "4": "b --neg x", "8": "b"}, Timeline(9), "linear")
    assert one[2].positives == (("a", 0.5), ("b", 0.5))
    assert one[2].negatives == (("x", 1.0),)
    assert one[6].positives == (("b", 1.0),)
    assert one[6].negatives == (("x", 0.5), ("", 0.5))


@pytest.mark.parametrize(
    ("prompt", "positive", "negative", "expected"),
    [
        ("cat", "", "", "cat"),
        ("cat", "photo of", "blurry", "photo of cat --neg blurry"),
        (" cat --neg dog", "", "blurry", "cat --neg dog blurry"),
        ("cat", "", "--neg blurry", "cat --neg blurry"),
        ("cat --neg dog --neg bird", "", "", "cat --neg dog bird"),
        ("photo of cat --neg dog  blurry", "photo of", "blurry", "photo of cat --neg dog  blurry"),
        ("cat --neg dog  very blurry", "", "very  blurry", "cat --neg dog  very blurry"),
        ("cat", "", " very\nblurry --neg old ", "cat --neg very blurry old"),
        ("", " photo ", "", "photo"),
    ],
)
def test_boxes(prompt, positive, negative, expected):
    once = with_boxes(prompt, positive, negative)
    assert once == expected
    assert with_boxes(once, positive, negative) == once  # a run's file already holds them


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cat", ("cat", "")),
        ("cat --neg dog", ("cat", "dog")),
        ("cat --neg dog --neg bird", ("cat", "dog bird")),
        ("--neg dog", ("", "dog")),
        ("cat--neg dog", ("cat", "dog")),
        ("x --negative y", ("x --negative y", "")),
    ],
)
def test_split_negative(text, expected):
    assert split_negative(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("`0.5+t/max_f`", "0.5588235294117647"),
        ("`max_f-t`", "112"),
        ("`exp(-t/10)`", "0.49658530379140"),
        ("`abs(sin(t/10))`", "0.644217687237691"),
        ("`sqrt(t)`", "2.6457513110645"),
        (
            "apple:`where(cos(t)>=0, cos(t), 0)`, snow --neg strawberry:`where(cos(t)<0, -cos(t), 0)`",
            "apple:0.7539022543433046, snow --neg strawberry:0",
        ),
        ("(`t`:1.2) <lora:x:`t/14`>", "(7:1.2) <lora:x:0.5>"),
        ("no formula, t", "no formula, t"),
        ("`t` and `t+0.5` and `-t`", "7 and 7.5 and -7"),
        ("`2**53-1` `2**53` `-2**53`", "9007199254740991 9007199254740992.0 -9007199254740992.0"),
    ],
)
def test_formulas_as_deforum_was_measured_at_frame_7(text, expected):
    made = expand({"3": text}, FILM)[7]
    filled = " --neg ".join(side[0][0] for side in (made.positives, made.negatives) if side[0][0])
    assert filled[: len(expected)] == expected
    assert len(filled) <= len(expected) + 4  # the last digits of exp are the library's


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ({"0": "a", "30": "sky `sn(t)`"}, "keyframe 30, column 6: unknown function 'sn'; did you mean 'sin'?"),
        ({"0": "`t` and `t+1`, `2 + tt`"}, "keyframe 0, column 21: unknown name 'tt'; did you mean 't'?"),
        (
            {"0": "`t`, ` t^2`"},
            "keyframe 0, column 8: this operator is not part of the schedule language; write ** for a power",
        ),
        ({"0": "a ` b"}, "keyframe 0, column 3: a back-tick without a partner; close the formula"),
        ({"5": "`t` a ` b"}, "keyframe 5, column 7: a back-tick without a partner; close the formula"),
        ({"0": "``"}, "keyframe 0, column 2: there is no formula here"),
        ({"middle": "b"}, "keyframe middle: unknown name 'middle'; a frame is a number such as 30"),
        ({"0": "a", " max_ff ": "b"}, "keyframe max_ff: unknown name 'max_ff'; did you mean 'max_f'?"),
        ({"0": "a `t` ` 1/(t-5) `"}, "keyframe 0, column 8: '1/(t-5)' has no finite value at frame 5"),
        (
            {"0": "a", "9": "`1/(t-30) + 1/(t-20)`"},
            "keyframe 9, column 2: '1/(t-30) + 1/(t-20)' has no finite value at frame 20",
        ),
        ({"0": "x" * 200_001}, "keyframe 0: longer than 200000 characters"),
    ],
)
def test_faults(prompts, message):
    with pytest.raises(PromptError) as error:
        expand(prompts, FILM)
    assert str(error.value) == message


def test_a_prompt_may_be_as_long_as_this():
    assert positives({"0": "x" * 200_000})[0] == (("x" * 200_000, 1.0),)


def test_words_are_the_texts_without_their_numbers():
    (prompt,) = expand({"0": "a 12 cats:1.25", "2": "(b:`t/3`)"}, Timeline(2), "linear")[1:]
    assert prompt.words == ["a  cats:", "(b:)"]


A, B = expand({"0": "a --neg x"}, Timeline(1))[0], expand({"0": "b --neg x"}, Timeline(1))[0]


@pytest.mark.parametrize(
    ("one", "other", "weight", "expected"),
    [
        (A, B, 0.25, (("a", 0.75), ("b", 0.25))),
        (A, A, 0.25, (("a", 1.0),)),
        (melted(A, B, 0.5), B, 0.5, (("a", 0.25), ("b", 0.75))),  # what both say adds up
        (A, melted(A, B, 0.5), 1.0, (("a", 0.5), ("b", 0.5))),
    ],
)
def test_two_prompts_melted(one, other, weight, expected):
    found = melted(one, other, weight)
    assert {text: share for text, share in found.positives if share} == dict(expected)
    assert found.negatives == (("x", 1.0),)


@pytest.mark.timeout(20)  # none may hang
@pytest.mark.parametrize("text", ["a" + " " * 199_000 + "b", "--neg " * 30_000, "`t`" * 1_000])
def test_absurd_texts(text):
    assert len(expand({"0": with_boxes(text, "p", "n")}, Timeline(2))) == 2


@pytest.mark.parametrize(("formulas", "frames"), [(1_001, 2), (1_000, 5_001), (60_000, 2)])
def test_more_formulas_than_can_be_evaluated(formulas, frames):
    with pytest.raises(PromptError, match=f"keyframe 0: {formulas} formulas are too many for {frames} frames; write fewer"):
        expand({"0": "`t`" * formulas}, Timeline(frames))
