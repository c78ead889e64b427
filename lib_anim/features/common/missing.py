"""Problems for features that are switched on, but not implemented by this version or by the engine. Not a feature."""

from __future__ import annotations

from lib_anim.engines.base import Capabilities
from lib_anim.errors import Problem, SettingsError, Waiver
from lib_anim.media.download import is_address
from lib_anim.messages import Message, as_message
from lib_anim.plan.plan import Plan
from lib_anim.settings.conditions import is_on
from lib_anim.settings.table import FIELDS, Field
from lib_anim.shot.steps import Tools

_INSTEAD = {  # what to write, where switching it off does not help
    "resume_from_timestring": "anim run --resume DIR",
    "hybrid_generate_human_masks": 'mask_schedule "0: (<person>)"',
}
_SOUND = "soundtrack_path"


def missing(plan: Plan, capabilities: Capabilities) -> list[Problem]:
    """Return a problem for each feature that a film needs and that is missing; the film can be made without them."""
    absent = (field for field in FIELDS.values() if field.unbuilt and not _is_there(field, capabilities))
    found = [_problem(field, capabilities) for field in absent if _is_needed(field, plan)]
    sounds = plan.settings.text("add_soundtrack") == "File" and plan.in_use("add_soundtrack")
    if sounds and is_address(plan.settings.text(_SOUND)):
        reason = Message("{said}: nothing is downloaded", said=Message("sound from a web address"))
        found.append(Problem(_SOUND, reason, "write the path of a sound file", waivers=(Waiver.FETCH, Waiver.ALLOW_MISSING)))
    return found


def _is_there(field: Field, capabilities: Capabilities) -> bool:
    """Return whether the engine has a feature. A placeholder stands for an engine that is checked later, which may have it."""
    return field.option in capabilities or bool(field.option and "no_model" in capabilities)


def _is_needed(field: Field, plan: Plan) -> bool:
    value = plan.settings[field.key]
    return is_on(value) and value not in field.built and plan.in_use(field.key)


def left_out(problem: Problem) -> Message:
    """Return the note on a feature that is left out."""
    reason, remedy = as_message(problem.reason), as_message(problem.remedy)
    text = "left out: {key}: {reason}; {remedy}{waivers}"
    return Message(text, key=problem.key, reason=reason, remedy=remedy, waivers=problem.flags)


def left_out_of(error: SettingsError, tools: Tools) -> tuple[Message, ...]:
    """Return the notes on what is left out where the film may be made without it. Raises the error again where it may not."""
    if not tools.allow_missing or any(Waiver.ALLOW_MISSING not in problem.waivers for problem in error.problems):
        raise error
    return tuple(map(left_out, error.problems))


def _problem(field: Field, capabilities: Capabilities) -> Problem:
    off = {"switch": f"{field.key} false", "integer": f"{field.key} 0"}.get(field.kind, f'{field.key} "{field.default}"')
    text = "{said}: this engine cannot do that" if field.option else "{said}: not built yet"
    reason = capabilities.lacks.get(field.option or "") or Message(text, said=Message(field.unbuilt))
    remedy = Message("write {value}", value=_INSTEAD.get(field.key, off))
    return Problem(field.key, reason, remedy, waivers=(Waiver.ALLOW_MISSING,))
