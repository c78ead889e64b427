"""Sentences as data: the text, its values, and what is made of them."""

import copy
import pickle

import pytest

from lib_anim.errors import FieldError, ModelError, Problem, Waiver
from lib_anim.messages import Message, Place, as_data, from_data, of_error

TEXTS = [
    (Message("{n} of {m} frames", n=3, m=12.0), "3 of 12 frames"),
    (Message("{name} and {other}", name="a"), "a and {other}"),
    (Message('write {"0": "{text}"}', text="{name}", name="no"), 'write {"0": "{name}"}'),  # a value is not filled in again
    (Message("{path}: {said}", path="x", said=OSError(13, "Permission denied")), "x: Permission denied"),
    (Message("{path}", path="two\nlines\x1b[31m"), "two lines [31m"),
    (Message("{said}", said=ModelError(Message("no {what}", what="model"))), "no model"),
]


@pytest.mark.parametrize(("message", "told"), TEXTS)
def test_a_message_is_its_sentence(message, told):
    assert message == told
    assert isinstance(message, str)


DATA = [
    ("plain", {"text": "plain", "values": {}}),
    (Message("{n} s", n=1.5), {"text": "{n} s", "values": {"n": "1.5"}}),
    (Message("{n}", n=7), {"text": "{n}", "values": {"n": 7}}),
    (
        Message("{said}!", said=Message("no {what}", what="room")),
        {"text": "{said}!", "values": {"said": {"text": "no {what}", "values": {"what": "room"}}}},
    ),
]


@pytest.mark.parametrize(("message", "data"), DATA)
def test_as_data(message, data):
    assert as_data(message) == data
    assert as_data(from_data(data)) == data


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_copy_is_a_message(again):
    message = Message("{n} s", n=2)
    assert as_data(again(message)) == as_data(message)


def test_an_error_keeps_its_message():
    error = ModelError(Message("no {what}", what="model"))
    assert str(error) == "no model"
    assert as_data(of_error(error))["text"] == "no {what}"
    assert of_error(ValueError("other", 3)) == "('other', 3)"
    assert of_error(KeyError()) == ""


PLACES = [
    (Place(), ""),
    (Place(keyframe="30", column=7), "keyframe 30, column 7"),
    (Place(line=2, column=5), "line 2, column 5"),
    (Place(frame=0, within="zoom_delta"), "frame 0, zoom_delta"),
]


@pytest.mark.parametrize(("place", "told"), PLACES)
def test_a_place_from_the_outside_in(place, told):
    assert str(place) == told


def test_a_problem_of_a_field():
    error = FieldError(Message("{n} is too much", n=9), "take less", Place(column=3))
    assert str(error) == "column 3: 9 is too much; take less"
    assert error.of("zoom") == Problem("zoom", "9 is too much", "take less", Place(column=3))


def test_waivers_are_flags_behind_the_remedy():
    problem = Problem("zoom", "no", "write 1", waivers=(Waiver.FETCH, Waiver.ALLOW_MISSING))
    assert str(problem) == "zoom: no; write 1, or allow it: --fetch, or go on without it: --allow-missing"
