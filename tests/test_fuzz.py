"""Random input for all readers and the renderer: whatever comes in, what comes out is a value or an error of ours.

A fixed seed, about a minute; `make fuzz` tries other inputs for longer (FUZZ=number of examples a reader).
"""

import io
import json
import math
import os
from contextlib import suppress

import numpy as np
import pytest

pytest.importorskip("hypothesis", reason="random input needs hypothesis")
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from lib_anim.engines.diffusers import prompt_syntax
from lib_anim.engines.preview import Passthrough
from lib_anim.errors import AnimError, FieldError, PictureError, SettingsError
from lib_anim.features.open import open_shot
from lib_anim.images.frame import read_picture
from lib_anim.language.expressions import Expression
from lib_anim.language.mask_expressions import MaskExpression
from lib_anim.language.prompts import expand
from lib_anim.language.schedules import Schedule, TextSchedule, Timeline
from lib_anim.media import metadata
from lib_anim.plan.parseq import applied
from lib_anim.settings.json_text import parse_json
from lib_anim.settings.settings import check_bytes, parse
from lib_anim.settings.table import FIELDS
from lib_anim.shot.reel import Reel, render
from tests.helpers import QUIET

EXAMPLES = int(os.environ.get("FUZZ", "0"))


def fuzzed(examples):
    """So many examples of a fixed seed, or FUZZ of a new one."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


def written_of(*tokens):
    """Texts of such pieces, and of any letters between them."""
    return st.lists(st.one_of(st.sampled_from(tokens), st.text(max_size=3)), max_size=12).map("".join)


FORMULAS = written_of(
    *(
        "t",
        "s",
        "max_f",
        "sin",
        "noise",
        "where",
        "rms",
        "(",
        ")",
        ",",
        "+",
        "-",
        "*",
        "/",
        "//",
        "%",
        "**",
        "<",
        "==",
        "&",
        "|",
        "~",
    ),
    *(
        "0",
        "1",
        "2.5",
        "1e308",
        "9",
        " if ",
        " else ",
        " and ",
        "not ",
        "[",
        "]",
        "'",
        '"',
        "`",
        ".",
        "lambda",
        "__import__",
        "\n",
    ),
)
SCHEDULES = written_of("0", "5", "max_f", ":", ":", ",", "(", ")", "(1)", "(t)", "'", '"', "1.5", "-", "[a,b]", " ")
PROMPTS = written_of(
    "a cat", "--neg ", "`t`", "`", "(", ":1.2)", "[a:b:0.5]", "|", "<lora:x:1>", " AND ", "BREAK", "\\", "{", "}"
)
MASKS = written_of("{everywhere}", "{video_mask}", "[a.png]", "!", "&", "|", "^", "\\", "(", ")", "<face>", " ")


@fuzzed(400)
@given(FORMULAS)
@example("-" * 500 + "1")
def test_formulas(text):
    try:
        values = Expression.parse(text).values(Timeline(5).scope(np.arange(5.0)))
    except FieldError:
        return
    assert values.dtype == np.float64
    assert values.shape in ((), (5,))


@fuzzed(400)
@given(SCHEDULES, st.booleans())
def test_schedules(text, classic):
    timeline = Timeline(7, classic=classic)
    for kind in (Schedule, TextSchedule):
        try:
            values = kind.parse(text, name="zoom").values(timeline)
        except FieldError:
            continue
        assert len(values) == 7
        assert kind is TextSchedule or np.isfinite(values).all()


@fuzzed(300)
@given(
    st.dictionaries(st.one_of(st.sampled_from(["0", "3", "max_f", "t"]), st.text(max_size=4)), PROMPTS, min_size=1, max_size=3)
)
def test_prompts(prompts):
    try:
        found = expand(prompts, Timeline(4))
    except FieldError:
        return
    assert len(found) == 4


@fuzzed(300)
@given(PROMPTS)
def test_the_syntax_of_prompts(text):
    pieces = prompt_syntax.attention(text)
    assert all(math.isfinite(weight) for _, weight in pieces)
    prompt_syntax.conjuncts(text)
    assert isinstance(prompt_syntax.at_step(text, 1, 4), str)
    prompt_syntax.without_networks(text)


@fuzzed(300)
@given(MASKS)
def test_masks(text):
    mask = np.full((2, 3), 0.25, np.float32)
    try:
        found = MaskExpression.parse(text).mask(lambda _: mask)
    except FieldError:
        return
    assert found.shape == (2, 3)
    assert ((found >= 0) & (found <= 1)).all()


@fuzzed(400)
@given(
    written_of("{", "}", "[", "]", '"a"', '"', ":", ",", "1", "-1.5e3", "true", "null", "NaN", "None", "'", "//", "\\u12", "\n")
)
def test_json(text):
    try:
        value = parse_json(text)
    except FieldError:
        return
    assert json.loads(text) == value


ODD = st.recursive(
    st.one_of(
        *(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), FORMULAS, SCHEDULES, PROMPTS),
        st.sampled_from(["1e999", "\0", "~nobody/x", "\ud800", "http://127.0.0.1:9/x", "/dev/null", "x" * 5000]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=4,
)
# what decides about the size of a film and of its work is fixed
FIXED = {"W": 16, "H": 8, "max_frames": 3, "steps": 2, "anim_version": "0", "diffusion_cadence": 1, "batch_name": "x"}
KEYS = st.sampled_from([key for key in FIELDS if key not in FIXED])


@fuzzed(250)
@given(st.dictionaries(st.one_of(KEYS, KEYS, KEYS, st.text(max_size=6)), ODD, max_size=6))
def test_settings_files(changes):
    try:
        data = json.dumps({**changes, **FIXED}).encode()
    except (ValueError, UnicodeEncodeError):
        assume(False)
    try:
        found = check_bytes(data, "film.json").sound("film.json")
        open_shot(found, allow_missing=True)
    except SettingsError as error:
        told = "".join(error.lines())
    else:
        return
    assert told.isprintable()


@fuzzed(150)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(["frame", "zoom", "seed", "deforum_prompt", "angle_delta"]), ODD, max_size=4),
        max_size=4,
    )
)
def test_manifests(rows):
    manifest = json.dumps({"rendered_frames": rows, "options": {}})
    with suppress(SettingsError):
        applied(parse({**QUIET, "parseq_manifest": manifest}))


def a_picture():
    file = io.BytesIO()
    Image.new("RGB", (9, 7), (200, 30, 10)).save(file, "PNG")
    chunk = metadata.png_chunk(json.dumps({"anim_version": "0", "W": 64}))
    data = file.getvalue()
    return data[:33] + chunk + data[33:]


@fuzzed(300)
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4), st.integers(0, 250))
def test_pictures(tmp_path_factory, flips, length):
    data = bytearray(a_picture())
    for at, value in flips:
        data[at % len(data)] = value
    data = bytes(data[: length + 30])
    path = tmp_path_factory.getbasetemp() / "fuzz.png"
    path.write_bytes(data)
    with suppress(PictureError):
        assert read_picture(path).dtype == np.uint8
    with suppress(AnimError):
        metadata.read(data, "x.png")


NUMBERS = [key for key, field in FIELDS.items() if field.kind == "schedule" and not field.unbuilt and key not in FIXED]
LOOKS = {
    "animation_mode": ["2D", "3D", "None"],
    "border": ["replicate", "wrap"],
    "color_coherence": ["None", "LAB", "HSV", "RGB"],
    "optical_flow_cadence": ["None", "DIS Medium", "DIS Fast", "Farneback"],
    "noise_type": ["perlin", "uniform", "detail"],
    "mirror": list(FIELDS["mirror"].choices),
    "loop": [False, True],
    "diffusion_cadence": [1, 2],
    "enable_perspective_flip": [False, True],
    "shake_name": ["None", "Walking"],
}


@fuzzed(120)
@given(
    st.dictionaries(st.sampled_from(NUMBERS), st.one_of(st.floats(-3, 3), st.floats(-1e9, 1e9)), max_size=8),
    st.fixed_dictionaries({}, optional={key: st.sampled_from(values) for key, values in LOOKS.items()}),
    st.sampled_from([(16, 8), (8, 24), (64, 8)]),
)
def test_the_renderer(numbers, choices, size):
    changes = {**{key: f"0:({value!r})" for key, value in numbers.items()}, **choices}
    try:
        made = open_shot(parse({**QUIET, **FIXED, **changes, "W": size[0], "H": size[1]}), allow_missing=True)
    except SettingsError:
        return
    frames = [rendered.frame for rendered in render(Reel(made), Passthrough())]
    assert [frame.shape for frame in frames] == [(size[1], size[0], 3)] * 3
