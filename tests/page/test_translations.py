"""What the page says in Russian and Chinese. What a translation lacks is listed by `python -m tools.translations`."""

import ast
import json
import re
import shutil
import subprocess

import pytest

from lib_anim.engines.base import Capabilities
from lib_anim.engines.catalog import EngineSpec
from lib_anim.page import assets, document
from lib_anim.page.forms import Form
from lib_anim.page.service import Service
from tests.helpers import QUIET
from tools import translations

pytestmark = pytest.mark.once


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_blanks_are_the_same_in_a_text_and_its_translation(language):
    def blanks(text):
        return sorted(re.findall(r"\{\w+\}", text))

    assert [text for text, translated in document.words(language).items() if blanks(text) != blanks(translated)] == []


LACKING = [
    "Cadence",  # a label of the form
    "Stop",  # a script's
    "First picture",  # a script's, in a condition
    "did you mean {names}?",  # a message with blanks
    "there is no prompt",  # one without
    "{path}: a {name}; this engine runs SD 1.x, 2.x and SDXL",  # one that has a name in its function
    "take a frame or the video of a run, or its settings.json",  # one that has a name in its module
    "not a sound that can be read; WAV, MP3, M4A, OGG and FLAC can",
    "Goes in for ever",  # an essential's
    "the small model that comes along, a toy",  # an engine's
]


@pytest.mark.parametrize("text", LACKING)
def test_what_lacks_is_found(monkeypatch, text):
    monkeypatch.setattr(document, "words", lambda language: {"Zoom (zoom)": "Масштаб"})
    lacking = translations.lacking("ru")
    assert text in lacking
    assert "Zoom" not in lacking


def test_entries_that_nothing_says_are_found(monkeypatch):
    words = dict.fromkeys(["Stop", "Zoom", "Zoom (zoom)", "Permission denied", "gone long ago", "{n} of them are gone"])
    monkeypatch.setattr(document, "words", lambda language: words)
    assert translations.unsaid("ru") == ["gone long ago", "{n} of them are gone"]


def test_no_sentence_is_put_together_before_it_is_a_message():
    assert translations.put_together() == []


SAYS = [
    ('def f():\n    raise ModelError("no model")', ["no model"]),
    ('raise ModelError(f"no {model}")', [""]),
    ('raise ModelError("no " + model)', [""]),
    ('def f():\n    text = "there is no {what}"\n    raise ModelError(Message(text, what="model"))', ["there is no {what}"]),
    ('X = "do it again"\nY = Problem(key, remedy=X)', ["do it again"]),
    ('notes.append("a film of 2" if two else "a film of 3")', ["a film of 2", "a film of 3"]),
    ('print("no model")', []),
]


@pytest.mark.parametrize(("code", "texts"), SAYS)
def test_the_texts_of_a_module(code, texts):
    assert [text for text, _ in translations._said(ast.parse(code))] == texts


SCRIPT = """
import { readFileSync } from "node:fs";
const given = JSON.parse(readFileSync(0, "utf8"));
globalThis.window = { localization: given.words };
const { problem } = await import(given.module);
process.stdout.write(JSON.stringify(given.problems.map(problem)));
"""

# changes of a form that films nothing, Russian, Chinese
WRONG = [
    (
        {"zoom": "0:(1), 6:(q)"},
        "zoom, ключ 6, столбец 11: неизвестное имя «q»",
        "zoom, 关键帧 6, 第 11 列: 未知的名称“q”",
    ),
    (
        {"sampler": "Eulr"},
        "sampler: сэмплер «Eulr» не найден; самые похожие: Euler",
        "sampler: 没有采样器“Eulr”; 最接近的有：Euler",
    ),
]


class Able(EngineSpec):
    """A painter that knows two samplers."""

    def capabilities(self):
        return Capabilities(samplers=("Euler", "DDIM"))


@pytest.mark.skipif(not shutil.which("node"), reason="the page's own script is run by node")
@pytest.mark.parametrize(("language", "column"), [("ru", 1), ("zh_CN", 2)])
def test_a_problem_is_told_in_the_readers_language(tmp_path, language, column):
    service = Service(tmp_path, Able("passthrough"))
    looks = [service.validate(Form(dict.fromkeys(("scenes", "movement")), {**QUIET, **row[0]})) for row in WRONG]
    service.close()
    problems = [problem for look in looks for problem in look["problems"]]
    given = {"words": document.words(language), "module": assets.files()["page/words.mjs"].as_uri(), "problems": problems}
    command = ["node", "--input-type=module", "-e", SCRIPT]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, encoding="utf-8", check=True)
    assert json.loads(done.stdout) == [row[column] for row in WRONG]
