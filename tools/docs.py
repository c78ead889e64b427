"""The generated parts of README.md and docs/: `python -m tools.docs` (or `make docs`) writes them anew.

A part stands between a line `<!-- generated: NAME -->` and a line `<!-- end -->`; NAME is a key of PARTS, whose function
returns the Markdown. tests/test_docs.py fails while a part in a file differs from what its function returns.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import runpy
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import lib_anim
from lib_anim.__main__ import GROUPS
from lib_anim.cli.parser import build_parser
from lib_anim.engines.base import Capabilities, SampleRequest
from lib_anim.engines.webui.job_fields import OPTIONAL_FIELDS, SCRIPTS
from lib_anim.engines.webui.options import OPTIONS, Option
from lib_anim.features import FEATURES
from lib_anim.language.functions import FUNCTIONS, SIGNALS, Function
from lib_anim.page.presets import PRESETS
from lib_anim.page.questions import COHERENCE, ESSENTIALS, Essential
from lib_anim.runs.report import TOTALS
from lib_anim.settings.conditions import as_data, is_on
from lib_anim.settings.legacy import ALIASES
from lib_anim.settings.samplers import SAMPLERS, SCHEDULERS
from lib_anim.settings.table import FIELDS, Field
from lib_anim.shot.steps import Steps

ROOT = Path(__file__).parent.parent
_PART = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_KINDS = {"integer": "whole number", "texts": "texts by frame", "kept": "kept"}
_MANY = 2**31  # a bound this far out bounds nothing that people write


def main() -> None:
    """Write the parts of all files."""
    for path in pages():
        path.write_text(generated(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def pages() -> list[Path]:
    """The files that may hold generated parts."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def generated(text: str) -> str:
    """The text of a file with its parts made anew. Raises KeyError for a part that PARTS does not have."""
    return _PART.sub(lambda match: f"{match.group(1)}\n{PARTS[match.group(2)]()}\n\n{match.group(3)}", text)


# -- Markdown -----------------------------------------------------------------------------------------------------


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a `|` inside a cell is escaped."""
    lines = [list(head), *(list(row) for row in rows)]
    written = ["| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([written[0], "|" + "---|" * len(lines[0]), *written[1:]])


def code(text: object) -> str:
    """Text in a code span; nothing where there is no text."""
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object]) -> str:
    """Several texts, each in a code span, with commas between them."""
    return ", ".join(code(text) for text in texts)


def words(text: str) -> str:
    """A sentence; `<` outside of code spans is escaped, since it would begin a tag."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def summary(thing: object) -> str:
    """The first paragraph of a docstring, on one line."""
    paragraph = " ".join(inspect.cleandoc(thing.__doc__ or "").partition("\n\n")[0].split())
    return words(paragraph)


# -- settings -----------------------------------------------------------------------------------------------------


def settings() -> str:
    """A table for each group of settings. The units of ControlNet differ by their number alone: one stands for all."""
    groups: dict[str, dict[str, Field]] = {}
    for field in FIELDS.values():
        groups.setdefault(field.group, {}).setdefault(re.sub(r"^cn_\d_", "cn_N_", field.key), field)
    return "\n\n".join(f"### {name}\n\n{_group(fields)}" for name, fields in groups.items())


def _group(fields: Mapping[str, Field]) -> str:
    rows = ((code(key), _meaning(field), _values(field), _default(field), _when(field)) for key, field in fields.items())
    return table(("key", "what it is", "values", "default", "in use when"), rows)


def _meaning(field: Field) -> str:
    return f"**{words(field.label)}**. {words(field.help)}" if field.help else f"**{words(field.label)}**"


def _values(field: Field) -> str:
    """The kind of a field, its range and its choices."""
    if field.kind == "choice":
        return ", ".join(code(choice) + (" (not built)" if _not_built(field, choice) else "") for choice in field.choices)
    kind, bounds = _KINDS.get(field.kind, field.kind), _range(field.low, field.high)
    return f"{kind}, {'kept in ' if field.clamp else ''}{bounds}" if bounds else kind


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return "" if high is None else f"up to {high:.15g}"
    return f"{low:.15g} .. {high:.15g}" if high is not None and high < _MANY else f"{low:.15g} and more"


def _default(field: Field) -> str:
    if field.kind in ("prompts", "kept"):  # an example, or nothing
        return ""
    return code(field.default if isinstance(field.default, str) else json.dumps(field.default))


def _when(field: Field) -> str:
    """The conditions of a field, as far as the table says them, and whether it is built."""
    said = [condition(as_data(field.needs))]
    if field.kind in ("switch", "text") and _not_built(field, True):
        said.append(_WITH.get(field.option) or ("with a WebUI" if field.key in _OF_A_WEBUI else "not built yet"))
    return words("; ".join(filter(None, said)))


