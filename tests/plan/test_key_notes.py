"""What is said of keyframes that come after the end, and of brackets that are not closed."""

import pytest

from lib_anim.plan.plan import make_plan
from tests.helpers import settings

# settings of a film of 20 frames, the notes
NOTES = [
    ({"zoom": "0:(1), 40:(2)"}, ["zoom: keyframe 40 comes after the last frame, 19"]),
    ({"zoom": "0:(1), 20:(2), 30:(1), 40:(2), 50:(3)"}, ["zoom: keyframe 20, 30, 40, … comes after the last frame, 19"]),
    ({"zoom": "0:(1), 19:(2)"}, []),
    ({"zoom": "0:(1), max_f:(2)"}, []),
    ({"zoom": "0:(1), max_f+1:(2)"}, ["zoom: keyframe max_f+1 comes after the last frame, 19"]),
    ({"prompts": {"0": "a", "60": "b"}}, ["prompts: keyframe 60 comes after the last frame, 19"]),
    ({"translation_z": "0:(1), 40:(2)"}, []),  # no effect in 2D
    ({"zoom": "0:(1"}, ["zoom: a bracket is not closed; it is read as if there were none"]),
    ({"zoom": "0:((1), 5:(2)"}, ["zoom: a bracket is not closed; it is read as if there were none"]),
    ({"zoom": "0: 0: (1.5)"}, []),
]


@pytest.mark.parametrize(("changes", "notes"), NOTES)
def test_notes_on_keyframes(changes, notes):
    made = make_plan(settings(animation_mode="2D", max_frames=20, **changes))
    assert [note for note in made.notes if "keyframe" in note or "bracket" in note] == notes


def test_a_key_that_is_written_twice_counts_once():
    assert make_plan(settings(max_frames=3, zoom="0: 0: (1.5)")).numbers["zoom"].tolist() == [1.5] * 3
