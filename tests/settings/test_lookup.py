"""Values as the types that they have: of settings, and of one row of a plan."""

from contextlib import suppress

import numpy as np
import pytest

from lib_anim.plan.plan import make_plan
from tests.helpers import settings

KINDS = ("number", "integer", "switch", "text")
OF_SETTINGS = [
    ("W", 512, {"number", "integer"}),
    ("fps", 12.5, {"number"}),
    ("loop", True, {"switch"}),
    ("border", "wrap", {"text"}),
    ("batch_name", "film", {"text"}),
    ("init_image", "", {"text"}),
    ("zoom", "0:(1.5)", {"text"}),
    ("mask_schedule", "0:({everywhere})", {"text"}),
    ("prompts", {"0": "a"}, set()),
]
OF_A_ROW = [
    ("zoom", 1.5, {"number"}),
    ("mask_schedule", "{everywhere}", {"text"}),
    ("seed", 7, {"number", "integer"}),
    ("border", "wrap", {"text"}),
    ("prompts", None, set()),
]
GIVEN = {key: value for key, value, _ in OF_SETTINGS} | {"seed": 7, "seed_behavior": "fixed"}


def told(values, key):
    """What each accessor says of a key, where it says something."""
    found = {}
    for kind in KINDS:
        with suppress(TypeError):
            found[kind] = getattr(values, kind)(key)
    return found


@pytest.mark.parametrize(("key", "value", "kinds"), OF_SETTINGS)
def test_settings_have_types(key, value, kinds):
    assert told(settings(**GIVEN), key) == dict.fromkeys(kinds, value)


@pytest.mark.parametrize(("key", "value", "kinds"), OF_A_ROW)
def test_rows_of_a_plan_have_types(key, value, kinds):
    assert told(make_plan(settings(**GIVEN))[3], key) == dict.fromkeys(kinds, value)


def test_numbers_of_a_plan_are_python_s():
    row = make_plan(settings(**GIVEN))[3]
    assert type(row["zoom"]) is np.float64
    assert type(row.number("zoom")) is float


def test_a_wrong_type_is_a_mistake_that_is_named():
    with pytest.raises(TypeError, match=r"^border is 'wrap', not a number$"):
        settings(**GIVEN).number("border")
    with pytest.raises(KeyError, match="zom"):
        make_plan(settings(**GIVEN))[3].number("zom")
