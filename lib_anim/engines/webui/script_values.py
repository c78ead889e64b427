"""The values that users last set for always-on scripts: hosts pass widgets' values only to jobs of their own pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lib_anim.messages import Message

ACTS = "{name} acts on every painted picture, as it was set at the last picture in img2img"
AT_START = "{name} acts as its section is when the WebUI starts; to set it, set it in img2img and paint one picture there"

_last: dict[str, tuple[object, ...]] = {}  # title of a script -> its values in the last job of img2img; one for the process


def remember(job: Any) -> None:
    """Store the script values of a job that a user started in img2img. Called for every job of the host's pages."""
    if getattr(job, "is_api", False) or not type(job).__name__.endswith("Img2Img"):
        return
    args = list(getattr(job, "script_args", None) or ())
    for script in getattr(job.scripts, "alwayson_scripts", ()):
        if name := title(script):
            _last[name] = tuple(args[script.args_from : script.args_to])


def put_in(args: list[object], scripts: Iterable[Any]) -> list[object]:
    """Return the arguments of all scripts, with the last values of `scripts` in their places."""
    found = list(args)
    for script in scripts:
        values = _last.get(title(script), ())
        if values and len(values) == script.args_to - script.args_from:
            found[script.args_from : script.args_to] = values
    return found


def remarks(names: Iterable[str]) -> list[str]:
    """Return one sentence for each script: that it runs, and with which values."""
    known = [(name, bool(_last.get(name.strip().lower()))) for name in names]
    return [Message(ACTS if used else AT_START, name=name) for name, used in known]


def title(script: Any) -> str:
    """Return a script's title in lower case, "" if the script fails to return it."""
    try:
        return str(script.title()).strip().lower()
    except Exception:  # third-party code
        return ""