_OF_A_WEBUI = (*OPTIONAL_FIELDS, SCRIPTS)
_WITH = dict.fromkeys(("controlnet", "tiling", "seed_resize_from_w"), "with diffusers or a WebUI")  # options of both

_SAID = {
    "on": "{} is on",
    "off": "{} is off",
    "is": "{} is {}",
    "above": "{} is above {}",
    "differs": "{} is not {}",
    "names": "{} has {} in it",
    "heard": "a formula hears the sound",
}


def condition(data: Mapping[str, object]) -> str:
    """A condition of the settings table, as data, in words.

    >>> condition({"all": [{"on": "mirror"}, {"above": ["mirror_schedule", 0.0]}]})
    '`mirror` is on and `mirror_schedule` is above `0`'
    """
    [(kind, value)] = data.items()
    if kind == "all":
        texts = ((condition(part), "any" in part) for part in value)
        return " and ".join(f"({text})" if bracketed else text for text, bracketed in texts if text)
    if kind == "any":
        return _either([condition(part) for part in value])
    values = value if isinstance(value, list) else [value]
    return _SAID[kind].format(*(code(f"{one:g}" if isinstance(one, float) else one) for one in values))


def _either(texts: list[str]) -> str:
    """Conditions of which one must hold; what is said of the same setting again is shortened to its value."""
    said = texts[:1]
    for before, text in pairwise(texts):
        subject = before.partition(" is `")[0] + " is "
        said.append(text.removeprefix(subject) if before.startswith(f"{subject}`") else text)
    return " or ".join(said) or "never"


def _not_built(field: Field, value: object) -> bool:
    """Whether this version lacks what a value of a field asks for."""
    return bool(field.unbuilt) and is_on(value) and value not in field.built


def missing() -> str:
    """What files can ask for and this version does not have, with the settings that ask for it."""
    absent: dict[str, list[str]] = {}
    for field in FIELDS.values():
        if field.unbuilt:
            absent.setdefault(field.unbuilt, []).append(field.key)
    rows = ((what, codes(keys), _works(FIELDS[keys[0]])) for what, keys in absent.items())
    return table(("what", "setting", "what works"), rows)


def _works(field: Field) -> str:
    if field.option in _WITH:
        return f"all of it {_WITH[field.option]}"
    if field.key in _OF_A_WEBUI:
        return "all of it where a WebUI paints"
    return codes(choice for choice in field.choices if choice != "None" and not _not_built(field, choice))


def aliases() -> str:
    """Other spellings of keys."""
    return table(("written", "read as"), ((code(alias), code(key)) for alias, key in ALIASES.items()))


# -- formulas -----------------------------------------------------------------------------------------------------


def functions(of: Mapping[str, Function]) -> str:
    """Functions or signals; neighbours that share their summary share a row."""
    rows: dict[str, list[str]] = {}
    for function in of.values():
        rows.setdefault(function.summary, []).append(function.usage)
    return table(("function", "value"), ((codes(usages), words(text)) for text, usages in rows.items()))


# -- commands -----------------------------------------------------------------------------------------------------

_Options = list[argparse.Action]


def _commands() -> Iterator[tuple[str, str, str, _Options]]:
    """(name, help, what stands behind it, options) of each command."""
    choices = next(action for action in build_parser(GROUPS)._actions if isinstance(action, argparse._SubParsersAction))
    helps = {one.dest: one.help for one in choices._choices_actions}
    for name, parser in choices.choices.items():
        options = [action for action in parser._actions if action.option_strings and action.dest != "help"]
        places = [_place(action) for action in parser._actions if not action.option_strings]
        yield name, helps[name], " ".join(places), options


def _place(action: argparse.Action) -> str:
    name = str(action.metavar or action.dest)
    return {"*": f"[{name} …]", "+": f"{name} …", "?": f"[{name}]"}.get(str(action.nargs), name)


def commands() -> str:
    """All commands."""
    rows = ((code(f"anim {name} {places}".strip()), words(text)) for name, text, places, _ in _commands())
    return table(("command", "what it does"), rows)


def options() -> str:
    """The options of each command."""
    parts = (f"### anim {name}\n\n{_option_table(options)}" for name, _, _, options in _commands() if options)
    return "\n\n".join(parts)


def page_options() -> str:
    """The options of `anim ui` that `anim run` does not have, or has with another meaning."""
    of = {name: options for name, _, _, options in _commands()}
    run = {(*action.option_strings, action.help) for action in of["run"]}
    return _option_table([action for action in of["ui"] if (*action.option_strings, action.help) not in run])


