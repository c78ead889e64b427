"""What can be picked for prompts: names as painters have them, and styles as WebUIs apply them."""

import json

import pytest

from lib_anim.engines.base import Palette, Style
from lib_anim.engines.catalog import PREVIEW, EngineSpec
from lib_anim.errors import BadInput
from lib_anim.page import styles

WATERCOLOUR = Style("watercolour", "watercolour of {prompt}, soft edges", "photo")
OILS = Style("oils", "oil painting", "")
ONLY_AVOIDS = Style("clean", "", "noise, {prompt}, grain")


@pytest.mark.parametrize(
    ("style", "text", "merged"),
    [
        ("oil painting", "a cat", "a cat, oil painting"),
        ("oil painting", " a cat ", "a cat, oil painting"),
        ("oil painting", "", "oil painting"),
        ("", "a cat", "a cat"),
        ("photo of {prompt}, 4k", "a cat", "photo of a cat, 4k"),
        ("{prompt} and {prompt}", "a cat", "a cat and a cat"),
        ("photo of {prompt}", "", "photo of "),
    ],
)
def test_a_style_goes_where_it_says_or_behind(style, text, merged):
    assert styles.merge(style, text) == merged


@pytest.mark.parametrize(
    ("style", "text", "laid"),
    [
        (OILS, "a cat", "a cat, oil painting"),
        (OILS, "0s a cat\n\n2.5s, a dog", "0s a cat, oil painting\n\n2.5s, a dog, oil painting"),
        (WATERCOLOUR, "0:05 a cat", "0:05 watercolour of a cat, soft edges"),
        (OILS, "a cat --neg fur\n3s a dog", "a cat, oil painting --neg fur\n3s a dog, oil painting"),
        (OILS, "0s a cat\n2s", "0s a cat, oil painting\n2s"),  # a time alone is told as a fault of its line
        (OILS, "", "oil painting"),
        (ONLY_AVOIDS, "0s a cat", "0s a cat"),
    ],
)
def test_it_lies_on_every_scene(style, text, laid):
    assert styles.apply(style, "scenes", text, "")[0] == laid


@pytest.mark.parametrize(
    ("text", "laid"),
    [
        (
            '{"0": "a \\"cat\\" --neg fur", "max_f/2": "катер"}',
            {"0": 'a "cat", oil painting --neg fur', "max_f/2": "катер, oil painting"},
        ),
        ("a cat", {"0": "a cat, oil painting"}),
    ],
)
def test_it_lies_on_every_prompt_of_a_settings_file(text, laid):
    assert json.loads(styles.apply(OILS, "prompts", text, "")[0]) == laid


@pytest.mark.parametrize(
    ("style", "avoid", "laid"),
    [
        (OILS, "text", "text"),
        (WATERCOLOUR, "text", "text, photo"),
        (WATERCOLOUR, "", "photo"),
        (ONLY_AVOIDS, "text", "noise, text, grain"),
    ],
)
def test_what_it_avoids_joins_what_is_avoided(style, avoid, laid):
    assert styles.apply(style, "scenes", "a cat", avoid)[1] == laid


@pytest.mark.parametrize(("box", "text", "words"), [("others", "", "no box 'others'"), ("prompts", "{", "not valid JSON")])
def test_what_cannot_be_is_refused(box, text, words):
    with pytest.raises(BadInput, match=words):
        styles.apply(OILS, box, text, "")


def test_names_in_the_order_of_the_alphabet_and_only_those_that_can_be_meant():
    loras = ["zen", "Ink", "a b", "x<img src=y>", "one:two", "tick`", "two\nlines", "", "Ink"]
    files = [("b", "one,\n two", None), ("-- A.CSV --", None, None), ("A", "", "bad"), ("", "words", "")]
    palette = Palette.of(loras, files)
    assert palette.loras == ("a b", "Ink", "zen")
    assert palette.styles == (Style("", "words", ""), Style("A", "", "bad"), Style("b", "one, two", ""))


def test_the_loras_of_the_folders_that_were_named(tmp_path):
    for name in ("ink.safetensors", "below/Zen.safetensors", "old.pt", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for allow_pickle, names in ((False, ("ink", "Zen")), (True, ("ink", "old", "Zen"))):
        spec = EngineSpec("diffusers", loras=(str(tmp_path),), allow_pickle=allow_pickle)
        assert spec.palette() == Palette(names)
    assert PREVIEW.palette() == Palette()
