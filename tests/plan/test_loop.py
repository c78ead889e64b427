"""The end of a film that closes, number by number; whole films are in tests/features/test_loop.py."""

import numpy as np
import pytest

from lib_anim.language.prompts import Prompt
from lib_anim.plan.loop import approach, closed, closed_prompts
from lib_anim.settings.settings import parse


@pytest.mark.parametrize(
    ("loop", "loop_frames", "max_frames", "expected"),
    [
        (False, 5, 20, 0),
        (True, 5, 20, 5),
        (True, 0, 20, 5),  # a quarter of the film
        (True, 0, 23, 5),
        (True, 0, 3, 1),  # one frame at least
        (True, 19, 20, 19),
        (True, 20, 20, 19),  # never frame 0
        (True, 99, 20, 19),
        (True, 0, 1, 0),
    ],
)
def test_how_many_frames_lead_back(loop, loop_frames, max_frames, expected):
    settings = parse({"loop": loop, "loop_frames": loop_frames, "max_frames": max_frames})
    assert approach(settings) == expected


SOFT = [0.15625, 0.5, 0.84375]  # 3u² - 2u³ at a quarter, a half and three quarters of the way


def test_numbers_go_over_to_those_before_frame_0():
    found = closed(np.full(5, 10.0), np.array([20.0, 30.0, 40.0]))
    assert found == pytest.approx([10, 10, 10 + SOFT[0] * 10, 10 + SOFT[1] * 20, 10 + SOFT[2] * 30])


def test_rows_of_numbers_go_over_together():
    found = closed(np.zeros((4, 2)), np.tile([1.0, -2.0], (3, 1)))
    assert found == pytest.approx(np.array([[0, 0], *([share, -2 * share] for share in SOFT)]))


def test_nothing_before_leaves_all_as_it_is():
    assert closed(np.arange(4.0), np.zeros(0)).tolist() == [0, 1, 2, 3]


def test_prompts_melt_into_the_first():
    one, other = (Prompt(((text, 1.0),), (("", 1.0),)) for text in "ab")
    first, *between, last = closed_prompts([one, other, other, other, one], 3)
    assert first.positives == (("a", 1.0),)
    assert between[0] is other
    assert [dict(prompt.positives) for prompt in between[1:]] == [
        pytest.approx({"b": 1 - share, "a": share}) for share in SOFT[:2]
    ]
    assert last.positives == (("a", 1.0),)
