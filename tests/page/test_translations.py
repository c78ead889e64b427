"""What the page says in Russian and Chinese: all of its form, and all that the program tells it in English."""

import ast
import errno
import inspect
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from lib_anim import errors
from lib_anim.engines.base import Capabilities
from lib_anim.engines.catalog import EngineSpec
from lib_anim.engines.preview import Preview
from lib_anim.engines.webui.job_fields import OPTIONAL_FIELDS
from lib_anim.errors import SettingsError
from lib_anim.features.request.option_schedules import OPTIONS
from lib_anim.language.functions import FUNCTIONS
from lib_anim.page import assets, document, fields
from lib_anim.page.forms import Form
from lib_anim.page.service import Service, as_data
from lib_anim.settings.table import FIELDS
from tests.features import test_features
from tests.helpers import QUIET
from tests.language import test_expressions, test_prompts, test_schedules
from tests.page import test_essentials
from tests.plan import test_parseq
from tests.settings import test_settings

LANGUAGES = [language for language in document.LANGUAGES if language != "en"]
PACKAGE = Path(fields.__file__).parents[1]

# what only a command line says
ELSEWHERE = (
    *("cli/*", "report.py", "plot.py", "resources.py", "page/server.py", "page/access.py", "page/document.py"),
    *("hosts/run_now.py", "hosts/standalone.py"),
)

ALL = Capabilities(words=frozenset({*OPTIONAL_FIELDS, *(one.name for one in OPTIONS), "soft_mask"}))

# choices that are names in every language
NAMES = (
    *("2D", "3D", "HSV", "LAB", "RGB", "RAFT", "DIS Medium", "DIS Fine", "DIS Fast", "Farneback"),
    *FIELDS["ffmpeg_preset"].choices,
)


def entry(words, word, key):
    """The entry that `anim.word` finds."""
    return words.get(f"{word} ({key})") or words.get(word)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("capabilities", [Preview.capabilities, ALL])
def test_all_of_the_form_is_translated(language, capabilities):
    words = document.words(language)
    groups = fields.describe(capabilities)
    shown = [field for group in groups for field in group["fields"]]
    said = {group["name"]: words.get(group["name"]) for group in groups}
    said |= {field["help"]: words.get(field["help"]) for field in shown if field["help"]}
    said |= {(field["key"], field["label"]): entry(words, field["label"], field["key"]) for field in shown}
    choices = [(field["key"], choice) for field in shown for choice in field.get("choices", ()) if choice not in NAMES]
    said |= {(key, choice): words.get(f"{choice} ({key})") for key, choice in choices}
    assert [text for text, translated in said.items() if not translated] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_blanks_are_the_same_in_a_text_and_its_translation(language):
    def blanks(text):
        return sorted(re.findall(r"\{\w+\}", text))

    assert [text for text, translated in document.words(language).items() if blanks(text) != blanks(translated)] == []


def test_the_languages_have_the_same_entries():
    first, *others = (set(document.words(language)) for language in LANGUAGES)
    assert all(other == first for other in others)


# -- what the program says -----------------------------------------------------------------------------------------------