def flags() -> str:
    """The flags that the extension adds to a WebUI's own."""
    parser = argparse.ArgumentParser(add_help=False)
    runpy.run_path(str(ROOT / "preload.py"))["preload"](parser)
    return _option_table(parser._actions)


def _option_table(actions: _Options) -> str:
    return table(("option", "what it does"), ((_spelling(action), _help(action)) for action in actions))


def _spelling(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return codes(f"{option}{value}" for option in action.option_strings)


def _help(action: argparse.Action) -> str:
    text, default = action.help or "", action.default
    plain = default is not argparse.SUPPRESS and isinstance(default, (int, str)) and not isinstance(default, bool)
    told = f"default: {default}" if plain and "default" not in text else ""
    return words("; ".join(part for part in (text, told) if part))


# -- the page, the WebUI, the report ------------------------------------------------------------------------------


def questions() -> str:
    """The page's questions."""
    rows = ((f"**{one.label}**", words(one.help), _answers(one)) for one in ESSENTIALS.values())
    return table(("question", "what it means", "answers"), rows)


def _answers(one: Essential) -> str:
    if one.choices:
        return ", ".join(label for _, label in one.choices)
    return _range(one.low, one.high) if one.kind == "slider" else {"lines": "text"}.get(one.kind, one.kind)


def movements() -> str:
    """The page's movements."""
    rows = ((f"**{one.label}**", one.mode, one.help, f"{one.steadiness:g}") for one in PRESETS.values())
    return table(("movement", "mode", "what it does", "steadiness that suits it"), rows)


def coherence() -> str:
    """What the page's answers to "Coherence" write."""
    keys = list(next(iter(COHERENCE.values()))[1])
    rows = ((f"**{label}**", *(code(settings[key]) for key in keys)) for label, settings in COHERENCE.values())
    return table(("answer", *(code(key) for key in keys)), rows)


def webui_options() -> str:
    """The lines of the WebUI's Settings > Anim."""
    rows = ((f"**{one.label}**", words(one.info), _stated(one.default), _limits(one)) for one in OPTIONS)
    return table(("option", "what it means", "default", ""), rows)


def _stated(default: str | bool) -> str:
    return default if isinstance(default, str) else "on" if default else "off"


def _limits(one: Option) -> str:
    local = "only where nobody else reaches the WebUI" if one.local else ""
    return "; ".join(text for text in (local, "counts from the next start" if one.late else "") if text)


def report() -> str:
    """The lines of `anim report`."""
    return table(("line", "what it is"), ((code(name), words(text)) for name, text in TOTALS.items()))


# -- the code -----------------------------------------------------------------------------------------------------


def rooms() -> str:
    """The folders of lib_anim, each with the first sentence of its docstring, in the order in which they may import."""
    architecture = runpy.run_path(str(ROOT / "tests" / "test_architecture.py"))
    names = [name for name in architecture["ROOMS"] if (ROOT / "lib_anim" / name / "__init__.py").is_file()]
    rows = ((code(f"{name}/"), _sentence(import_module(f"lib_anim.{name}"))) for name in names)
    return table(("folder", "what it holds"), rows)


def features() -> str:
    """The features in the order in which a frame meets them."""
    rows = ((code(_room(feature)), code(_name(feature)), _sentence(feature)) for feature in FEATURES)
    return table(("folder", "feature", "what it does"), rows)


def _sentence(thing: object) -> str:
    """The first sentence of a docstring."""
    return re.split(r"(?<=\.) (?=[A-Z])", summary(thing), maxsplit=1)[0]


def _room(feature: ModuleType) -> str:
    return feature.__name__.split(".")[-2]


def _name(feature: ModuleType) -> str:
    return feature.__name__.rpartition(".")[2]


def docstring(of: Callable) -> str:
    """A docstring as it is."""
    return f"```text\n{inspect.cleandoc(of.__doc__ or '')}\n```"


def public() -> str:
    """The names that programs may use, each with the first sentence of its docstring."""
    return table(("name", "what it is"), ((code(name), _sentence(getattr(lib_anim, name))) for name in lib_anim.__all__))


PARTS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "missing": missing,
    "aliases": aliases,
    "samplers": lambda: f"Samplers: {codes(SAMPLERS)}.\n\nSchedulers: {codes(SCHEDULERS)}.",
    "functions": partial(functions, FUNCTIONS),
    "signals": partial(functions, SIGNALS),
    "commands": commands,
    "options": options,
    "page-options": page_options,
    "flags": flags,
    "questions": questions,
    "movements": movements,
    "coherence": coherence,
    "webui-options": webui_options,
    "report": report,
    "rooms": rooms,
    "features": features,
    "steps": partial(docstring, Steps),
    "request": partial(docstring, SampleRequest),
    "capabilities": partial(docstring, Capabilities),
    "public": public,
}

if __name__ == "__main__":
    main()
