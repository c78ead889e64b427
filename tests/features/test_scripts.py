"""Arguments of a WebUI's always-on scripts: by their names, or told to be wrong."""

import json

import pytest

from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.engines.scripts import Script
from lib_anim.errors import SettingsError
from lib_anim.features.open import make_shot
from lib_anim.messages import Message
from lib_anim.plan.plan import make_plan
from lib_anim.shot.steps import Tools
from tests.helpers import settings, shot

ACTS = Message("{name} acts anyway", name="ControlNet")
WEBUI = Capabilities(
    words=frozenset({"alwayson_scripts"}),
    scripts=(
        Script("ADetailer", (("Enable ADetailer", "script_ad_enable"), ("Skip img2img", ""), ("", ""))),
        Script("Twins", (("Weight", "first"), ("weight", "second"), ("2", ""))),
        Script("ControlNet", (("", "unit"),), remark=ACTS),
        Script("Saver", (("Folder", ""),), allowed=False),
    ),
)


def film(value, **changes):
    return shot(Tools(WEBUI), max_frames=1, alwayson_scripts=value, **changes)


def requested(value):
    [step] = dict(film(value).features)["scripts"].ask
    return step(SampleRequest(0, (64, 48)), None, film(value).plan[0]).scripts


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ({"ADetailer": {"Enable ADetailer": True}}, {"ADetailer": {"Enable ADetailer": True}}),
        ({" adetailer ": {" SCRIPT_ad_enable ": 1}}, {"ADetailer": {" SCRIPT_ad_enable ": 1}}),
        ({"ADetailer": {"3": {"ad_model": "x.pt"}}}, {"ADetailer": {"3": {"ad_model": "x.pt"}}}),
        ({"ADetailer": {"args": [True, False]}}, {"ADetailer": {"1": True, "2": False}}),
        ({"ADetailer": [True]}, {"ADetailer": {"1": True}}),
        ({"Twins": {"first": 1, "2": 3}}, {"Twins": {"first": 1, "2": 3}}),
        ('{"ADetailer": {}}', {"ADetailer": {}}),
    ],
)
def test_what_is_asked_of_the_engine(value, meant):
    assert requested(value) == meant


@pytest.mark.parametrize(
    ("names", "place"),
    [("script_ad_enable", [0]), ("skip IMG2IMG", [1]), ("3", [2]), ("1", [0]), ("0", []), ("4", []), ("", []), ("-1", [])],
)
def test_an_argument_has_a_place(names, place):
    assert WEBUI.scripts[0].places(names) == place


def test_a_label_that_is_a_number_goes_before_the_number():
    assert WEBUI.scripts[1].places("2") == [2]
    assert WEBUI.scripts[1].places("Weight") == [0, 1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"ADetaler": {}}, "the WebUI has no always-on script 'ADetaler'; did you mean 'ADetailer'?"),
        ({"Zoom": {}}, "the WebUI has no always-on script 'Zoom'; there is ADetailer, Twins, ControlNet"),
        ({"saver": {"Folder": "/"}}, "Saver may not act on films; name it in Settings > Anim"),
        ({"ADetailer": {"Enable": True}}, "ADetailer has no argument 'Enable'; did you mean 'Enable ADetailer'?"),
        ({"ADetailer": {"xyz": 1}}, "ADetailer has no argument 'xyz'; there is Enable ADetailer, Skip img2img, 3"),
        ({"ADetailer": [1, 2, 3, 4]}, "ADetailer has no argument '4'; there is Enable ADetailer, Skip img2img, 3"),
        ({"Twins": {"weight": 1}}, "'weight' names several arguments of Twins; write the number of one: 1, 2"),
        ({"ADetailer": True}, "the arguments of 'ADetailer' are not an object"),
        ([1], "not an object"),
        ("{'a'}", "single quotes"),
    ],
)
def test_what_is_wrong_is_said_with_the_nearest_name(value, said):
    with pytest.raises(SettingsError) as error:
        film(value)
    [problem] = error.value.problems
    assert problem.key == "alwayson_scripts"
    assert said in str(problem)


def test_which_scripts_act_is_said_at_the_start():
    notes = film({"ADetailer": {"1": True}}).notes
    assert [note.values["name"] for note in notes] == ["ADetailer", "ControlNet"]
    assert notes[1] == ACTS
    assert film({"ControlNet": {}}).notes[0].text.startswith("{name} acts on every painted picture, with the film's own")
    assert list(film("").notes) == [ACTS]
    assert dict(film("").features)["scripts"].ask == ()


def test_an_engine_without_scripts_says_so_and_a_film_can_be_made_without_them():
    plan = make_plan(settings(alwayson_scripts={"ADetailer": {}}))
    with pytest.raises(SettingsError, match="scripts of a WebUI: this engine cannot do that; write alwayson_scripts"):
        make_shot(plan)
    assert "scripts" not in dict(make_shot(plan, allow_missing=True).features)


def test_a_file_holds_them_as_an_object():
    value = {"ADetailer": {"1": True}}
    assert json.loads(settings(alwayson_scripts=value)["alwayson_scripts"]) == value
