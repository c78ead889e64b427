"""What the translations lack. Prints it, and ends with 0: what is not translated is shown in English.

    python -m tools.translations

Texts are found in the code: the first argument of `Message(…)`, texts given to our errors and to `Problem`, notes, `t("…")` of
the page's scripts, and all that the form shows. A sentence that is put together before it reaches one of these cannot be
translated; such lines are listed first.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from lib_anim import errors
from lib_anim.engines.base import Capabilities
from lib_anim.engines.webui.job_fields import OPTIONAL_FIELDS
from lib_anim.features.request.option_schedules import OPTIONS
from lib_anim.page import assets, document, fields
from lib_anim.settings.table import FIELDS

PACKAGE = Path(fields.__file__).parents[1]
LANGUAGES = tuple(language for language in document.LANGUAGES if language != "en")
ALL = Capabilities(words=frozenset({*OPTIONAL_FIELDS, *(one.name for one in OPTIONS), "soft_mask"}))

# what only a command line says
_ELSEWHERE = (
    *("cli/*", "runs/report.py", "runs/plot.py", "resources.py", "page/server.py", "page/access.py", "page/document.py"),
    *("hosts/run_now.py", "hosts/standalone.py"),
)
_SAYS = {name for name, one in vars(errors).items() if isinstance(one, type)} | {
    "Message",
    "Note",
    "_Refused",
    "_refuse",
    "_fault",
}
_NAMES = {"2D", "3D", "HSV", "LAB", "RGB", "RAFT", "DIS Medium", "DIS Fine", "DIS Fast", "Farneback"}
_NAMES |= {str(choice) for choice in FIELDS["ffmpeg_preset"].choices}
_IN_SCRIPTS = re.compile(r"""\bt(?:ell)?\(\s*"((?:[^"\\]|\\.)+)""")
_HAS_WORDS = re.compile(r"[A-Za-z]{3}.* |^[A-Z][a-z]+")


class Found(NamedTuple):
    """A text that people may see, and where in the code it stands; `text` is "" where it is put together there."""

    text: str
    where: str


def in_code() -> Iterator[Found]:
    """All that modules say whose messages reach a page."""
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE)
        if not any(name.match(one) for one in _ELSEWHERE):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                yield from (Found(text, f"{name}:{node.lineno}") for text in _said(node))


def _said(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    noted = name == "append" and isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value).endswith("notes")
    if name in _SAYS or noted:
        for part in node.args[:1] if name == "Message" else node.args:
            if isinstance(part, ast.JoinedStr | ast.BinOp):
                yield ""
            elif isinstance(part, ast.Constant) and isinstance(part.value, str) and _HAS_WORDS.search(part.value):
                yield part.value


def in_scripts() -> Iterator[Found]:
    """All that the page's scripts say."""
    for name, path in assets.files().items():
        if name.endswith(".mjs"):
            for match in _IN_SCRIPTS.finditer(path.read_text(encoding="utf-8")):
                yield Found(re.sub(r"\\(.)", r"\1", match[1]), name)


def in_form() -> Iterator[tuple[str, ...]]:
    """All that the form shows: entries of which one is enough."""
    for group in fields.describe(ALL):
        yield (str(group["name"]),)
        for field in group["fields"]:  # type: ignore[attr-defined]
            key, label = field["key"], field["label"]
            yield f"{label} ({key})", label
            if field["help"]:
                yield (field["help"],)
            yield from ((f"{choice} ({key})",) for choice in field.get("choices", ()) if choice not in _NAMES)


def lacking(language: str) -> list[str]:
    """The texts that a language has no entry for."""
    words = document.words(language)
    said = [(one.text,) for one in (*in_code(), *in_scripts()) if one.text]
    return list(dict.fromkeys(ways[-1] for ways in (*in_form(), *said) if words.keys().isdisjoint(ways)))


def put_together() -> list[str]:
    """The lines that say what no dictionary can hold."""
    return [one.where for one in in_code() if not one.text]


def main() -> None:
    """Print what lacks."""
    for where in put_together():
        print(f"{where}: put together before it is a Message")
    for language in LANGUAGES:
        for text in lacking(language):
            print(f"{language} lacks: {text}")


if __name__ == "__main__":
    main()
