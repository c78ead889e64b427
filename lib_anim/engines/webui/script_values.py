"""What people last set always-on scripts to: hosts give their widgets' values only to the jobs of their own pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lib_anim.messages import Message

ACTS = "{name} acts on every painted picture, as it was set at the last picture in img2img"
AT_START = "{name} acts as its section is when the WebUI starts; to set it, set it in img2img and paint one picture there"

_last: dict[str, tuple[object, ...]] = {}  # of the process: title of a script -> its values in the last picture of img2img


def remember(job: Any) -> None:
    """Keep the values of a job that somebody began in img2img; called for every job of the host's own pages."""
    if getattr(job, "is_api", False) or not type(job).__name__.endswith("Img2Img"):
        return
    args = list(getattr(job, "script_args", None) or ())
    for script in getattr(job.scripts, "alwayson_scripts", ()):
        if name := title(script):
            _last[name] = tuple(args[script.args_from : script.args_to])


def put_in(args: list[object], scripts: Iterable[Any]) -> list[object]:
    """The arguments of all scripts, with what somebody last set in the places of those that act."""
    found = list(args)
    for script in scripts:
        values = _last.get(title(script), ())
        if values and len(values) == script.args_to - script.args_from:
            found[script.args_from : script.args_to] = values
    return found


def remarks(names: Iterable[str]) -> list[str]:
    """Which scripts act on a film, and by whose values, a sentence each."""
    known = [(name, bool(_last.get(name.strip().lower()))) for name in names]
    return [Message(ACTS if used else AT_START, name=name) for name, used in known]


def title(script: Any) -> str:
    """What a script is called, in small letters; "" for a stranger's that fails to say it."""
    try:
        return str(script.title()).strip().lower()
    except Exception:  # a stranger's script
        return ""