SCRIPT = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
globalThis.window = { localization: given.words };
const { tell } = await import(given.module);
process.stdout.write(JSON.stringify(given.texts.map((text) => tell(text))));
"""
PROPER = (
    "anim run pip install ffmpeg diffusers preview refiner inpainting textual inversion duration true false inf lambda "
    "listcomp await fix middle nothing stepz onnxruntime"
).split()
node = pytest.mark.skipif(not shutil.which("node"), reason="the page's own script is run by node")


def tell(language, texts):
    """`tell` of each text: text -> what the page shows."""
    module = assets.files()["page/words.mjs"].as_uri()
    given = json.dumps({"words": document.words(language), "module": module, "texts": list(texts)})
    command = ["node", "--input-type=module", "-e", SCRIPT]
    done = subprocess.run(command, input=given, capture_output=True, encoding="utf-8", check=True)
    return dict(zip(texts, json.loads(done.stdout), strict=True))


def english(text):
    """The English words in a text, without what is quoted and what is a name in every language."""
    plain = re.sub(r"'[^']*'|\"[^\"]*\"|“[^”]*”|«[^»]*»|`[^`]*`|\{.*\}|<.*?>|\w+\(.*?\)|\S*[/\\_:.=-]\S*", " ", text)
    return [word for word in re.findall(r"\b[a-z]{3,}\b", plain) if word not in {*FIELDS, *FUNCTIONS, *PROPER}]


def untold(texts):
    """(language, text, as the page shows it) of the texts that stay English, wholly or in part."""
    texts = list(dict.fromkeys(text for text in texts if text))
    return [(language, text, one) for language in LANGUAGES for text, one in tell(language, texts).items() if english(one)]


# text, Russian, Chinese
TOLD = [
    ("unknown name 'ps'", "неизвестное имя «ps»", "未知的名称“ps”"),
    ("keyframe 30, column 7", "ключ 30, столбец 7", "关键帧 30，第 7 列"),
    ("'1/(t-7)' is infinite at frame 7", "«1/(t-7)» в кадре 7: бесконечность", "“1/(t-7)”在第 7 帧：无穷大"),
    ('there is no "wrp"', 'нет такого: "wrp"', '没有 "wrp"'),
    ("there is no sampler 'Eulr'", "сэмплер «Eulr» не найден", "没有采样器“Eulr”"),
    ("/{n}: cannot be written: Permission denied", "/{n}: запись не удалась: нет прав доступа", "/{n}：无法写入：没有权限"),
    ("write frame:(value)", "напишите кадр:(значение)", "请写 帧:(值)"),
    ("what stands in no dictionary", *["what stands in no dictionary"] * 2),
    ("a lot of frames", *["a lot of frames"] * 2),  # "{n} frames" takes a number
    ("constructor", *["constructor"] * 2),
]


@node
@pytest.mark.parametrize("column", [1, 2])
def test_the_entry_that_fits_best_counts(column):
    expected = {row[0]: row[column] for row in TOLD}
    assert tell(("ru", "zh_CN")[column - 1], list(expected)) == expected


def rows(test):
    """The longest table that a test is run with."""
    return max((mark.args[1] for mark in test.pytestmark if mark.name == "parametrize"), key=len)


BAD = [
    *(given for given, _ in rows(test_settings.test_refusals_name_file_key_reason_and_remedy)),
    *({"zoom": text} for text, *_ in rows(test_schedules.test_faults_name_keyframe_and_column)),
    *({"zoom": f"0:({text})"} for text, *_ in rows(test_expressions.test_faults_name_the_column)),
    *({"zoom": f"0:({text})"} for text in test_expressions.MUSEUM),
    *({"prompts": prompts} for prompts, _ in rows(test_prompts.test_faults)),
    *({"parseq_manifest": text} for text, _ in rows(test_parseq.test_a_broken_manifest_is_told_by_check) if text[0] == "{"),
    {"parseq_manifest": "nowhere.json"},
    *({"animation_mode": "3D", **changes} for changes, _ in rows(test_features.test_cameras_that_cannot_be)),
    *({"animation_mode": "3D", **changes} for changes, _ in rows(test_features.test_remarks_in_3d)),
    *(changes for changes, _ in rows(test_features.test_remarks_in_2d)),
    *({one.key: True if one.kind == "switch" else "x", "seed_resize_from_h": 8} for one in FIELDS.values() if one.unbuilt),
    {"prompts": '{"0": "a",}'},
    {"strength_schedule": "0:(1)", "steps_schedule": "0:(0)"},
    {"W": 100},
    {"W": 9000, "use_init": True, "init_image": "picture-0.png", "add_soundtrack": "File", "soundtrack_path": "x"},
    {"use_init": True, "add_soundtrack": "File"},
    {"sampler": "Eulr", "scheduler": "Karas"},
    {"shake_name": "INVESTIGATION", "optical_flow_cadence": "RAFT", "optical_flow_redo_generation": "RAFT"},
    {"uncovered_denoise_schedule": "0:(0.8)", "enable_clipskip_scheduling": True},
    {"noise_type": "detail", "noise_schedule": "0:(0.065)", "distilled_cfg_scale_schedule": "0:(4)"},
    {"animation_mode": "3D", "color_coherence": "Image"},
    {"nothing": 1, "stepz": 3},
    {"keyframe_distribution": "Keyframes Only", "strength_schedule": "0:(0.7)"},
]


class Able(EngineSpec):
    """A painter that leaves out nothing."""

    def capabilities(self):
        return Capabilities()


@pytest.fixture
def service(tmp_path):
    service = Service(tmp_path, Able("passthrough"))
    yield service
    service.close()


def messages(look):
    """All that the page shows of a look at a form."""
    told_of = [text for problem in look["problems"] for text in (problem["place"], problem["reason"], problem["remedy"])]
    return [*told_of, *look.get("notes", ())]


@node
def test_what_is_wrong_with_a_form_is_told_in_the_readers_language(service):
    answers = dict.fromkeys(("scenes", "movement"))
    forms = [Form(answers, {**QUIET, **changes}) for changes in BAD]
    forms += [Form(given, {}) for given, _ in rows(test_essentials.test_what_cannot_be_is_told_by_question_and_line)]
    looks = [service.validate(one) for one in forms]
    told_of = [text for look in looks for text in messages(look)]
    assert len(set(told_of)) > 200
    assert untold(told_of) == []


FILES = ["not json", "[]", "", "{'W': 1}", '{"W": 1,}', '{"W": 1 "H": 2}', '{"W": NaN}', "{" * 9000, '{"W": 1} x', "\udcff"]


@node
def test_why_a_file_is_refused_is_told_in_the_readers_language(service):
    told_of = []
    for content in FILES:
        with pytest.raises(SettingsError) as error:
            service.load(content.encode(errors="surrogateescape"), "film.json")
        told_of += messages({"problems": as_data(error.value)})
    assert untold(told_of) == []


# -- all that the code can say ---------------------------------------------------------------------------------------------

RAISED = {name for name, one in vars(errors).items() if isinstance(one, type)} | {
    "_Refused",
    "_refuse",
    "_fault",
    "fail",
    "error",
}


def modules():
    """The modules whose messages reach a page."""
    return [path for path in PACKAGE.rglob("*.py") if not any(path.relative_to(PACKAGE).match(one) for one in ELSEWHERE)]


def example(node):
    """A text as it may come out: 1 in each place that is filled in; None where it is no text."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def raised(tree):
    """Examples of the messages that a module raises or notes."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call):
            name = getattr(call.func, "id", None) or getattr(call.func, "attr", "")
            noted = name == "append" and getattr(call.func.value, "id", "") == "notes"
            yield from (example(part) for part in call.args if name in RAISED or noted)


# 1 stands for what is filled in: what no visitor can bring about, what the page says otherwise, and ends that may be missing
NEVER = {
    "--engine webui: this process is no WebUI; there it is --anim-run-now FILE",
    "--engine webui-api needs httpx: 1",
    "--url 1: not an address; write http://host:port",
    "1 cannot paint",
    "1 is larger than 1 MB",
    "1 is no text",
    "1: there are no frames",
    "1:1 is not a part of frames 0:1",
    "write FIRST:END, END not included",
    "the header 1 is missing",
    "there is no box '1'",
    "the request is no JSON object",
    "the request is not JSON",
    "the picture cannot be coded as JPEG",
    "the picture cannot be coded as PNG",
    "a file of another tool, filmed as it looks there (classic); --set classic=false repairs the look",
    "write 1, or go on without it: --allow-missing",
    "1: not a checkpoint of SD 1.x, 2.x or SDXL1",
    "1: there is no such model1",
    "1: its journal does not say what painted it, or is not whole; say it: --engine E, with --model or --url if it had one",
}


@node
def test_whatever_the_code_raises_is_told_in_the_readers_language():
    texts = {text for path in modules() for text in raised(ast.parse(path.read_text(encoding="utf-8"))) if text}
    sentences = {text for text in texts if " " in text}
    assert sentences > NEVER
    assert len(sentences) > 100
    assert untold(sorted(sentences - NEVER)) == []


def pieces():
    """All texts in the code, and what Python itself says of files and JSON."""
    for path in PACKAGE.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    yield from (path.read_text(encoding="utf-8") for path in assets.files().values())
    yield from map(os.strerror, errno.errorcode)
    yield inspect.getsource(json.decoder).lower()


def test_no_entry_is_left_over():
    code = "\n".join(pieces())
    # of each entry the longest text between its blanks, without the field that it is for
    own = {text: max(re.split(r"\{\w+\}| \(\w+\)$", text), key=len).strip(" ,;:.'") for text in document.words("ru")}
    newer = ("illegal trailing comma before end of object", "illegal trailing comma before end of array")  # Python 3.13
    assert [text for text, piece in own.items() if piece not in code and text not in newer] == []
