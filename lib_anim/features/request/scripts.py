"""Scripts: always-on scripts of a WebUI, such as ADetailer, which act on painted pictures; arguments that the film sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from lib_anim.engines.base import SampleRequest
from lib_anim.engines.scripts import Script, ScriptArguments
from lib_anim.errors import FieldError, Problem, SettingsError, Waiver, did_you_mean
from lib_anim.messages import Message
from lib_anim.plan.plan import Params, Plan
from lib_anim.settings.json_text import parse_json
from lib_anim.settings.settings import Settings
from lib_anim.shot.canvas import Canvas
from lib_anim.shot.steps import Steps, Tools

KEY = "alwayson_scripts"
_EXAMPLE = '{"ADetailer": {"1": true}}'
_SET = "{name} acts on every painted picture, with the film's own values; what it does not name is as at the WebUI's start"


def build(settings: Settings, plan: Plan, tools: Tools) -> Steps | None:
    """On if the film sets a script of its engine, or if one acts anyway. Raises SettingsError for unknown names."""
    known = {script.name.strip().lower(): script for script in tools.capabilities.scripts}
    wanted = _read(settings.text(KEY)) if KEY in tools.capabilities and settings.text(KEY).strip() else {}
    problems = [problem for name, arguments in wanted.items() for problem in _problems(name, arguments, known)]
    if problems:
        raise SettingsError(problems)
    own = {known[name.strip().lower()].name: arguments for name, arguments in wanted.items()}
    notes = (*(Message(_SET, name=name) for name in own), *(one.remark for one in known.values() if one.name not in own))
    notes = tuple(note for note in notes if note)

    def ask(request: SampleRequest, canvas: Canvas | None, params: Params) -> SampleRequest:
        return replace(request, scripts=own)

    return Steps(ask=(ask,) if own else (), does=", ".join(own) or "as set in the WebUI", notes=notes) if notes else None


def _read(text: str) -> ScriptArguments:
    """Read the setting: name of a script -> name or number of an argument -> value. Raises SettingsError."""
    try:
        value = parse_json(text)
    except FieldError as error:
        raise SettingsError([Problem(KEY, error.reason, error.remedy, error.place)]) from None
    if not isinstance(value, dict):
        raise SettingsError([Problem(KEY, "not an object", Message("write {value}", value=_EXAMPLE))])
    return {name: _arguments(name, given) for name, given in value.items()}


def _arguments(name: str, given: object) -> Mapping[str, object]:
    """Return a script's arguments by name. A list, also as {"args": [...]} in requests to a WebUI, has them in their order."""
    values = given["args"] if isinstance(given, dict) and set(given) == {"args"} else given
    if isinstance(values, list):
        return {str(number): value for number, value in enumerate(values, 1)}
    if not isinstance(values, dict):
        reason = Message("the arguments of '{name}' are not an object", name=name)
        raise SettingsError([Problem(KEY, reason, Message("write {value}", value=_EXAMPLE))])
    return values


def _problems(name: str, arguments: Mapping[str, object], known: Mapping[str, Script]) -> Iterator[Problem]:
    script = known.get(name.strip().lower())
    if script is None:
        names = [one.name for one in known.values() if one.allowed]
        reason = Message("the WebUI has no always-on script '{name}'", name=name)
        yield Problem(KEY, reason, _nearest(name, names), waivers=(Waiver.ALLOW_MISSING,))
    elif not script.allowed:
        reason = Message("{name} may not act on films", name=script.name)
        yield Problem(KEY, reason, "name it in Settings > Anim", waivers=(Waiver.ALLOW_MISSING,))
    else:
        yield from (problem for argument in arguments if (problem := _problem_of_argument(argument, script)))


def _problem_of_argument(argument: str, script: Script) -> Problem | None:
    places = script.places(argument)
    if len(places) == 1:
        return None
    if places:
        reason = Message("'{name}' names several arguments of {script}", name=argument, script=script.name)
        return Problem(KEY, reason, Message("write the number of one: {names}", names=", ".join(str(at + 1) for at in places)))
    reason = Message("{script} has no argument '{name}'", script=script.name, name=argument)
    names = [next(filter(None, names), str(number)) for number, names in enumerate(script.arguments, 1)]
    return Problem(KEY, reason, _nearest(argument, names))


def _nearest(name: str, names: list[str]) -> str:
    return did_you_mean(name, names) or Message("there is {names}", names=", ".join(names[:12]) or Message("none"))
