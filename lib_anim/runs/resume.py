"""What a run was begun with, as the `start` line of its journal says it, and how the run is gone on with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lib_anim.engines.catalog import EngineSpec
from lib_anim.plan.plan import SHAPE, Plan, make_plan
from lib_anim.runs.folder import RunFolder
from lib_anim.settings import settings as settings_file
from lib_anim.settings.settings import Settings


@dataclass(frozen=True)
class PastRun:
    """A run to go on with: its folder, which is held, the settings it has now, and what it was begun with.

    frames         (first, stop) of the film, or None where the journal does not say
    allow_missing  whether it was begun without what is not built or not available
    """

    folder: RunFolder
    settings: Settings
    engine: EngineSpec
    frames: tuple[int, int] | None
    allow_missing: bool

    def plan(self, frames: tuple[int, int] | None = None, ffmpeg: str | None = None) -> Plan:
        """The plan that it was filmed by so far; `frames` as in make_plan. Raises SettingsError."""
        return make_plan(self.settings, frames, ffmpeg)


def log_start(folder: RunFolder, engine: EngineSpec, frames: range, *, allow_missing: bool = False) -> None:
    """Write into a new run's journal what it is begun with."""
    begun = {**engine.to_journal(), "allow_missing": allow_missing}
    folder.log("start", **begun, frames=[frames.start, frames.stop])


def log_resume(folder: RunFolder, files: Sequence[str] = ()) -> None:
    """Write into a run's journal that it goes on, by the settings of `files` where some were named."""
    folder.log("resume", files=list(files))


@contextmanager
def resuming(path: str | Path) -> Iterator[PastRun]:
    """Open a run to go on with; its folder is closed again when the block fails. Raises OutputError, SettingsError."""
    folder = RunFolder.open(path)
    try:
        begun = next((line for line in folder.journal() if line.get("event") == "start"), {})
        yield PastRun(
            folder,
            settings_file.load(folder.path / "settings.json"),
            EngineSpec.from_journal(begun),
            tuple(begun.get("frames") or ()) or None,
            bool(begun.get("allow_missing")),
        )
    except BaseException:
        folder.close()
        raise


def keep_seed(before: Settings, asked: Settings) -> Settings:
    """What was asked for, with the seed of the run so far where none was."""
    return asked.replace(seed=before["seed"]) if asked["seed"] == -1 else asked


def changed_shape(before: Settings, after: Settings) -> list[str]:
    """The settings that a run under way must keep, and that `after` does not."""
    return [key for key in SHAPE if after[key] != before[key]]
