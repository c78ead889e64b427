"""The values that users last set for always-on scripts: hosts pass widgets' values only to jobs of their own pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lib_anim.messages import Message

ACTS = "{name} acts on every painted picture, as it was set at the last picture in img2img"
AT_START = "{name} acts as its section is when the WebUI starts; to set it, set it in img2img and paint one picture there"

_last: dict[
    str, tuple[object, ...]
] = {}  # name of a script in lower case -> its values in the last job of img2img; one for the process


def remember(job: Any) -> None:
    """Store the script values of a job that a user started in img2img. Called for every job of the host's pages."""
    if getattr(job, "is_api", False) or not type(job).__name__.endswith("Img2Img"):
        return
    args = list(getattr(job, "script_args", None) or ())
    for script in getattr(job.scripts, "alwayson_scripts", ()):
        if key := title(script):
            _last[key] = tuple(args[script.args_from : script.args_to])


def put_in(args: list[object], scripts: Iterable[Any]) -> list[object]:
    """Return the arguments of all scripts, with the last values of `scripts` in their places."""
    found = list(args)
    for script in scripts:
        values = _last.get(title(script), ())
        if values and len(values) == script.args_to - script.args_from:
            found[script.args_from : script.args_to] = values
    return found


def remark(script: str) -> str:
    """Return the message that the script of this name acts, and with which values."""
    return Message(ACTS if _last.get(script.lower()) else AT_START, name=script)


def title(script: Any) -> str:
    """Return a script's name in lower case, "" if the script fails to return it."""
    return name(script).lower()


def name(script: Any) -> str:
    """Return a script's name, as its section says it; "" if the script fails to return it."""
    try:
        return str(script.title()).strip()
    except Exception:  # third-party code
        return ""
