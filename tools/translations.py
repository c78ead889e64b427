"""What the translations lack, and entries that nothing says. Prints both, and ends with 0: what lacks is shown in English.

    python -m tools.translations

Texts are found in the code: the first argument of `Message(…)`, texts given to our errors and to `Problem`, notes, `t("…")` of
the page's scripts, and the labels and helps of the form, the essentials, the engines and the WebUI's options. A sentence that
is put together before it reaches one of these cannot be translated; such lines are listed first.
"""

from __future__ import annotations

import ast
import errno
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lib_anim import errors
from lib_anim.engines.base import Capabilities
from lib_anim.engines.catalog import KINDS, EngineSpec
from lib_anim.engines.webui import options
from lib_anim.engines.webui.job_fields import OPTIONAL_FIELDS
from lib_anim.features.request.option_schedules import OPTIONS
from lib_anim.page import assets, cautions, document, essentials, fields
from lib_anim.settings.table import FIELDS

PACKAGE = Path(fields.__file__).parents[1]
LANGUAGES = tuple(language for language in document.LANGUAGES if language != "en")
ALL = Capabilities(words=frozenset({*OPTIONAL_FIELDS, *(one.name for one in OPTIONS), "soft_mask", "controlnet"}))

# what only a command line says
_ELSEWHERE = (
    *("cli/*", "runs/report.py", "runs/plot.py", "resources.py", "page/server.py", "page/access.py", "page/document.py"),
    *("hosts/run_now.py", "hosts/standalone.py"),
)
_SAYS = {name for name, one in vars(errors).items() if isinstance(one, type) and one.__module__ == errors.__name__} | {
    "Message",
    "Note",
    "Medium",
    "as_message",
    "Refused",
    "_refuse",
    "_fault",
    "_Fault",
    "_reason",
}
_NAMES = {"2D", "3D", "HSV", "LAB", "RGB", "RAFT", "DIS Medium", "DIS Fine", "DIS Fast", "Farneback"}
_NAMES |= {str(choice) for choice in FIELDS["ffmpeg_preset"].choices}
# said by the system, and by Python of a JSON text
_OF_OTHERS = {os.strerror(code) for code in errno.errorcode} | {
    "expecting value",
    "expecting ',' delimiter",
    "expecting ':' delimiter",
    "expecting property name enclosed in double quotes",
    "illegal trailing comma before end of object",
    "illegal trailing comma before end of array",
    "unterminated string starting at",
    "extra data",
}
_IN_SCRIPTS = re.compile(r"""(?<!\w)t\(\s*"((?:[^"\\]|\\.)+)\"""")
_BLANK = re.compile(r"\{\w+\}")
_HAS_WORDS = re.compile(r"[A-Za-z]{3}.* |^[A-Z][a-z]+| [a-z]{2}")


class Found(NamedTuple):
    """A text that people may see, and where in the code it stands; `text` is "" where it is put together there."""

    text: str
    where: str


@cache
def in_code() -> tuple[Found, ...]:
    """All that modules say whose messages reach a page. The code is parsed once."""
    modules = ((path, path.relative_to(PACKAGE)) for path in sorted(PACKAGE.rglob("*.py")))
    read = ((path, name) for path, name in modules if not any(name.match(one) for one in _ELSEWHERE))
    return tuple(
        Found(text, f"{name}:{line}")
        for path, name in read
        for text, line in _said(ast.parse(path.read_text(encoding="utf-8")))
    )


def _said(module: ast.Module) -> Iterator[tuple[str, int]]:
    """The texts of a module and their lines. A name stands for each text that it is given in its function or at the top."""
    at_the_top = _assigned(module.body)
    for scope in (module, *(node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))):
        inside = list(ast.walk(scope))
        names = {**at_the_top, **(_assigned(inside) if scope is not module else {})}
        for call in inside:
            if isinstance(call, ast.Call) and (scope is not module or _is_at_the_top(call, module)):
                yield from ((text, call.lineno) for part in _sentences(call) for text in _texts(part, names))


