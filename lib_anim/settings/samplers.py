"""Names of samplers and schedulers as WebUIs spell them, and old spellings. The engines implement them."""

from __future__ import annotations

from collections.abc import Sequence

from lib_anim.errors import FieldError, nearest
from lib_anim.messages import Message

SAMPLERS = (
    *("DPM++ 2M", "DPM++ SDE", "DPM++ 2M SDE", "DPM++ 2M SDE Heun", "DPM++ 2S a", "DPM++ 3M SDE", "Euler a", "Euler", "LMS"),
    *("Heun", "DPM2", "DPM2 a", "DPM fast", "DPM adaptive", "Restart", "DDIM", "DDIM CFG++", "PLMS", "UniPC", "LCM"),
)
SCHEDULERS = (
    *("Automatic", "Uniform", "Karras", "Exponential", "Polyexponential", "SGM Uniform", "KL Optimal"),
    *("Align Your Steps", "Simple", "Normal", "DDIM", "Beta"),
)

_SPELLINGS = {
    "euler ancestral": "Euler a",
    "euler_a": "Euler a",
    "euler_ancestral": "Euler a",
    "k_euler_a": "Euler a",
    "k_euler_ancestral": "Euler a",
    "k_euler": "Euler",
    "klms": "LMS",
    "k_lms": "LMS",
    "k_heun": "Heun",
    "k_dpm_2": "DPM2",
    "k_dpm_2_a": "DPM2 a",
    "dpmpp_2m": "DPM++ 2M",
    "dpmpp_sde": "DPM++ SDE",
    "dpmpp_2m_sde": "DPM++ 2M SDE",
}


def resolve(
    sampler: str, scheduler: str, samplers: Sequence[str] = SAMPLERS, schedulers: Sequence[str] = SCHEDULERS
) -> tuple[str, str]:
    """Return the names of a sampler and a scheduler as an engine with these `samplers` and `schedulers` spells them.

    Case is ignored; "DPM++ 2M Karras" is "DPM++ 2M" with "Karras". Raises FieldError that suggests the nearest names.

    >>> resolve("dpm++ 2m karras", "Automatic")
    ('DPM++ 2M', 'Karras')
    """
    known, planned = _pair(sampler, scheduler, samplers, schedulers)
    if known is None:
        raise _unknown("sampler", sampler, samplers)
    if planned is None:
        raise _unknown("scheduler", scheduler, schedulers)
    return known, planned


def faults(
    sampler: str, scheduler: str, samplers: Sequence[str] = SAMPLERS, schedulers: Sequence[str] = SCHEDULERS
) -> tuple[FieldError | None, FieldError | None]:
    """Return an error for each of the two names that is unknown, None for one that is known."""
    known, planned = _pair(sampler, scheduler, samplers, schedulers)
    return (
        _unknown("sampler", sampler, samplers) if known is None else None,
        _unknown("scheduler", scheduler, schedulers) if planned is None else None,
    )


def _pair(sampler: str, scheduler: str, samplers: Sequence[str], schedulers: Sequence[str]) -> tuple[str | None, str | None]:
    """Resolve both names, old spellings and combined names too. None stands for an unknown name."""
    name = " ".join(sampler.split())
    name = _SPELLINGS.get(name.lower(), name)
    known, planned = _find(name, samplers), _find(scheduler, schedulers)
    if known is None:
        head, _, tail = name.rpartition(" ")
        known, combined = _find(head, samplers), _find(tail, schedulers)
        if known is None or combined is None:
            return None, planned
        planned = combined if scheduler.strip().lower() == "automatic" else planned
    return known, planned


def _find(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that equals `name` regardless of case, or None."""
    lower = name.strip().lower()
    return next((one for one in known if one.lower() == lower), None)


def _unknown(kind: str, name: str, known: Sequence[str]) -> FieldError:
    like = nearest(name, known) or list(known[:6])
    reason = Message("there is no {said} '{name}'", said=Message(kind), name=name)
    return FieldError(reason, Message("the nearest are {names}", names=", ".join(like)))
