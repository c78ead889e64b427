"""Branches: a run that goes on otherwise from a frame on, in a folder beside the one that it leaves as it is.

It has of the old run the frames before, as links where the disk knows them, a state, and the journal up to there; so it is
resumed as every other run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lib_anim.errors import OutputError, cannot_be_written
from lib_anim.messages import Message
from lib_anim.plan.plan import Plan
from lib_anim.runs.folder import RunFolder
from lib_anim.runs.resume import PastRun, settings_in


def last_before(past: PastRun, plan: Plan, frame: int) -> int:
    """Return the last frame that is painted before `frame`; `plan` is the plan of `past`.

    Raises OutputError if none is, or if no picture of the run was painted after it.
    """
    before = [span.painted for span in plan.spans if (span.painted > frame if plan.backwards else span.painted < frame)]
    painted = past.folder.spans_done()
    if not before or len(before) >= painted:
        text = "{path}: there is nothing to branch off at frame {n}; name one from {first} to {last}"
        low, high = sorted(plan.spans[k].painted for k in (0, max(painted - 1, 0)))
        first, last = (low, high - 1) if plan.backwards else (low + 1, high)
        raise OutputError(Message(text, path=past.folder.path, n=frame, first=first, last=last))
    return before[-1]


def branch(past: PastRun, plan: Plan, frame: int) -> RunFolder:
    """Make a folder beside that of `past` with what it had when `frame` was painted, or some spans before.

    States of every 25th span and of the last two are kept; the spans after the newest of them are left out. Raises OutputError.
    """
    old = past.folder
    spans = sum(1 for span in plan.spans if plan.order.index(span.painted) <= plan.order.index(frame))
    done = max((number for number in old.states_done() if number <= spans), default=0)
    lines = _until(old.journal(), done)
    settings = next((copy for line in reversed(lines) if (copy := settings_in(line, old))), past.settings)
    folder = RunFolder.create(old.path.parent, f"{old.path.name}_from_{frame + (-1 if plan.backwards else 1)}", settings)
    try:
        for index in plan.order[: plan.order.index(plan.spans[done - 1].painted) + 1] if done else ():
            _link(old.frame_path(index), folder.frame_path(index))
        if done:
            shutil.copy2(old.state_path(done), folder.state_path(done))
        for line in lines:
            folder.repeat(line)
        folder.log("branch", of=old.path.name, after=frame)
    except OSError as error:
        folder.close()
        shutil.rmtree(folder.path, ignore_errors=True)
        raise OutputError(cannot_be_written(folder.path, error)) from None
    return folder


def _until(lines: Sequence[dict[str, Any]], done: int) -> list[dict[str, Any]]:
    """Return the lines of a journal up to that of the state after `done` spans, or what the run was begun with."""
    last = max((k for k, line in enumerate(lines) if line["event"] == "state" and line.get("done") == done), default=None)
    return list(lines[: last + 1]) if last is not None else [line for line in lines if line["event"] in ("start", "trust")]


def _link(source: Path, target: Path) -> None:
    """Link a file, so that it takes no space twice; copy it where the disk knows no links.

    Files of runs are replaced and never changed, so no run sees what becomes of the other's.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