def _is_at_the_top(call: ast.Call, module: ast.Module) -> bool:
    """Whether a call stands outside of all functions."""
    functions = (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return not any(one.lineno <= call.lineno <= (one.end_lineno or 0) for one in functions)


def _assigned(nodes: Sequence[ast.AST]) -> dict[str, list[ast.expr]]:
    """Name -> what it is given."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)  # type: ignore[attr-defined]
    return found


def _sentences(call: ast.Call) -> list[ast.expr]:
    """The arguments of a call that are sentences for people."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    noted = name == "append" and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("notes")
    if name == "Message":
        return call.args[:1]
    if name in _SAYS or noted:
        return [*call.args, *(one.value for one in call.keywords if one.arg in ("reason", "remedy"))]
    return []


def _texts(node: ast.expr, names: Mapping[str, Sequence[ast.expr]]) -> Iterator[str]:
    """The texts that an expression can be; "" for one that is put together."""
    match node:
        case ast.Constant(value=str(text)) if _has_words(text):
            yield text
        case ast.JoinedStr():
            yield ""
        case ast.BinOp() if any(isinstance(part, ast.JoinedStr) or _is_text(part) for part in ast.walk(node)):
            yield ""
        case ast.IfExp():
            yield from (text for part in (node.body, node.orelse) for text in _texts(part, names))
        case ast.BoolOp():
            yield from (text for part in node.values for text in _texts(part, names))
        case ast.Name() if node.id in names:
            others = {name: values for name, values in names.items() if name != node.id}
            yield from (text for value in names[node.id] for text in _texts(value, others))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _has_words(text: str) -> bool:
    """Whether there is something to translate in a text."""
    return bool(_HAS_WORDS.search(_BLANK.sub("", text)))


def in_scripts() -> Iterator[Found]:
    """All that the page's scripts say: they give `t` a text itself, or one that comes from us."""
    for name, path in assets.files().items():
        if name.endswith(".mjs"):
            for match in _IN_SCRIPTS.finditer(path.read_text(encoding="utf-8")):
                yield Found(re.sub(r"\\(.)", r"\1", match[1]), name)


def in_form() -> Iterator[tuple[str, ...]]:
    """All that the form of all settings shows: entries of which one is enough."""
    for group in fields.describe(ALL):
        yield (str(group["name"]),)
        for field in group["fields"]:  # type: ignore[attr-defined]
            key, label = re.sub(r"^cn_\d", "cn", field["key"]), field["label"]  # the units share their entries
            yield f"{label} ({key})", label
            if field["help"]:
                yield (field["help"],)
            yield from ((f"{choice} ({key})",) for choice in field.get("choices", ()) if choice not in _NAMES)


def in_tables() -> Iterator[str]:
    """What the page shows of other tables: the essentials, what cautions there are, engines, the WebUI's options."""
    for row in essentials.describe("sd1"):
        yield from (str(row["label"]), str(row["help"]))
        yield from (label for _, label in row["choices"])  # type: ignore[attr-defined]
        yield from (str(tile["help"]) for tile in row.get("tiles", {}).values())  # type: ignore[attr-defined]
    yield from (cautions.FEW_STEPS, cautions.FLICKERS, options.NO_CHECKPOINT, options.NO_SCRIPT)
    yield from (sides for _, sides in cautions.SAMPLERS)
    yield from (EngineSpec(kind).title() for kind in KINDS)
    yield from (text for one in options.OPTIONS for text in (one.label, one.info, *one.choices))


def said() -> list[tuple[str, ...]]:
    """All that people can be told: for each text the entries of which one is enough."""
    texts = [*(one.text for one in (*in_code(), *in_scripts())), *filter(_has_words, in_tables())]
    return list(dict.fromkeys((*in_form(), *((text,) for text in texts if text))))


def lacking(language: str) -> list[str]:
    """The texts that a language has no entry for."""
    words = document.words(language)
    return [entries[-1] for entries in said() if words.keys().isdisjoint(entries)]


def unsaid(language: str) -> list[str]:
    """The entries of a language that nothing says any more."""
    entries = {one for entries in said() for one in entries} | set(in_tables()) | _OF_OTHERS | _constants()
    return [entry for entry in document.words(language) if entry not in entries]


def _constants() -> set[str]:
    """All texts of the package: some reach people by a way that is not followed here."""
    modules = (ast.parse(path.read_text(encoding="utf-8")) for path in PACKAGE.rglob("*.py"))
    return {node.value for one in modules for node in ast.walk(one) if _is_text(node)}  # type: ignore[attr-defined]


def put_together() -> list[str]:
    """The lines that say what no dictionary can hold."""
    return list(dict.fromkeys(one.where for one in in_code() if not one.text))


def main() -> None:
    """Print what lacks."""
    for where in put_together():
        print(f"{where}: put together before it is a Message")
    for language in LANGUAGES:
        for text in lacking(language):
            print(f"{language} lacks: {text}")
        for text in unsaid(language):
            print(f"{language} has what nothing says: {text}")


if __name__ == "__main__":
    main()
